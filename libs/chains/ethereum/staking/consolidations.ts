import { amount, Fault, larger, smaller, type Amount } from '#kernel';
import type { Network } from '../node/network.js';
import { readPendingConsolidations, readPendingDeposits, type PendingConsolidation } from './queues.js';
import { readValidators, type StateRef, type ValidatorRecord } from './state.js';

/** What a consolidation moved between two validators, at the boundary before this slot (the first of its epoch). */
export interface Moved extends PendingConsolidation {
  readonly slot: bigint;
  readonly amount: Amount;
}

const final = (slot: bigint): StateRef => ({ slot, final: true });

/**
 * Consolidations that took effect in (since, to] from or to these validators (electra: process_pending_consolidations). A consolidation
 * waits as long as its source is not withdrawable, so looking at the queue that often sees every one; it moves what counts of the
 * source, no more than it has, at the epoch boundary where it leaves the queue, and nothing when the source was slashed meanwhile.
 */
export async function readConsolidations(network: Network, since: bigint, to: bigint, indices: ReadonlySet<bigint>): Promise<Moved[]> {
  const facts = await network.facts();
  const seen = new Map<bigint, PendingConsolidation>();
  const step = larger(facts.withdrawabilityDelay, 1n) * facts.slotsPerEpoch;
  for (let slot = since; slot < to; slot += step) {
    for (const entry of await readPendingConsolidations(network, final(slot))) seen.set(entry.sourceIndex, entry);
  }
  const isOurs = (entry: PendingConsolidation): boolean => indices.has(entry.sourceIndex) || indices.has(entry.targetIndex);
  const ours = withFeeders([...seen.values()], isOurs);
  if (ours.length === 0) return [];
  const still = new Set((await readPendingConsolidations(network, final(to))).map((entry) => entry.sourceIndex));
  const left = ours.filter((entry) => !still.has(entry.sourceIndex));
  const sources = await readValidators(network, final(to), left.map((entry) => entry.sourceIndex.toString())); // prettier-ignore
  const moved: Moved[] = [];
  for (const entry of left) {
    const source = sources.find((record) => record.index === entry.sourceIndex);
    if (!source) throw unexplained(entry, to);
    if (!source.slashed) moved.push(await measure(network, entry, source, { since, to, moved }));
  }
  return moved.filter(isOurs);
}

/** Those asked for, and whatever feeds their sources: a boundary works the queue off in order, so what has just come in may go on at once. */
function withFeeders(queue: readonly PendingConsolidation[], wanted: (entry: PendingConsolidation) => boolean): PendingConsolidation[] {
  const sources = new Set(queue.filter(wanted).map((entry) => entry.sourceIndex));
  for (let size = -1; size !== sources.size;) {
    size = sources.size;
    for (const entry of queue) if (sources.has(entry.targetIndex)) sources.add(entry.sourceIndex);
  }
  return queue.filter((entry) => sources.has(entry.sourceIndex));
}

interface Window {
  readonly since: bigint;
  readonly to: bigint;
  /** What was measured before, in the order of the queue. */
  readonly moved: readonly Moved[];
}

async function measure(
  network: Network,
  entry: PendingConsolidation,
  source: ValidatorRecord,
  { since, to, moved }: Window,
): Promise<Moved> {
  const { slotsPerEpoch } = await network.facts();
  const earliest = larger(source.withdrawableEpoch ?? 0n, since / slotsPerEpoch + 1n);
  for (let slot = earliest * slotsPerEpoch; slot <= to; slot += slotsPerEpoch) {
    const waits = (await readPendingConsolidations(network, final(slot))).some((other) => other.sourceIndex === entry.sourceIndex);
    if (waits) continue; // one before it in the queue is not due yet
    const [before] = await readValidators(network, final(slot - 1n), [entry.sourceIndex.toString()]);
    if (!before) break;
    const added = await appliedAtBoundary(network, before.pubkey, slot);
    const fed = moved
      .filter((other) => other.slot === slot && other.targetIndex === entry.sourceIndex)
      .reduce((sum, other) => sum + other.amount, 0n);
    return { ...entry, slot, amount: amount(smaller(before.balance + added + fed, before.effectiveBalance)) };
  }
  throw unexplained(entry, to);
}

/** Deposits to the source that the same boundary applied, before the consolidation. */
async function appliedAtBoundary(network: Network, pubkey: string, slot: bigint): Promise<bigint> {
  const ofKey = async (at: bigint): Promise<string[]> =>
    (await readPendingDeposits(network, final(at)))
      .filter((deposit) => deposit.pubkey === pubkey && deposit.slot < slot)
      .map(({ amount: wei, signature, slot: since }) => [wei, signature, since].join(' '));
  const before = await ofKey(slot - 1n);
  if (before.length === 0) return 0n;
  const after = await ofKey(slot);
  const gone = before.filter((name) => {
    const at = after.indexOf(name);
    if (at >= 0) after.splice(at, 1);
    return at < 0;
  });
  return gone.reduce((sum, name) => sum + BigInt(name.split(' ')[0] ?? '0'), 0n);
}

const unexplained = (entry: PendingConsolidation, to: bigint): Fault =>
  new Fault('chain.garbage', 'A consolidation left the queue before it was due.', true, {
    facts: { source: entry.sourceIndex.toString(), target: entry.targetIndex.toString(), slot: to.toString() },
  });
