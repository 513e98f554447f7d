import { amount, delta } from '#kernel';
import { simulate, type Limits } from './limits.js';
import { periodTo, type Living, type Observation } from './report.js';

const ETH = 10n ** 18n;
const DAY = 86_400n;

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

describe('the limits', () => {
  const limits: Limits = { maxRiseBps: 100, maxFallBps: 10, maxAnnualBps: 5_000 };
  const observation = (reward: bigint): Observation => ({
    pubkey: '0x01',
    opening: amount(32n * ETH),
    closing: amount(32n * ETH + reward),
    withdrawn: amount(0n),
    deposited: amount(0n),
    consolidatedIn: amount(0n),
    consolidatedOut: amount(0n),
    reward: delta(reward),
    emptied: false,
  });
  const of = (reward: bigint, more: Partial<Parameters<typeof simulate>[0]> = {}) =>
    simulate({
      observations: [observation(reward)],
      execution: amount(0n),
      principal: amount(32n * ETH),
      seconds: DAY,
      commissionBps: 1_000,
      trailing: { reward: 0n, exposure: 0n },
      limits,
      poolHeld: false,
      ...more,
    });

  it('pass what a validator earns', () => {
    const day = (32n * ETH * 3n) / 100n / 365n;
    expect(of(day)).toMatchObject({ reward: day, commission: day / 10n, exceeded: [], annualBps: 300n });
    expect(of(0n)).toMatchObject({ exceeded: [], commission: 0n });
    expect(of(-day, { execution: amount(2n * day) })).toMatchObject({ reward: day, exceeded: [] });
  });

  it('hold a rise, a fall and a pace that is beyond them, at the exact unit', () => {
    const rise = (32n * ETH) / 100n;
    expect(of(rise, { seconds: 365n * DAY }).exceeded).toEqual([]);
    expect(of(rise + 1n, { seconds: 365n * DAY }).exceeded).toEqual(['rise']);
    const fall = (32n * ETH) / 1_000n;
    expect(of(-fall)).toMatchObject({ exceeded: [], commission: 0n });
    expect(of(-fall - 1n).exceeded).toEqual(['fall']);
    expect(of(rise).exceeded).toEqual(['annualised']);
    expect(of(rise * 2n).exceeded).toEqual(['rise', 'annualised']);
  });

  it('measure the pace over the trailing window, so that one lucky day passes and many small ones do not', () => {
    const lucky = (32n * ETH * 14n) / 10_000n;
    expect(of(lucky).exceeded).toEqual(['annualised']);
    expect(of(lucky, { trailing: { reward: 29n * 10n ** 15n, exposure: 29n * DAY * 32n * ETH } }).exceeded).toEqual([]);
    expect(of(10n ** 15n, { trailing: { reward: 32n * lucky, exposure: 29n * DAY * 32n * ETH } }).exceeded).toEqual(['annualised']);
  });

  it('hold everything of a pool that is held', () => {
    expect(of(0n, { poolHeld: true }).exceeded).toEqual(['pool_held']);
  });

  it('hold a reward without a principal', () => {
    expect(of(1n, { principal: amount(0n) }).exceeded).toEqual(['rise', 'annualised']);
    expect(of(0n, { principal: amount(0n), observations: [] }).exceeded).toEqual([]);
  });
});
