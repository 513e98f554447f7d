import { amount } from '#kernel';
import { periodTo, type Living } from './report.js';

const ETH = 10n ** 18n;

describe('the period that a checkpoint closes', () => {
  const validator = (sinceSlot: bigint, pubkey = '0x01'): Living => ({
    pubkey,
    principal: amount(32n * ETH),
    opening: amount(32n * ETH),
    sinceSlot,
    activationEpoch: sinceSlot / 32n,
    leftIn: null,
  });
  const none = { number: 0, slot: null, epoch: null };
  const at = (epoch: bigint) => ({ epoch, slot: epoch * 32n });

  it('starts with the first validator, and not before enough epochs are final', () => {
    expect(periodTo(at(100n), none, [], 1)).toBeNull();
    expect(periodTo(at(100n), none, [validator(3_200n)], 1)).toBeNull();
    expect(periodTo(at(102n), none, [validator(3_200n)], 3)).toBeNull();
    expect(periodTo(at(103n), none, [validator(3_264n, '0x02'), validator(3_200n)], 3)).toMatchObject({
      number: 1,
      fromSlot: 3_200n,
      toSlot: 3_296n,
    });
  });

  it('follows on without a gap, with the validators that are active by then', () => {
    const reported = { number: 4, slot: 3_200n, epoch: 100n };
    const period = periodTo(at(101n), reported, [validator(3_200n), validator(3_232n, '0x02'), validator(3_264n, '0x03')], 1);
    expect(period).toMatchObject({ number: 5, fromSlot: 3_200n, toSlot: 3_232n });
    expect(period?.validators.map((v) => v.pubkey)).toEqual(['0x01', '0x02']);
    expect(periodTo(at(100n), reported, [validator(3_200n)], 1)).toBeNull();
  });

  it('goes on when all validators have left, since exits are paid by reports', () => {
    expect(periodTo(at(101n), { number: 4, slot: 3_200n, epoch: 100n }, [], 1)).toMatchObject({ number: 5, validators: [] });
  });
});
