import fc from 'fast-check';
import { amount } from '#kernel';
import { askOf, rewardToAsk } from './partial-withdrawal.js';

const ETH = 10n ** 18n;
const GWEI = 10n ** 9n;
const source = (pubkey: string, principal: bigint, booked = principal) => ({
  pubkey,
  principal: amount(principal),
  booked: amount(booked),
});

describe('partial withdrawals', () => {
  it('take from validators what they have above 32 ETH, in their order, and no more than needed', () => {
    const sources = [source('a', 32n * ETH), source('b', 40n * ETH), source('c', 64n * ETH, 50n * ETH)];
    expect(askOf(sources, 10n * ETH)).toEqual([
      { pubkey: 'b', amount: 8n * ETH },
      { pubkey: 'c', amount: 2n * ETH },
    ]);
    expect(askOf(sources, 0n)).toEqual([]);
  });

  it('ask for rewards only when they are worth a request, never for principal', () => {
    expect(rewardToAsk(source('a', 40n * ETH, 41n * ETH + 5n), ETH)).toBe(ETH);
    expect(rewardToAsk(source('a', 40n * ETH, 41n * ETH - GWEI), ETH)).toBe(0n);
    expect(rewardToAsk(source('a', 40n * ETH, 39n * ETH), 0n)).toBe(0n);
  });

  it('are whole Gwei and leave 32 ETH, whatever is asked', () => {
    const of = fc.record({ principal: fc.bigInt({ min: 0n, max: 2_048n * ETH }), booked: fc.bigInt({ min: 0n, max: 2_048n * ETH }) });
    fc.assert(
      fc.property(fc.array(of, { maxLength: 8 }), fc.bigInt({ min: 0n, max: 4_000n * ETH }), (list, needed) => {
        const sources = list.map((s, i) => source(String(i), s.principal, s.booked));
        const asked = askOf(sources, needed);
        for (const { pubkey, amount: units } of asked) {
          const { booked } = sources[Number(pubkey)] ?? { booked: 0n };
          expect([units % GWEI, booked - units >= 32n * ETH]).toEqual([0n, true]);
        }
        expect(asked.reduce((sum, a) => sum + a.amount, 0n)).toBeLessThan(needed + GWEI);
      }),
    );
  });
});
