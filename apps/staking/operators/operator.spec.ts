import { amount } from '#kernel';
import { describeMachine } from '#testing';
import { eventTo, operatorMachine, scoreOf } from './operator.js';
import { effectivenessOf, nextWindow, voteEffectiveness, type Totals } from './performance.js';
import { scoreMerits, type Merits } from './score.js';

describeMachine(operatorMachine);

it('names the move that leads to a state', () => {
  expect(['candidate', 'active', 'suspended', 'retired'].map((state) => eventTo(state as 'active'))).toEqual([
    null,
    'activate',
    'suspend',
    'retire',
  ]);
});
it('makes a score of a card, rounded down', () => {
  expect(scoreOf({ technology: 80, security: 81, finance: 80, record: 80, insurance: 80 })).toBe(80);
});

const duties: Totals = {
  validators: 1,
  activeEpochs: 10n,
  stakeEpochs: amount(10n),
  expectedAttestations: 10n,
  included: 10n,
  sourceCorrect: 10n,
  targetCorrect: 10n,
  expectedHeads: 10n,
  headCorrect: 10n,
  delaySlots: null,
  expectedProposals: 0n,
  proposals: 0n,
  weighted: 100_000n,
};
describe('the performance record', () => {
  it('weighs the parts of a vote as the protocol does, and heads only where they can be told', () => {
    expect(voteEffectiveness(duties)).toBe(10_000);
    expect(voteEffectiveness({ ...duties, headCorrect: 0n })).toBe(7_407);
    expect(voteEffectiveness({ ...duties, headCorrect: 0n, expectedHeads: 0n })).toBe(10_000);
    expect(voteEffectiveness({ ...duties, targetCorrect: 0n })).toBe(5_185);
    expect(voteEffectiveness({ ...duties, expectedAttestations: 0n, expectedHeads: 0n })).toBeNull();
  });

  it('says nothing of what was not expected', () => {
    expect(effectivenessOf(duties)).toEqual({ effectivenessBps: 10_000, proposalsBps: null });
    expect(effectivenessOf({ ...duties, expectedProposals: 3n, proposals: 2n })).toMatchObject({ proposalsBps: 6_666 });
    expect(effectivenessOf({ ...duties, expectedAttestations: 0n, stakeEpochs: amount(0n), weighted: 0n }).effectivenessBps).toBeNull();
  });

  it('goes window by window, without a gap, and waits until one is whole', () => {
    expect(nextWindow(null, 2n, 4n)).toBeNull();
    expect(nextWindow(null, 9n, 4n)).toEqual({ from: 6n, to: 9n });
    expect(nextWindow(9n, 12n, 4n)).toBeNull();
    expect(nextWindow(9n, 13n, 4n)).toEqual({ from: 10n, to: 13n });
    expect(nextWindow(9n, 100n, 4n)).toEqual({ from: 10n, to: 13n });
  });
});

describe('a score', () => {
  const merits: Merits = {
    feeBps: 0,
    effectivenessBps: 10_000,
    slaEffectivenessBps: 9_500,
    proposalsBps: 10_000,
    slashings: 0,
    selfBond: 5n,
    stake: 100n,
    capacity: null,
    assessment: 100,
  };
  const points = (change: Partial<Merits>): Record<string, number> =>
    Object.fromEntries(scoreMerits({ ...merits, ...change }).terms.map(({ term, points: of }) => [term, of]));

  it('is full where all is as good as it can be', () => {
    expect(scoreMerits(merits).score).toBe(10_000);
  });
  it('falls with the fee, with what misses the agreement twice, with slashings, with saturation', () => {
    expect(points({ feeBps: 500 })).toMatchObject({ commission: 7_500 });
    expect(points({ feeBps: 9_000 })).toMatchObject({ commission: 0 });
    expect(points({ effectivenessBps: 9_000 })).toMatchObject({ effectiveness: 8_500 });
    expect(points({ effectivenessBps: null })).toMatchObject({ effectiveness: 5_000 });
    expect(points({ slashings: 1 })).toMatchObject({ slashing: 5_000 });
    expect(points({ slashings: 9 })).toMatchObject({ slashing: 0 });
    expect(points({ capacity: 200n })).toMatchObject({ saturation: 5_000 });
    expect(points({ capacity: 0n })).toMatchObject({ saturation: 0 });
    expect(points({ selfBond: 0n })).toMatchObject({ self_bond: 0 });
    expect(points({ selfBond: 1n, stake: 0n })).toMatchObject({ self_bond: 10_000 });
  });
});
