import type { Network } from '../node/network.js';
import { RpcRefusal } from '../node/execution-node.js';
import { DEPOSIT_EVENT, pubkeyOfEvent } from '../deposit/deposit-call.js';
import { quantity, requireBlock } from '../reader/block.js';
import { readFinalised } from '../reader/checkpoint.js';

/**
 * Every validator key that ever appeared in a deposit. The event does not index the key, so all deposits are read once and their keys
 * kept; a caller with a database keeps them across restarts by giving its own.
 */
export interface DepositHistory {
  /** The last block whose deposits are recorded; null before the first. */
  scannedTo(): Promise<bigint | null>;
  /** Records keys of deposits up to block `to`, which is finalised. */
  record(pubkeys: readonly string[], to: bigint): Promise<void>;
  has(pubkey: string): Promise<boolean>;
}

export function rememberDeposits(): DepositHistory {
  const keys = new Set<string>();
  let last: bigint | null = null;
  return {
    scannedTo: () => Promise.resolve(last),
    record: (pubkeys, to) => {
      for (const pubkey of pubkeys) keys.add(pubkey);
      last = to;
      return Promise.resolve();
    },
    has: (pubkey) => Promise.resolve(keys.has(pubkey)),
  };
}

/** Blocks a question; halved when a node finds the answer too long. */
const RANGE = 10_000n;

/** Whether the key was ever deposited to, up to the head. What is finalised is recorded; the rest is read anew each time. */
export async function seenInHistory(network: Network, history: DepositHistory, pubkey: string): Promise<boolean> {
  const [finalised, head] = await Promise.all([
    readFinalised(network),
    requireBlock(network.execution, 'latest').then((block) => block.field('number').quantity()),
  ]);
  let next = ((await history.scannedTo()) ?? network.profile.depositContractBlock - 1n) + 1n;
  while (next <= finalised.number) {
    const to = next + RANGE - 1n < finalised.number ? next + RANGE - 1n : finalised.number;
    await history.record(await readDeposits(network, next, to), to);
    next = to + 1n;
  }
  if (await history.has(pubkey)) return true;
  return next <= head && (await readDeposits(network, next, head)).includes(pubkey);
}

async function readDeposits(network: Network, from: bigint, to: bigint): Promise<string[]> {
  const { depositContract } = await network.facts();
  const filter = { address: depositContract, topics: [DEPOSIT_EVENT], fromBlock: quantity(from), toBlock: quantity(to) };
  try {
    const logs = (await network.execution.call('eth_getLogs', [filter])).list();
    return logs.map((log) => {
      const pubkey = pubkeyOfEvent(log.field('data').hex());
      if (!pubkey) throw log.field('data').garbage('a DepositEvent');
      return pubkey;
    });
  } catch (error) {
    if (!(error instanceof RpcRefusal) || from === to) throw error;
    const middle = (from + to) / 2n;
    return [...(await readDeposits(network, from, middle)), ...(await readDeposits(network, middle + 1n, to))];
  }
}
