import { Fault } from '#kernel';
import { hasValidSignature } from '../deposit/verify-deposit.js';
import type { Network } from '../node/network.js';
import { requireBlock } from '../reader/block.js';
import { readFinalised } from '../reader/checkpoint.js';
import { readDepositEvents, type LoggedDeposit } from './deposit-events.js';

/**
 * Every validator key that ever appeared in a deposit with a valid signature. The event does not index the key, so all deposits are read
 * once and their keys kept; a caller with a database keeps them across restarts by giving its own, and the scan goes on where it was.
 */
export interface DepositHistory {
  /** The last block whose deposits are recorded; null before the first. */
  scannedTo(): Promise<bigint | null>;
  /** Records keys of deposits up to block `to`, which is finalised: both in one transaction. Recording a key twice is harmless. */
  record(pubkeys: readonly string[], to: bigint): Promise<void>;
  has(pubkey: string): Promise<boolean>;
}

/** Where a scan stands. */
export interface DepositScan {
  readonly scannedTo: bigint | null;
  readonly finalised: bigint;
  readonly complete: boolean;
}

/** The default: kept as long as the process lives, and read anew by the next. */
export function rememberDeposits(): DepositHistory {
  const keys = new Set<string>();
  let last: bigint | null = null;
  return {
    scannedTo: () => Promise.resolve(last),
    record: (pubkeys, to) => {
      for (const pubkey of pubkeys) keys.add(pubkey);
      if (last === null || to > last) last = to;
      return Promise.resolve();
    },
    has: (pubkey) => Promise.resolve(keys.has(pubkey)),
  };
}

/** Blocks a question. */
const RANGE = 10_000n;
/** Blocks that a guard reads by itself before it says that the history is not complete: some minutes of a public network. */
const GUARD_BLOCKS = 200_000n;
/** Signatures checked between two breaths of the process: about a third of a millisecond each. */
const BREATH = 32;

/**
 * Reads on from where the history ends, `maxBlocks` at most: call it again until it is complete. Deposits that the protocol drops, for
 * want of a valid signature, fix nothing for their key and are not recorded (chains.md §1.9).
 */
export async function scanDeposits(network: Network, history: DepositHistory, maxBlocks: bigint): Promise<DepositScan> {
  const { number: finalised } = await readFinalised(network);
  const start = ((await history.scannedTo()) ?? network.profile.depositContractBlock - 1n) + 1n;
  const end = start + maxBlocks - 1n < finalised ? start + maxBlocks - 1n : finalised;
  for (let next = start; next <= end; next += RANGE) {
    const to = next + RANGE - 1n < end ? next + RANGE - 1n : end;
    await history.record(await validKeys(network, await readDepositEvents(network, next, to)), to);
  }
  const scannedTo = await history.scannedTo();
  return { scannedTo, finalised, complete: scannedTo !== null && scannedTo >= finalised };
}

/**
 * Whether the key was ever deposited to, up to the head. What is finalised is recorded; the rest is read anew each time. Fault
 * `chain.history_incomplete`, retryable: there is more to read than one call may take; each call gets further.
 */
export async function seenInHistory(network: Network, history: DepositHistory, pubkey: string): Promise<boolean> {
  const scan = await scanDeposits(network, history, GUARD_BLOCKS);
  if (await history.has(pubkey)) return true;
  if (!scan.complete) {
    throw new Fault('chain.history_incomplete', 'Past deposits have not all been read yet.', true, {
      facts: { scannedTo: scan.scannedTo?.toString() ?? null, finalised: scan.finalised.toString() },
    });
  }
  const head = (await requireBlock(network.execution, 'latest')).field('number').quantity();
  const from = (scan.scannedTo ?? scan.finalised) + 1n;
  if (from > head) return false;
  const newest = (await readDepositEvents(network, from, head)).filter((event) => event.pubkey === pubkey);
  return (await validKeys(network, newest)).length > 0;
}

async function validKeys(network: Network, events: readonly LoggedDeposit[]): Promise<string[]> {
  const { genesisForkVersion } = await network.facts();
  const keys: string[] = [];
  for (const [position, event] of events.entries()) {
    if (position % BREATH === BREATH - 1) await new Promise((resolve) => setImmediate(resolve));
    if (hasValidSignature(event, genesisForkVersion)) keys.push(event.pubkey);
  }
  return keys;
}
