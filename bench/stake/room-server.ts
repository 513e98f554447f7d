/** The staking room as it is deployed, listening on loopback. */
import { devNull } from 'node:os';
import type { AddressInfo } from 'node:net';
import { Batcher, Transactor } from '#database';
import { openRoom } from '#http';
import { PlacementService } from '../../apps/staking/orders/placement.service.js';
import { staking } from '../../apps/staking/room.js';
import type { OpenServer } from './server.js';

/** Schedules are off: an order makes no chain call, and what happens to it later is not what is measured. Nobody listens at the endpoints. */
const surroundings = {
  BAILEE_MODE: 'demo',
  BAILEE_NETWORK: 'localnet',
  ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
  ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
  ALLOCATE_EVERY_MS: '0',
  WATCH_EVERY_MS: '0',
  EXIT_EVERY_MS: '0',
  FEE_SWEEP_EVERY_MS: '0',
  RATE_LIMIT_PER_MINUTE: '10000000',
  LOG_FILE: devNull,
};

export const openBatched = (url: string): Promise<OpenServer> => open(url, {});

/** How many transactions the usual way has under way at once. 8 and 32 were no faster. */
const LANES = 16;

/** The same room, but each request has a transaction to itself. */
export const openSingly = (url: string): Promise<OpenServer> => open(url, { DATABASE_POOL: String(LANES + 4) }, LANES);

async function open(url: string, more: Record<string, string>, lanes?: number): Promise<OpenServer> {
  const room = await openRoom(staking, { ...surroundings, DATABASE_URL: url, ...more });
  if (lanes !== undefined)
    oneAtATime(room.app.get(PlacementService, { strict: false }), room.app.get(Transactor, { strict: false }), lanes);
  await room.app.listen(0, '127.0.0.1');
  return { port: (room.app.getHttpServer().address() as AddressInfo).port, close: () => room.close() };
}

/** The room has no setting for it, because nobody should want it: what it batches with is replaced. */
function oneAtATime(placement: PlacementService, transactor: Transactor, lanes: number): void {
  const work: PlacementService['work'] = (em, placements) => placement['work'](em, placements);
  const value = new Batcher(transactor, { work, maxItems: 1, maxWaitMs: 0, maxQueued: 5_000 }, lanes);
  Object.defineProperty(placement, 'batcher', { value });
}
