import fc from 'fast-check';
import { assets, formatDecimal, isAssetCode, parseDecimal } from './asset.js';

const ETH = assets.ETH;

describe('decimal amounts', () => {
  it('reads what it writes', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 37n }), (units) => {
        expect(parseDecimal(ETH, formatDecimal(ETH, units))).toEqual({ ok: true, value: units });
      }),
    );
  });

  it.each([
    ['0.0001', 100_000_000_000_000n],
    ['5', 5_000_000_000_000_000_000n],
    ['0', 0n],
  ])('reads %s', (text, units) => expect(parseDecimal(ETH, text)).toEqual({ ok: true, value: units }));

  it.each(['', ' 1', '-1', '+1', '1e18', '01', '.5', '5.', '1,000', '0x10', 'NaN', '１', '1.0.0', '9'.repeat(60)])('refuses %p', (text) => {
    expect(parseDecimal(ETH, text)).toMatchObject({ ok: false, refusal: { code: 'amount.malformed' } });
  });

  it('refuses more decimals than the asset has, and more than the ledger holds', () => {
    expect(parseDecimal(ETH, '0.0000000000000000001')).toMatchObject({ refusal: { code: 'amount.precision_exceeded' } });
    expect(parseDecimal(ETH, '1000000000000000000000')).toMatchObject({ refusal: { code: 'amount.too_large' } });
  });

  it('writes signed differences', () => expect(formatDecimal(ETH, -1n)).toBe('-0.000000000000000001'));

  it('does not mistake an inherited property for an asset', () => {
    expect(isAssetCode('toString')).toBe(false);
    expect(isAssetCode('ETH')).toBe(true);
  });
});
