import { rateOver } from './rate.js';

const DAY = 86_400n;
const ETH = 10n ** 18n;
const period = (reward: bigint, more: object = {}) => ({
  seconds: DAY,
  principal: 32n * ETH,
  reward,
  commission: reward > 0n ? reward / 10n : 0n,
  priorityFees: 0n,
  mev: 0n,
  ...more,
});

describe('rates', () => {
  it('are a year of what was earned over principal and time, gross and net, with their sample count', () => {
    const periods = [period(ETH / 100n), period(0n), period(-(ETH / 100n))];
    expect(rateOver('1d', periods)).toMatchObject({ gross: '0.114140', net: '0.102726', seconds: 86_400, samples: 1 });
    expect(rateOver('inception', periods)).toMatchObject({ gross: '0.000000', net: '-0.003804', samples: 3 });
    expect(rateOver('7d', [])).toMatchObject({ gross: null, net: null, components: null, samples: 0 });
  });

  it('say what they are made of', () => {
    const mixed = period(ETH / 100n, { priorityFees: ETH / 400n, mev: ETH / 400n });
    expect(rateOver('30d', [mixed]).components).toEqual({ consensus: '0.057070', priority_fees: '0.028535', mev: '0.028535' });
  });

  it('hold whole periods only, and at least the newest', () => {
    const long = { ...period(ETH), seconds: 3n * DAY };
    expect(rateOver('1d', [long, period(ETH)])).toMatchObject({ samples: 1, seconds: 259_200 });
  });
});
