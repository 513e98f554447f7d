import fc from 'fast-check';
import { amount, shares } from '#kernel';
import { settle } from '../settlement/holder.js';
import { burntFor, firstRateOf, MINIMUM_SHARES, mintedFor, redeemedFor } from './pool.js';

describe('conversions', () => {
  it('never favour their caller, and a round trip never gains', () => {
    const units = fc.bigInt({ min: 10n ** 15n, max: 10n ** 26n });
    fc.assert(
      fc.property(units, fc.bigInt({ min: MINIMUM_SHARES, max: 10n ** 26n }), units, (value, issued, assets) => {
        const price = { value: amount(value), shares: shares(issued) };
        const got = mintedFor(price, amount(assets));
        const after = { value: amount(value + assets), shares: shares(issued + got) };
        expect(redeemedFor(after, got)).toBeLessThanOrEqual(assets);
        const burnt = burntFor(price, amount(assets));
        expect(burnt * value).toBeGreaterThanOrEqual(assets * issued);
      }),
    );
  });

  it('take nothing from those who hold, however few shares are left and whatever they are worth', () => {
    const any = fc.bigInt({ min: 0n, max: 10n ** 19n }); // a token without decimals has 10^18 shares each
    fc.assert(
      fc.property(any, fc.bigInt({ min: 1n, max: MINIMUM_SHARES - 1n }), any, fc.constantFrom(0, 6, 18), (value, issued, assets, d) => {
        const got = mintedFor({ value: amount(value), shares: shares(issued) }, amount(assets), firstRateOf(d));
        expect((value + assets) * issued).toBeGreaterThanOrEqual(value * (issued + got)); // A/S does not fall
      }),
    );
    const left = (value: bigint, issued: bigint) => mintedFor({ value: amount(value), shares: shares(issued) }, amount(1_000n));
    expect([left(150n, 100n), left(50n, 100n), left(0n, 100n), left(70n, 0n)]).toEqual([666n, 1_000n, 1_000n, 1_000n]);
  });

  it('settles in any number of steps to the same sum', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 10n ** 24n }),
        fc.array(fc.bigInt({ min: 0n, max: 10n ** 28n }), { maxLength: 20 }),
        (held, rises) => {
          const start = { clientId: 'ada', tier: 'standard', shares: shares(held), indexPaid: 0n, remainder: 0n };
          let index = 0n;
          let inSteps = { holder: start, paid: 0n };
          for (const rise of rises) {
            index += rise;
            const { holder, paid } = settle(inSteps.holder, index);
            inSteps = { holder, paid: inSteps.paid + paid };
          }
          const atOnce = settle(start, index);
          expect(inSteps).toEqual(atOnce);
        },
      ),
    );
  });
});
