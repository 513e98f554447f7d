import { amount, Fault, invariant } from '#kernel';
import type { DutyPerformance } from '../../observed.js';
import { agreed } from '../node/agreement.js';
import type { Answer } from '../node/answer.js';
import type { Network } from '../node/network.js';
import { readCheckpoint } from '../reader/checkpoint.js';
import { readValidators, type ValidatorRecord } from './state.js';

/** Votes of an epoch may be included until the end of the next one (EIP-7045), and that end must be final. */
const COUNTED_AFTER = 2n;
/** Keys asked for at once. */
const KEYS_A_REQUEST = 1_000;

/** What one validator's vote of one epoch was worth, as far as it can be told. */
interface Vote {
  readonly index: bigint;
  readonly source: boolean;
  readonly target: boolean;
  /** Null: no head was paid for in this epoch, so nobody tells. */
  readonly head: boolean | null;
}
interface Proposed {
  readonly index: bigint;
  readonly made: boolean;
}

/**
 * Duties of finalised epochs and what became of them, from what every node tells: the rewards of attestations, whose parts are positive
 * where that part of the vote was timely and right and negative where it was not (a source or target of nobody is worth nothing but costs
 * nothing either), and who was to propose, against the headers that stand. Faults: `chain.state_missing` before an epoch's votes are all
 * counted, or when the node no longer keeps its states; `chain.garbage` when a validator that was to vote is left out.
 */
export async function observePerformance(
  network: Network,
  pubkeys: readonly string[],
  fromEpoch: bigint,
  toEpoch: bigint,
): Promise<DutyPerformance[]> {
  invariant(fromEpoch <= toEpoch && fromEpoch >= 0n, 'performance.period_ends_before_it_begins', { fromEpoch, toEpoch });
  if (pubkeys.length === 0) return [];
  const checkpoint = await readCheckpoint(network);
  if (checkpoint.epoch < toEpoch + COUNTED_AFTER)
    throw missing(`Votes of epoch ${toEpoch} are final when epoch ${toEpoch + COUNTED_AFTER} is; epoch ${checkpoint.epoch} is.`, toEpoch);
  const records = await readValidators(network, { slot: checkpoint.slot, final: true }, pubkeys);
  const tallies = new Map(records.map((record) => [record.index, emptyTally()]));
  for (let epoch = fromEpoch; epoch <= toEpoch; epoch++) {
    const due = records.filter((record) => isActive(record, epoch));
    if (due.length === 0) continue;
    const indices = new Set(due.map((record) => record.index));
    const votes = await agreed(network, `the votes of epoch ${epoch}`, (nodes) => readVotes(nodes, epoch, due));
    for (const vote of votes) count(tallies.get(vote.index), vote);
    const proposed = await agreed(network, `the proposals of epoch ${epoch}`, (nodes) => readProposals(nodes, epoch, indices));
    for (const { index, made } of proposed) propose(tallies.get(index), made);
  }
  const byKey = new Map<string, ValidatorRecord>(records.map((record) => [record.pubkey, record]));
  return pubkeys.map((pubkey) => {
    const record = byKey.get(pubkey);
    const tally = (record && tallies.get(record.index)) ?? emptyTally();
    const stakeEpochs = amount((record?.effectiveBalance ?? 0n) * tally.expectedAttestations);
    return { pubkey, activeEpochs: tally.expectedAttestations, stakeEpochs, ...tally, delaySlots: null };
  });
}

const isActive = ({ activationEpoch, exitEpoch }: ValidatorRecord, epoch: bigint): boolean =>
  activationEpoch !== null && activationEpoch <= epoch && (exitEpoch === null || epoch < exitEpoch);

const missing = (words: string, epoch: bigint): Fault =>
  new Fault('chain.state_missing', words, true, { facts: { epoch: epoch.toString() } });

