import fc from 'fast-check';
import { judge, place, SCORE_BAND_BPS, spread, type Candidate } from './allocation.js';
import { capFor, problemOfCaps, shareOf, type Cap } from './caps.js';

const ETH = 10n ** 18n;
const SIZE = 32n * ETH;
const candidate = (id: string, change: Partial<Candidate> = {}): Candidate => ({
  id,
  state: 'active',
  jurisdiction: 'HK',
  clientType: 'lodestar',
  stake: 0n,
  stakeLimitBps: 10_000,
  target: null,
  contractRuns: true,
  assessed: true,
  slashedNow: 0,
  unverifiedMediums: 0,
  merits: {
    feeBps: 500,
    effectivenessBps: 9_900,
    slaEffectivenessBps: 9_500,
    proposalsBps: null,
    slashings: 0,
    selfBond: 0n,
    assessment: 70,
  },
  ...change,
});
const cap = (change: Partial<Cap>): Cap => ({ scope: 'operator', subject: '*', bps: null, units: null, ...change });
const chosen = (candidates: readonly Candidate[], caps: readonly Cap[] = []): string | undefined => {
  const placed = place(candidates, caps, SIZE, SIZE);
  return placed.ok ? placed.value.operatorId : placed.refusal.code;
};

describe('which operator runs the next validator', () => {
  it('is the least filled of those about as good as the best', () => {
    expect(chosen([candidate('a', { stake: 2n * SIZE }), candidate('b', { stake: SIZE })])).toBe('b');
    const poor = candidate('b', { merits: { ...candidate('b').merits, effectivenessBps: 4_000, slashings: 1 } });
    expect(chosen([candidate('a', { stake: 2n * SIZE }), poor])).toBe('a');
  });

  it('is one that is not as good when those that are have no room', () => {
    const poor = candidate('b', { merits: { ...candidate('b').merits, slashings: 2 } });
    expect(chosen([candidate('a', { stake: SIZE }), poor], [cap({ subject: 'a', units: SIZE.toString() })])).toBe('b');
  });

  it.each([
    ['operator.suspended', { state: 'suspended' }],
    ['operator.candidate', { state: 'candidate' }],
    ['operator.retired', { state: 'retired' }],
    ['operator.contract_ended', { contractRuns: false }],
    ['operator.assessment_expired', { assessed: false }],
    ['operator.slashed', { slashedNow: 1 }],
    ['operator.medium_unverified', { unverifiedMediums: 1 }],
  ] as const)('is none of whom %s can be said', (reason, change) => {
    const placed = place([candidate('a', change)], [], SIZE, SIZE);
    expect(placed).toMatchObject({ ok: false, refusal: { code: 'allocation.no_operator', facts: { a: reason } } });
    expect(chosen([candidate('a', change), candidate('b', { stake: 9n * SIZE })])).toBe('b');
  });

  it('is nobody where the registry is empty, and nobody above a cap', () => {
    expect(chosen([])).toBe('allocation.no_operator');
    expect(chosen([candidate('a', { stake: SIZE })], [cap({ units: SIZE.toString() })])).toBe('allocation.over_caps');
    expect(chosen([candidate('a', { stake: SIZE, target: SIZE })])).toBe('allocation.over_caps');
  });

  it('counts what others hold under the same cap of a country or a client', () => {
    const two = [candidate('a', { stake: 3n * SIZE }), candidate('b', { jurisdiction: 'CH', stake: SIZE }), candidate('c')];
    expect(chosen(two, [cap({ scope: 'jurisdiction', subject: 'HK', units: (3n * SIZE).toString() })])).toBe('b');
    expect(chosen(two, [cap({ scope: 'client_type', subject: 'lodestar', units: (4n * SIZE).toString() })])).toBe('allocation.over_caps');
  });

  it('rounds a share up to whole validators, so that the first of a pool fits', () => {
    expect(shareOf(SIZE, 5_000, SIZE)).toBe(SIZE);
    expect(shareOf(3n * SIZE, 5_000, SIZE)).toBe(2n * SIZE);
    expect(shareOf(4n * SIZE, 5_000, SIZE)).toBe(2n * SIZE);
    expect(shareOf(0n, 5_000, SIZE)).toBe(0n);
    expect(capFor([cap({ bps: 0 })], 'operator', 'a', SIZE, SIZE)).toBe(0n);
  });

  it('shows every term of every score', () => {
    const placed = place([candidate('a'), candidate('b')], [], SIZE, SIZE);
    if (!placed.ok) throw new Error('nobody');
    for (const { score } of placed.value.verdicts) {
      expect(score.terms.map(({ term }) => term)).toEqual([
        'commission',
        'effectiveness',
        'slashing',
        'self_bond',
        'saturation',
        'assessment',
      ]);
      expect(score.terms.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
      expect(score.score).toBe(Math.floor(score.terms.reduce((sum, { points, weight }) => sum + points * weight, 0) / 100));
    }
  });
});

const arbitraryCandidates = fc
  .array(
    fc.record({
      stake: fc.bigInt(0n, 20n).map((n) => n * SIZE),
      jurisdiction: fc.constantFrom('HK', 'CH', 'SG'),
      clientType: fc.constantFrom('lodestar', 'teku'),
      stakeLimitBps: fc.integer({ min: 0, max: 10_000 }),
      state: fc.constantFrom('active', 'active', 'active', 'suspended'),
      slashings: fc.nat(3),
      effectivenessBps: fc.option(fc.integer({ min: 0, max: 10_000 })),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((list) =>
    list.map(({ slashings, effectivenessBps, ...rest }, i) =>
      candidate(`o${i}`, { ...rest, merits: { ...candidate('x').merits, slashings, effectivenessBps } }),
    ),
  );
const arbitraryCaps = fc.uniqueArray(
  fc.record({
    scope: fc.constantFrom('operator' as const, 'jurisdiction' as const, 'client_type' as const),
    subject: fc.constant('*'),
    bps: fc.option(fc.integer({ min: 0, max: 10_000 })),
    units: fc.option(fc.bigInt(0n, 40n).map((n) => (n * SIZE).toString())),
  }),
  { selector: ({ scope }) => scope },
);

describe('any allocation', () => {
  it('is within every cap, of an active operator, of the band of the best, and the same in any order', () => {
    fc.assert(
      fc.property(arbitraryCandidates, arbitraryCaps, (candidates, caps) => {
        const placed = place(candidates, caps, SIZE, SIZE);
        const again = place([...candidates].reverse(), caps, SIZE, SIZE);
        expect(again).toEqual(placed);
        if (!placed.ok) return;
        const { operatorId, verdicts } = placed.value;
        const own = candidates.find(({ id }) => id === operatorId);
        if (!own) throw new Error('unknown');
        const total = candidates.reduce((sum, { stake }) => sum + stake, SIZE);
        const held = (same: (c: Candidate) => boolean): bigint => candidates.filter(same).reduce((sum, { stake }) => sum + stake, SIZE);
        const within = (scope: Cap['scope'], subject: string, stake: bigint): boolean => {
          const most = capFor(caps, scope, subject, total, SIZE);
          return most === null || stake <= most;
        };
        expect(own.state).toBe('active');
        expect(within('operator', own.id, own.stake + SIZE)).toBe(true);
        expect(
          within(
            'jurisdiction',
            own.jurisdiction,
            held((c) => c.jurisdiction === own.jurisdiction),
          ),
        ).toBe(true);
        expect(
          within(
            'client_type',
            own.clientType,
            held((c) => c.clientType === own.clientType),
          ),
        ).toBe(true);
        expect(own.stakeLimitBps === 10_000 || own.stake + SIZE <= shareOf(total, own.stakeLimitBps, SIZE)).toBe(true);
        const able = verdicts.filter(({ reasons }) => reasons.length === 0);
        const best = Math.max(...able.map(({ score }) => score.score));
        const mine = able.find((verdict) => verdict.operatorId === operatorId);
        expect((mine?.score.score ?? 0) >= best - SCORE_BAND_BPS).toBe(true);
      }),
    );
  });

  it('never finds room that is not there', () => {
    fc.assert(
      fc.property(arbitraryCandidates, arbitraryCaps, fc.bigInt(1n, 100n), (candidates, caps, count) => {
        for (const { room, capacity, stake, reasons } of judge(candidates, caps, count * SIZE, SIZE))
          expect(capacity === null || stake + room <= (capacity > stake ? capacity : stake) || reasons.length > 0).toBe(true);
      }),
    );
  });
});

describe('a sum that is spread', () => {
  it('fills caps that several share once, and shares of the whole', () => {
    const two = [candidate('a'), candidate('b')];
    const joint = [cap({ scope: 'jurisdiction', subject: 'HK', units: (2n * SIZE).toString() })];
    expect(spread(two, joint, 4n * SIZE, SIZE)).toEqual(new Map([['a', SIZE], ['b', SIZE]])); // prettier-ignore
    const half = [candidate('a', { stakeLimitBps: 5_000 })];
    expect(spread(half, [], 4n * SIZE, SIZE)).toEqual(new Map([['a', 2n * SIZE]]));
    expect(spread(half, [], 4n * SIZE, SIZE, 2n * SIZE)).toEqual(new Map([['a', 3n * SIZE]]));
    expect(spread([candidate('a', { state: 'retired' })], [], SIZE, SIZE)).toEqual(new Map());
  });
});

describe('caps', () => {
  it('say something, once, and of validators an amount for all of them', () => {
    expect(problemOfCaps([cap({ bps: 5_000 }), cap({ subject: 'a', units: '1' })])).toBeNull();
    expect(problemOfCaps([cap({})])).toMatchObject({ code: 'caps.malformed' });
    expect(problemOfCaps([cap({ bps: 1 }), cap({ bps: 2 })])).toMatchObject({ code: 'caps.malformed' });
    expect(problemOfCaps([cap({ scope: 'validator', bps: 1 })])).toMatchObject({ code: 'caps.malformed' });
    expect(problemOfCaps([cap({ scope: 'validator', subject: 'a', units: '1' })])).toMatchObject({ code: 'caps.malformed' });
  });

  it('hold of what has none of its own, and of two the smaller', () => {
    const caps = [cap({ bps: 5_000, units: (3n * SIZE).toString() }), cap({ subject: 'a', units: SIZE.toString() })];
    expect(capFor(caps, 'operator', 'a', 100n * SIZE, SIZE)).toBe(SIZE);
    expect(capFor(caps, 'operator', 'b', 100n * SIZE, SIZE)).toBe(3n * SIZE);
    expect(capFor(caps, 'operator', 'b', 2n * SIZE, SIZE)).toBe(SIZE);
    expect(capFor(caps, 'jurisdiction', 'HK', SIZE, SIZE)).toBeNull();
  });
});
