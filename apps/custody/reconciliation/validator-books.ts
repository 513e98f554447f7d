import type { EntityManager } from 'typeorm';
import type { AssetCode } from '#kernel';
import { entries, type Entry } from '#ledger';
import { consolidatedInto, finalisedDeposits } from '../transactions/transactions.store.js';

/** A validator of ours by the books. */
export interface ValidatorBooks {
  readonly pubkey: string;
  readonly poolId: string;
  readonly deposited: bigint;
  readonly booked: bigint | null;
  readonly bonding: bigint;
  readonly takenOver: bigint;
}

/** `staked`: what stands in the ledger for each validator, counted positive. */
export async function readValidators(
  em: EntityManager,
  chain: string,
  asset: AssetCode,
  staked: ReadonlyMap<string, bigint>,
): Promise<ValidatorBooks[]> {
  const deposits = new Map<string, { poolId: string; deposited: bigint; count: number }>();
  for (const { pubkey, poolId, value } of await finalisedDeposits(em, { chain })) {
    if (pubkey === null || poolId === null) continue;
    const known = deposits.get(pubkey);
    deposits.set(pubkey, { poolId, deposited: (known?.deposited ?? 0n) + (value ?? 0n), count: (known?.count ?? 0) + 1 });
  }
  const takenOver = new Map<string, bigint>();
  for (const { source, target } of await consolidatedInto(em, chain))
    takenOver.set(target, (takenOver.get(target) ?? 0n) + (staked.get(source) ?? 0n)); // nothing any more once a report has moved it
  const found: ValidatorBooks[] = [];
  for (const [pubkey, { poolId, deposited, count }] of deposits) {
    const known = staked.get(pubkey);
    // an empty account has either not been booked yet or is gone, and of several deposits some may be booked: the history tells
    const history = known === undefined || count > 1 ? await historyOf(em, pubkey, asset) : null;
    const booked = known ?? (history && history.length > 0 ? 0n : null);
    const activated = history ? activatedIn(history) : deposited;
    found.push({ pubkey, poolId, deposited, booked, bonding: deposited - activated, takenOver: takenOver.get(pubkey) ?? 0n });
  }
  return found;
}

const activatedIn = (history: readonly Entry[]): bigint =>
  history.filter((entry) => entry.kind === 'validator.activate').reduce((sum, entry) => sum - entry.change, 0n);

async function historyOf(em: EntityManager, owner: string, asset: AssetCode): Promise<Entry[]> {
  const all: Entry[] = [];
  const size = 1_000;
  for (;;) {
    const last = all.at(-1);
    const page = await entries(em, { owner, asset, account: 'stake.validator', limit: size, ...(last ? { before: last } : {}) });
    all.push(...page);
    if (page.length < size) return all;
  }
}
