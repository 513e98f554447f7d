import { amount } from '#kernel';
import { cover } from './validator.js';

const ETH = 10n ** 18n;
const eth = (units: bigint) => amount(units * ETH);
const source = (pubkey: string, booked = 32n) => ({ pubkey, principal: eth(32n), booked: eth(booked) });

describe('covering the exit queue', () => {
  it('lets the buffer pay what it can, without a validator', () => {
    expect(cover(eth(10n), eth(10n), [], [source('v1')])).toEqual({ exits: [], used: [] });
  });

  it('makes whole validators leave, in order, and no more than needed', () => {
    expect(cover(eth(0n), eth(36n), [], [source('v1'), source('v2'), source('v3')])).toEqual({
      exits: ['v1', 'v2'],
      used: [
        { pubkey: 'v1', reach: eth(32n) },
        { pubkey: 'v2', reach: eth(64n) },
      ],
    });
  });

  it('counts what is leaving already', () => {
    expect(cover(eth(1n), eth(20n), [source('v1')], [source('v2')])).toEqual({ exits: [], used: [{ pubkey: 'v1', reach: eth(33n) }] });
  });

  it('counts a validator that lost money for what it has', () => {
    expect(cover(eth(0n), eth(32n), [], [source('v1', 31n), source('v2')]).exits).toEqual(['v1', 'v2']);
  });

  it('lets wait what cannot be covered yet', () => {
    expect(cover(eth(0n), eth(33n), [], [source('v1')])).toEqual({ exits: ['v1'], used: [{ pubkey: 'v1', reach: eth(32n) }] });
  });

  it('lets nobody wait for one that is too young where an older one can pay', () => {
    expect(cover(eth(0n), eth(20n), [], [source('old')], [source('young')])).toEqual({
      exits: ['old'],
      used: [{ pubkey: 'old', reach: eth(32n) }],
    });
    expect(cover(eth(0n), eth(40n), [], [source('old')], [source('young')])).toEqual({
      exits: ['old'],
      used: [
        { pubkey: 'old', reach: eth(32n) },
        { pubkey: 'young', reach: eth(64n) },
      ],
    });
  });
});
