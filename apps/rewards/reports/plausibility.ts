import { larger, type Amount } from '#kernel';
import type { Exceeded, Reading } from './reading.js';
import type { Observation } from './report.js';

/** What the protocol can pay at most, with room to spare: beyond it a figure is a mistake or a lie, however well it adds up. */
export interface Plausible {
  /** Attestations and sync committees, a year, basis points of a validator's balance. */
  readonly maxDutiesBps: number;
  /** One proposal, by the consensus layer. Base units. */
  readonly maxProposal: bigint;
  /** Priority fees or MEV of one block. Base units. */
  readonly maxBlock: bigint;
}

export const YEAR_SECONDS = 31_557_600n;
const DAY_SECONDS = 86_400n;
const BPS = 10_000n;
const ETH = 10n ** 18n;
/** Proposals are drawn by effective balance: whoever has 64 times as much is drawn 64 times as often. */
const PROPOSER_UNIT = 32n * ETH;
/** MAX_EFFECTIVE_BALANCE_ELECTRA (EIP-7251): the sweep takes what is above it. */
const MAX_BALANCE = 2_048n * ETH;

/** What a validator had to work with: its opening, and what was put into it. */
const stakeOf = (o: Observation): bigint => o.opening + o.deposited + o.consolidatedIn;

/** The most that a validator can have earned: its duties, and a proposal a day (and one more) for each 32 ETH. */
export function rewardCeiling(o: Observation, seconds: bigint, { maxDutiesBps, maxProposal }: Plausible): bigint {
  const stake = stakeOf(o);
  const proposers = larger(stake / PROPOSER_UNIT, 1n);
  return (stake * BigInt(maxDutiesBps) * seconds) / (BPS * YEAR_SECONDS) + maxProposal * proposers * (1n + seconds / DAY_SECONDS);
}

/** The readings of each component by itself; of validators the one that is farthest is named. */
export function implausible(
  of: { readonly observations: readonly Observation[]; readonly seconds: bigint; readonly largestBlock: Amount },
  limits: Plausible,
): Reading[] {
  const ceilings = of.observations.map((o) => ({ pubkey: o.pubkey, ceiling: rewardCeiling(o, of.seconds, limits), o }));
  const balances = ceilings.map(({ pubkey, ceiling, o }) => ({ pubkey, value: o.closing, most: MAX_BALANCE + ceiling }));
  const rewards = ceilings.map(({ pubkey, ceiling, o }) => ({ pubkey, value: o.reward, most: ceiling }));
  return [
    farthest('balance_impossible', balances),
    farthest('validator_reward', rewards),
    {
      limit: 'block_reward',
      value: of.largestBlock.toString(),
      threshold: limits.maxBlock.toString(),
      unit: 'base_units',
      exceeded: of.largestBlock > limits.maxBlock,
    },
  ];
}

function farthest(limit: Exceeded, seen: readonly { readonly pubkey: string; readonly value: bigint; readonly most: bigint }[]): Reading {
  const [first] = [...seen].sort((a, b) => (a.value - a.most > b.value - b.most ? -1 : 1));
  if (!first) return { limit, value: '0', threshold: '0', unit: 'base_units', exceeded: false };
  const { pubkey, value, most } = first;
  return { limit, value: value.toString(), threshold: most.toString(), unit: 'base_units', exceeded: value > most, pubkey };
}
