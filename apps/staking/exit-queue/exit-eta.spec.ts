import { cadenceOf, etaOf, routeOf, type ExitFacts } from './exit-eta.js';

const ETH = 10n ** 18n;
const facts: ExitFacts = {
  asset: 'ETH',
  before: 10n * ETH,
  own: 5n * ETH,
  finalised: false,
  buffer: 20n * ETH,
  entering: null,
  leaving: 0n,
  cadence: { seconds: 400, samples: 11, sinceLast: 100 },
};
const chain = { p50_seconds: 1_000, p90_seconds: 3_000, basis: 'the queue of the chain' };
const eta = (change: Partial<ExitFacts>, answer: typeof chain | null = chain) => {
  const all = { ...facts, ...change };
  return etaOf(all, routeOf(all), answer);
};

describe('when an exit is paid', () => {
  it('by the next report, where the buffer is enough for it and all before it', () => {
    expect(eta({}, null)).toEqual({
      p50_seconds: 300,
      p90_seconds: 700,
      basis:
        '10 ETH before it in the queue and 5 ETH of its own; the buffer holds 20 ETH: paid by the next report; reports came every 400 seconds (median of 11), the last 100 seconds ago',
    });
  });

  it('by the next report where stakes that wait would pay it, and by validators if they are gone', () => {
    const { p50_seconds: p50, p90_seconds: p90, basis } = eta({ buffer: ETH, entering: 14n * ETH }) ?? {};
    expect([p50, p90]).toEqual([300, 3_400]);
    expect(basis).toContain('stakes of 14 ETH that wait would pay it');
    expect(routeOf({ ...facts, buffer: ETH, entering: 13n * ETH })).toEqual({ by: 'validators', extra: 14n * ETH });
  });

  it('by what is on its way out, else by what must be asked of the chain, then by a report', () => {
    expect(routeOf({ ...facts, buffer: ETH, leaving: 14n * ETH })).toEqual({ by: 'leaving', extra: 0n });
    expect(routeOf({ ...facts, buffer: ETH, leaving: 4n * ETH })).toEqual({ by: 'validators', extra: 10n * ETH });
    const late = eta({ buffer: ETH, leaving: 4n * ETH });
    expect(late).toMatchObject({ p50_seconds: 1_200, p90_seconds: 3_400 });
    expect(late?.basis).toContain('4 ETH is on its way out of validators, and 10 ETH more must be asked of them; the queue of the chain');
    expect(eta({ buffer: ETH }, null)).toBeNull();
  });

  it('at once where its rate is final', () => {
    expect(eta({ finalised: true, buffer: 0n })).toMatchObject({ basis: expect.stringContaining('its rate is final') });
  });

  it('takes the median of how reports came', () => {
    const at = (seconds: number): Date => new Date(seconds * 1_000);
    expect(cadenceOf([at(1_000), at(900), at(500), at(400)], at(1_030))).toEqual({ seconds: 100, samples: 3, sinceLast: 30 });
    expect(cadenceOf([at(1_000)], at(1_030))).toBeNull();
    expect(cadenceOf([], at(1))).toBeNull();
  });
});
