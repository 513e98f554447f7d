import { larger, type Amount } from '#kernel';
import type { Eta } from '../../port.js';
import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { readCredits, requireBlock } from '../reader/block.js';
import { WEI_PER_ETH } from '../units.js';
import { readActiveStake } from './active-stake.js';
import { readPendingDeposits, readPendingPartials } from './queues.js';
import { headState, readExiting, readValidators, type StateRef } from './state.js';

/** Epochs from a slot to its finality: two whole epochs, and what is left of its own. */
const FINALITY = 3n;

const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

/** Seconds of p50 and p90 from epochs; a tenth and one epoch of reserve for missed slots and late inclusion. */
function eta(facts: NetworkFacts, epochs: bigint, slots: { p50: bigint; p90: bigint }, basis: string): Eta {
  const seconds = (count: bigint): number => Math.ceil(Number(count) * facts.secondsPerSlot);
  return {
    p50Seconds: seconds(epochs * facts.slotsPerEpoch + slots.p50),
    p90Seconds: seconds(((epochs * 11n) / 10n + 1n) * facts.slotsPerEpoch + slots.p90),
    basis,
  };
}

/** From sending a deposit to an active validator: the queue ahead by amount and by count, finality, then the activation delay. */
export async function entryEta(network: Network, extra: Amount): Promise<Eta> {
  const facts = await network.facts();
  const state = await headState(network);
  const [queue, stake] = await Promise.all([readPendingDeposits(network, state), readActiveStake(network, facts, state)]);
  const waiting = queue.reduce((sum, entry) => sum + entry.amount, 0n);
  const epoch = state.slot / facts.slotsPerEpoch;
  const churn = facts.churn.entry(epoch, stake.wei);
  const byAmount = ceilDiv(waiting + extra, churn);
  const byCount = ceilDiv(BigInt(queue.length) + ceilDiv(extra, facts.activationBalance), facts.depositsPerEpoch);
  const inQueue = larger(larger(byAmount, byCount), FINALITY);
  // eligible at the next epoch, that must be final, then the lookahead
  const activation = 1n + FINALITY + 1n + facts.seedLookahead;
  const basis =
    `${eth(waiting)} ETH in ${queue.length} deposits ahead at ${eth(churn)} ETH and ${facts.depositsPerEpoch} deposits an epoch: ` +
    `${inQueue} epochs (the deposit's own finality included), then ${activation} epochs until its activation is final and due; ` +
    `${Number(facts.slotsPerEpoch) * facts.secondsPerSlot} seconds an epoch, rules of ${facts.forks.describe(epoch)}`;
  return eta(facts, inQueue + activation, { p50: 0n, p90: 0n }, basis);
}

/** From asking for an exit to the money at the address: the exit queue, the withdrawability delay, the sweep. */
export async function exitEta(network: Network, extra: Amount): Promise<Eta> {
  const facts = await network.facts();
  const state = await headState(network);
  const [queue, sweep] = await Promise.all([exitQueue(network, facts, state, extra), sweepSlots(network, facts, state)]);
  const basis =
    `${queue.basis}, then paid when the sweep passes, which takes ${sweep} slots for a round; ` +
    `${Number(facts.slotsPerEpoch) * facts.secondsPerSlot} seconds an epoch, rules of ${facts.forks.describe(queue.now)}`;
  return eta(facts, queue.leaving + facts.withdrawabilityDelay, { p50: sweep / 2n, p90: sweep }, basis);
}

/** The same for a part of a balance: it waits in the exit queue too, but is then paid in turn and not by the sweep. */
export async function partialWithdrawalEta(network: Network, amount: Amount): Promise<Eta> {
  const facts = await network.facts();
  const queue = await exitQueue(network, facts, await headState(network), amount);
  const turns = ceilDiv(BigInt(queue.partials) + 1n, facts.partialsPerBlock);
  const basis =
    `${queue.basis}, then in turn, ${facts.partialsPerBlock} partial withdrawals a block; ` +
    `${Number(facts.slotsPerEpoch) * facts.secondsPerSlot} seconds an epoch, rules of ${facts.forks.describe(queue.now)}`;
  return eta(facts, queue.leaving + facts.withdrawabilityDelay, { p50: 1n, p90: turns }, basis);
}

/** Epochs until so much more has left: exits and partial withdrawals share one queue and one churn. */
async function exitQueue(network: Network, facts: NetworkFacts, state: StateRef, extra: Amount) {
  const [exiting, partials, stake] = await Promise.all([
    readExiting(network, state),
    readPendingPartials(network, state),
    readActiveStake(network, facts, state),
  ]);
  const now = state.slot / facts.slotsPerEpoch;
  const earliest = now + 1n + facts.seedLookahead;
  const queued = [
    ...exiting.map((validator) => validator.exitEpoch ?? 0n),
    ...partials.map((partial) => larger(partial.withdrawableEpoch - facts.withdrawabilityDelay, 0n)),
  ].reduce((last, epoch) => larger(last, epoch), earliest);
  const churn = facts.churn.exit(now, stake.wei);
  const leaving = queued - now + ceilDiv(extra, churn) - 1n;
  const basis =
    `${exiting.length} validators and ${partials.length} partial withdrawals ahead, ${eth(churn)} ETH of exits an epoch: out in ${leaving} epochs, ` +
    `withdrawable ${facts.withdrawabilityDelay} epochs later`;
  return { now, leaving, partials: partials.length, basis };
}

/** Slots the sweep takes to pass every validator once, at the pace of the last block. */
async function sweepSlots(network: Network, facts: NetworkFacts, state: StateRef): Promise<bigint> {
  const [validators, block] = await Promise.all([countValidators(network, state), requireBlock(network.execution, 'latest')]);
  const swept = readCredits(block).map((credit) => credit.validatorIndex);
  const [first, last] = [swept.at(0), swept.at(-1)];
  // a block with room left went as far as it may look; a full one stopped at its last payment
  const full = BigInt(swept.length) >= facts.withdrawalsPerBlock && first !== undefined && last !== undefined;
  const pace = full ? larger((last - first + validators) % validators, facts.withdrawalsPerBlock) : facts.sweepPerBlock;
  return ceilDiv(validators, pace);
}

/** The registry has no size of its own in the API: doubled, then halved, until the first index that is not there. */
async function countValidators(network: Network, state: StateRef): Promise<bigint> {
  const exists = async (index: bigint): Promise<boolean> => (await readValidators(network, state, [index.toString()])).length > 0;
  let [low, high] = [0n, 1n]; // low exists, high may not
  while (await exists(high)) [low, high] = [high, high * 2n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (await exists(middle)) low = middle;
    else high = middle;
  }
  return low + 1n;
}

const eth = (wei: bigint): string => (wei / WEI_PER_ETH).toString();
