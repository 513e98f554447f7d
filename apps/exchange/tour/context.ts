import type { Home } from '#runtime';
import type { StaffCredential } from '../seed/staff.js';
import { Api } from './api.js';
import type { Outside, OwnWallet } from './chain-side.js';
import { staffOf, type Client, type Staff } from './people.js';

/** What the running exchange left in its home for tools like this one. */
interface RunningState {
  readonly apiUrl: string;
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly controlUrl?: string;
  readonly staff: readonly StaffCredential[];
}

export interface TourContext {
  readonly api: Api;
  readonly staff: Staff;
  readonly outside: Outside;
}

/** The tour's cast, filled as the story goes. */
export interface Cast {
  wallet?: OwnWallet;
  client?: Client;
  address?: string;
  orderId?: string;
  destinationId?: string;
}

/** Throws a sentence for the person at the terminal. */
export function connectTour(home: Home): TourContext {
  const state = home.readState() as RunningState | null;
  if (!state) throw new Error(`no exchange is running on ${home.dir}: run npm start in another terminal first`);
  const { apiUrl, executionUrl, beaconUrl, controlUrl, staff } = state;
  if (!controlUrl) throw new Error('the tour moves time, so it plays on the local chain only: this exchange talks to a real network');
  const api = new Api(apiUrl);
  return { api, staff: staffOf(api, staff), outside: { executionUrl, beaconUrl, controlUrl } };
}
