import { Fault, type Amount } from '#kernel';
import { hasValidSignature } from '../deposit/verify-deposit.js';
import { agreed } from '../node/agreement.js';
import type { Network } from '../node/network.js';
import { readDepositEvents } from './deposit-events.js';
import type { Walk } from './paid-out.js';
import { isRequeued, readPendingDeposits, type PendingDeposit } from './queues.js';
import { readValidators, type StateRef } from './state.js';

type Entry = Pick<PendingDeposit, 'pubkey' | 'withdrawalCredentials' | 'amount' | 'signature' | 'slot'>;

/**
 * Deposits that the protocol applied to balances in (since, to], by key. A deposit waits in the queue between its event and its effect, so
 * neither the event's time nor the queue alone tells: what waited at the beginning, and what came, and is not waiting at the end has been
 * applied. What a switch to compounding put into the queue was the validator's all the time and is not counted.
 */
export async function readAppliedDeposits(
  network: Network,
  since: StateRef,
  to: StateRef,
  walk: Walk,
  pubkeys: ReadonlySet<string>,
): Promise<Map<string, Amount[]>> {
  const mine = (entry: Entry): boolean => pubkeys.has(entry.pubkey);
  const theirs = (entry: PendingDeposit): boolean => mine(entry) && !isRequeued(entry);
  const [before, arrived, after] = await Promise.all([
    readPendingDeposits(network, since),
    readArrivals(network, walk, since.slot),
    readPendingDeposits(network, to),
  ]);
  const waiting = new Map<string, number>();
  for (const entry of after.filter(theirs)) waiting.set(nameOf(entry), (waiting.get(nameOf(entry)) ?? 0) + 1);
  const gone: Entry[] = [];
  // newest first: of equal entries the oldest is applied first
  for (const entry of [...before.filter(theirs), ...arrived.filter(mine)].reverse()) {
    const left = waiting.get(nameOf(entry)) ?? 0;
    if (left === 0) gone.unshift(entry);
    else waiting.set(nameOf(entry), left - 1);
  }
  if ([...waiting.values()].some((left) => left > 0)) throw unexplained(to);
  return applied(network, since, gone);
}

/** Of deposits that left the queue, those that count: before a key is a validator, one without a valid signature is dropped for good. */
async function applied(network: Network, since: StateRef, gone: readonly Entry[]): Promise<Map<string, Amount[]>> {
  const { genesisForkVersion } = await network.facts();
  const counted = new Map<string, Amount[]>();
  const keys = [...new Set(gone.map((entry) => entry.pubkey))];
  const existing = new Set<string>((keys.length === 0 ? [] : await readValidators(network, since, keys)).map((record) => record.pubkey));
  for (const entry of gone) {
    if (!existing.has(entry.pubkey) && !hasValidSignature(entry, genesisForkVersion)) continue;
    existing.add(entry.pubkey);
    counted.set(entry.pubkey, [...(counted.get(entry.pubkey) ?? []), entry.amount]);
  }
  return counted;
}

/** Deposits of the period's own blocks: a deposit enters the queue in the slot of its event (EIP-6110). */
async function readArrivals(network: Network, walk: Walk, since: bigint): Promise<Entry[]> {
  const numbers = [...walk.blocks].filter(([, block]) => block.slot > since).map(([number]) => number);
  const [last, first] = [numbers.at(0), numbers.at(-1)];
  if (first === undefined || last === undefined) return [];
  return (await agreed(network, `deposits of blocks ${first} to ${last}`, (nodes) => readDepositEvents(nodes, first, last))).map(
    (event) => {
      const block = walk.blocks.get(event.blockNumber);
      if (block?.hash !== event.blockHash) {
        throw new Fault('chain.garbage', 'A deposit stands in a block that is not on the finalised chain.', true, {
          facts: { block: event.blockNumber.toString() },
        });
      }
      return { ...event, slot: block.slot };
    },
  );
}

const nameOf = (entry: Entry): string => [entry.pubkey, entry.withdrawalCredentials, entry.amount, entry.signature, entry.slot].join(' ');

const unexplained = (to: StateRef): Fault =>
  new Fault('chain.garbage', 'A deposit waits in the queue that neither waited before nor came since.', true, {
    facts: { slot: to.slot.toString() },
  });
