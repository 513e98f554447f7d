import fc from 'fast-check';
import { amount, shares } from '#kernel';
import { settle } from '../settlement/holder.js';
import { burntFor, MINIMUM_SHARES, mintedFor, redeemedFor } from './pool.js';

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
