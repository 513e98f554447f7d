import { money, named } from './money.js';

describe('money on the wire', () => {
  it('is a decimal in asset units, and base units beside it', () => {
    expect(money('ETH', 5n * 10n ** 17n)).toEqual({ amount: '0.5', amount_atomic: '500000000000000000' });
    expect(money('ETH', 0n)).toEqual({ amount: '0', amount_atomic: '0' });
    expect(money('ETH-PAYOUT-1', 32n * 10n ** 18n).amount).toBe('32');
  });

  it('has a name where there are several, and a sign where there can be one', () => {
    expect(named('change', 'ETH', -1n)).toEqual({ change: '-0.000000000000000001', change_atomic: '-1' });
  });

  it('is of an asset that exists', () => {
    expect(() => money('DOGE', 1n)).toThrow('asset.unknown');
  });
});
