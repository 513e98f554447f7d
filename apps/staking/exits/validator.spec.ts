import { amount } from '#kernel';
import { cover } from './validator.js';

const ETH = 10n ** 18n;
const eth = (units: bigint) => amount(units * ETH);
const source = (pubkey: string, booked = 32n) => ({ pubkey, principal: eth(32n), booked: eth(booked) });
const leaver = (orderId: string, nominal: bigint) => ({ orderId, nominal: eth(nominal) });

describe('covering the exit queue', () => {
  it('lets the buffer pay what it can, without a validator', () => {
    expect(cover(eth(10n), [leaver('a', 4n), leaver('b', 6n)], [], [source('v1')])).toEqual({ exits: [], covered: [] });
  });

  it('makes whole validators leave, oldest first, and no more than needed', () => {
    const { exits, covered } = cover(
      eth(0n),
      [leaver('a', 5n), leaver('b', 30n), leaver('c', 1n)],
      [],
      [source('v1'), source('v2'), source('v3')],
    );
    expect(exits).toEqual(['v1', 'v2']);
    expect(covered).toEqual([
      { orderId: 'a', pubkey: 'v1' },
      { orderId: 'b', pubkey: 'v2' },
      { orderId: 'c', pubkey: 'v2' },
    ]);
  });

  it('counts what is leaving already', () => {
    expect(cover(eth(1n), [leaver('a', 20n)], [source('v1')], [source('v2')])).toEqual({
      exits: [],
      covered: [{ orderId: 'a', pubkey: 'v1' }],
    });
  });

  it('counts a validator that lost money for what it has', () => {
    expect(cover(eth(0n), [leaver('a', 32n)], [], [source('v1', 31n), source('v2')]).exits).toEqual(['v1', 'v2']);
  });

  it('lets wait who cannot be covered yet', () => {
    expect(cover(eth(0n), [leaver('a', 32n), leaver('b', 1n)], [], [source('v1')])).toEqual({
      exits: ['v1'],
      covered: [{ orderId: 'a', pubkey: 'v1' }],
    });
  });
});
