import type { Json } from './api.js';
import type { Client } from './people.js';

export interface Eta {
  readonly p50_seconds: number;
  readonly p90_seconds: number;
  readonly basis: string;
}
export interface Operation extends Json {
  readonly id: string;
  readonly type: string;
  readonly state: string;
  readonly amount: string;
  readonly cancellable: boolean;
  readonly eta: Eta | null;
  readonly reason: { code: string; detail: string } | null;
  readonly steps: readonly { name: string; at: string; tx_hash: string | null }[];
  readonly parts: readonly { state: string; amount: string; tx_hash: string | null; validator: string | null }[];
}

export const PRODUCT = 'eth-payout';

export const stake = (client: Client, amount: string, more: Json = {}, key?: string): Promise<Operation> =>
  client.api.post<Operation>('/v1/staking/stakes', { asset: 'ETH', amount, ...more }, key);
export const operation = (client: Client, id: string): Promise<Operation> => client.api.get<Operation>(`/v1/staking/operations/${id}`);

const FAILED = new Set(['rejected', 'cancelled', 'expired', 'failed_reversed']);

/** The operation once it has reached one of the states; throws when it ended otherwise. */
export async function reached(client: Client, id: string, states: readonly string[]): Promise<Operation | null> {
  const found = await operation(client, id);
  if (states.includes(found.state)) return found;
  if (FAILED.has(found.state)) throw new Error(`the operation ended ${found.state}: ${found.reason?.detail ?? 'no reason given'}`);
  return null;
}

export const inWords = (eta: Eta | null): string =>
  eta ? `half within ${duration(eta.p50_seconds)}, nine in ten within ${duration(eta.p90_seconds)} (${eta.basis})` : 'unknown';

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${(seconds / 3_600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`;
}