/** `/eth/v1/beacon/rewards/attestations/{epoch}`, of validators that were to vote in it; by index. */
async function readVotes(network: Network, epoch: bigint, due: readonly ValidatorRecord[]): Promise<Vote[]> {
  const votes: Vote[] = [];
  for (let from = 0; from < due.length; from += KEYS_A_REQUEST) {
    const some = due.slice(from, from + KEYS_A_REQUEST);
    const path = `/eth/v1/beacon/rewards/attestations/${epoch}`;
    const answer = await network.beacon.find(
      path,
      some.map((record) => record.index.toString()),
    );
    if (!answer) throw missing(`The beacon node does not keep the states of epoch ${epoch}.`, epoch);
    if (answer.has('finalized') && !answer.field('finalized').boolean())
      throw answer.field('finalized').garbage('true of a finalised epoch');
    votes.push(...votesOf(answer.field('data'), some));
  }
  return votes.sort((a, b) => Number(a.index - b.index));
}

function votesOf(data: Answer, due: readonly ValidatorRecord[]): Vote[] {
  const rows = data.field('total_rewards').list();
  const headsPaid = [...data.field('ideal_rewards').list(), ...rows].some((row) => row.field('head').signed() > 0n);
  const byIndex = new Map(rows.map((row) => [row.field('validator_index').decimal(), row]));
  return due.map(({ index }) => {
    const row = byIndex.get(index);
    if (!row) throw data.field('total_rewards').garbage(`validator ${index}, which was to vote`);
    const part = (name: string): bigint => row.field(name).signed();
    return { index, source: part('source') >= 0n, target: part('target') >= 0n, head: headsPaid ? part('head') > 0n : null };
  });
}

/** `/eth/v1/validator/duties/proposer/{epoch}` against the headers of those slots. */
async function readProposals(network: Network, epoch: bigint, indices: ReadonlySet<bigint>): Promise<Proposed[]> {
  const { slotsPerEpoch } = await network.facts();
  const answer = await network.beacon.find(`/eth/v1/validator/duties/proposer/${epoch}`);
  if (!answer) throw missing(`The beacon node does not tell who was to propose in epoch ${epoch}.`, epoch);
  const duties = answer
    .field('data')
    .list()
    .map((duty) => ({ duty, index: duty.field('validator_index').decimal(), slot: duty.field('slot').decimal() }));
  const proposed: (Proposed & { slot: bigint })[] = [];
  for (const { duty, index, slot } of duties) {
    if (slot / slotsPerEpoch !== epoch) throw duty.field('slot').garbage(`a slot of epoch ${epoch}`);
    if (slot > 0n && indices.has(index)) proposed.push({ index, slot, made: await wasMade(network, slot, index) });
  }
  return proposed.sort((a, b) => Number(a.slot - b.slot)).map(({ index, made }) => ({ index, made }));
}

/** Whether a block stands in the slot; it must be of whose turn it was. */
async function wasMade(network: Network, slot: bigint, proposer: bigint): Promise<boolean> {
  const answer = await network.beacon.find(`/eth/v1/beacon/headers/${slot}`);
  if (!answer) return false;
  const message = answer.field('data').field('header').field('message');
  if (message.field('slot').decimal() !== slot) return false; // some nodes answer a missed slot with the block before it
  const index = message.field('proposer_index');
  if (index.decimal() !== proposer) throw index.garbage(`${proposer}, whose turn slot ${slot} was`);
  return true;
}

type Tally = Record<
  | 'expectedAttestations'
  | 'included'
  | 'sourceCorrect'
  | 'targetCorrect'
  | 'expectedHeads'
  | 'headCorrect'
  | 'expectedProposals'
  | 'proposals',
  bigint
>;
const emptyTally = (): Tally => ({
  expectedAttestations: 0n,
  included: 0n,
  sourceCorrect: 0n,
  targetCorrect: 0n,
  expectedHeads: 0n,
  headCorrect: 0n,
  expectedProposals: 0n,
  proposals: 0n,
});

function count(tally: Tally | undefined, { source, target, head }: Vote): void {
  if (!tally) return;
  tally.expectedAttestations += 1n;
  if (source || target) tally.included += 1n;
  if (source) tally.sourceCorrect += 1n;
  if (target) tally.targetCorrect += 1n;
  if (head !== null) tally.expectedHeads += 1n;
  if (head === true) tally.headCorrect += 1n;
}

function propose(tally: Tally | undefined, made: boolean): void {
  if (!tally) return;
  tally.expectedProposals += 1n;
  if (made) tally.proposals += 1n;
}
