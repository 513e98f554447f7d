import { Fault } from '#kernel';
import type { Network } from '../node/network.js';
import type { Answer } from '../node/answer.js';
import { RpcRefusal } from '../node/execution-node.js';
import { DEPOSIT_EVENT, decodeDepositEvent, type DepositEvent } from '../deposit/deposit-event.js';
import { quantity } from '../reader/block.js';

export interface LoggedDeposit extends DepositEvent {
  readonly blockNumber: bigint;
  readonly blockHash: string;
}

/**
 * Deposits of the contract in blocks from..to, in their order. The contract numbers them, so that a node which leaves some out is found:
 * `chain.garbage`. A node that finds the answer too long is asked for half of it.
 */
export async function readDepositEvents(network: Network, from: bigint, to: bigint): Promise<LoggedDeposit[]> {
  const found = await readRange(network, from, to);
  for (const [position, event] of found.entries()) {
    const before = found[position - 1];
    if (before && event.index !== before.index + 1n) {
      throw new Fault('chain.garbage', `The execution node left out deposits between ${before.index} and ${event.index}.`, true, {
        facts: { from: from.toString(), to: to.toString() },
      });
    }
  }
  return found;
}

async function readRange(network: Network, from: bigint, to: bigint): Promise<LoggedDeposit[]> {
  const { depositContract } = await network.facts();
  const filter = { address: depositContract, topics: [DEPOSIT_EVENT], fromBlock: quantity(from), toBlock: quantity(to) };
  try {
    const logs = (await network.execution.call('eth_getLogs', [filter])).list();
    return logs.map((log) => readEvent(log, depositContract, from, to));
  } catch (error) {
    if (!(error instanceof RpcRefusal) || from === to) throw error;
    const middle = (from + to) / 2n;
    return [...(await readRange(network, from, middle)), ...(await readRange(network, middle + 1n, to))];
  }
}

function readEvent(log: Answer, contract: string, from: bigint, to: bigint): LoggedDeposit {
  const event = decodeDepositEvent(log.field('data').hex());
  if (!event) throw log.field('data').garbage('a DepositEvent');
  if (log.field('address').hex(20) !== contract) throw log.field('address').garbage(`the contract ${contract}`);
  if (log.field('topics').list()[0]?.hex(32) !== DEPOSIT_EVENT) throw log.field('topics').garbage('the topic asked for');
  if (log.field('removed').present && log.field('removed').boolean()) throw log.field('removed').garbage('a log that stands');
  const blockNumber = log.field('blockNumber').quantity();
  if (blockNumber < from || blockNumber > to) throw log.field('blockNumber').garbage(`a block of ${from} to ${to}`);
  return { ...event, blockNumber, blockHash: log.field('blockHash').hex(32) };
}
