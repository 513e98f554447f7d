import { larger, type Amount } from '#kernel';
import type { Eta } from '../../port.js';
import type { Network } from '../node/network.js';
import type { NetworkFacts } from '../node/network-facts.js';
import { readCredits, requireBlock } from '../reader/block.js';
import { WEI_PER_ETH } from '../units.js';
import { headState, readExiting, readPendingDeposits, readPendingPartials, readValidators, type StateRef } from './state.js';

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
  const [queue, stake] = await Promise.all([readPendingDeposits(network, state), activeStake(network, facts, state)]);
  const waiting = queue.reduce((sum, entry) => sum + entry.amount, 0n);
  const epoch = state.slot / facts.slotsPerEpoch;
  const churn = facts.churn.entry(epoch, stake);
  const byAmount = ceilDiv(waiting + extra, churn);
  const byCount = ceilDiv(BigInt(queue.length) + ceilDiv(extra, facts.activationBalance), facts.depositsPerEpoch);
  const inQueue = larger(larger(byAmount, byCount), FINALITY);
  // eligible at the next epoch, that must be final, then the lookahead
  const activation = 1n + FINALITY + 1n + facts.seedLookahead;
  const basis =
    `${eth(waiting)} ETH in ${queue.length} deposits ahead at ${eth(churn)} ETH and ${facts.depositsPerEpoch} deposits an epoch: ` +
    `${inQueue} epochs (the deposit's own finality included), then ${activation} epochs until its activation is final and due; ` +
    `${Number(facts.slotsPerEpoch) * facts.secondsPerSlot} seconds an epoch, rules of ${facts.churn.fork(epoch)}`;
  return eta(facts, inQueue + activation, { p50: 0n, p90: 0n }, basis);
}

/** From asking for an exit to the money at the address: the exit queue, the withdrawability delay, the sweep. */
export async function exitEta(network: Network, extra: Amount): Promise<Eta> {
  const facts = await network.facts();
  const state = await headState(network);
  const [exiting, partials, stake, sweep] = await Promise.all([
    readExiting(network, state),
    readPendingPartials(network, state),
    activeStake(network, facts, state),
    sweepSlots(network, facts, state),
  ]);
  const now = state.slot / facts.slotsPerEpoch;
  const earliest = now + 1n + facts.seedLookahead;
  const queued = [
    ...exiting.map((validator) => validator.exitEpoch ?? 0n),
    ...partials.map((partial) => larger(partial.withdrawableEpoch - facts.withdrawabilityDelay, 0n)),
  ].reduce((last, epoch) => larger(last, epoch), earliest);
  const churn = facts.churn.exit(now, stake);
  const leaving = queued - now + ceilDiv(extra, churn) - 1n;
  const basis =
    `${exiting.length} validators and ${partials.length} partial withdrawals ahead, ${eth(churn)} ETH of exits an epoch: out in ${leaving} epochs, ` +
    `withdrawable ${facts.withdrawabilityDelay} epochs later, then paid when the sweep passes, which takes ${sweep} slots for a round; ` +
    `${Number(facts.slotsPerEpoch) * facts.secondsPerSlot} seconds an epoch, rules of ${facts.churn.fork(now)}`;
  return eta(facts, leaving + facts.withdrawabilityDelay, { p50: sweep / 2n, p90: sweep }, basis);
}

/**
 * All active stake, from the committees of one slot: an epoch's committees hold every active validator once, with the activation
 * balance at least. A node that does not tell leaves zero, and the churn is then the least that the protocol allows.
 */
async function activeStake(network: Network, facts: NetworkFacts, state: StateRef): Promise<bigint> {
  const answer = await network.beacon.find(`/eth/v1/beacon/states/${state.slot}/committees?slot=${state.slot}`);
  if (!answer) return 0n;
  const members = answer
    .field('data')
    .list()
    .reduce((sum, committee) => sum + committee.field('validators').list().length, 0);
  return BigInt(members) * facts.slotsPerEpoch * facts.activationBalance;
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
