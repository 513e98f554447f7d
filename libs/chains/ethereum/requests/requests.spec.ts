import fc from 'fast-check';
import { amount } from '#kernel';
import { withdrawalCredentials } from '../deposit/credentials.js';
import { atHead, HEAD, pubkeyOf, queuedDeposit, state, validatorAnswer, type FakeNodes } from '../node/fake-nodes.spec-support.js';
import { planConsolidation } from './consolidation-plan.js';
import { decodeConsolidationCall, encodeConsolidationCall } from './consolidation-request.js';
import { planPartialWithdrawal } from './partial-withdrawal-plan.js';
import { excessOf, fakeExponential, feeAtExcess } from './request-fee.js';
import { planSwitchToCompounding } from './switch-plan.js';
import { decodeExitCall, decodeWithdrawalRequest, encodePartialWithdrawalCall } from './withdrawal-request.js';

const ETH = 10n ** 18n;
const vault = `0x${'aa'.repeat(20)}`;
const stranger = `0x${'bb'.repeat(20)}`;
const compounding = { withdrawal_credentials: withdrawalCredentials(vault, 'compounding') };
const big = (index: number, change: Record<string, unknown> = {}, more: { balance?: string; status?: string } = {}): unknown =>
  validatorAnswer(index, { balance: '100000000000', validator: { ...compounding, effective_balance: '100000000000', ...change }, ...more });

/** With plenty of active stake, so that consolidations are taken: 4096 ETH a slot. */
function arranged(options: Parameters<typeof atHead>[0], fee = 1n): FakeNodes {
  const nodes = atHead(options);
  const found = (ids: readonly number[]): unknown[] =>
    ids.flatMap((id) => (options?.validators ?? []).filter((each) => (each as { index: string }).index === String(id)));
  for (const ids of [[1, 2], [2, 1]]) nodes.reply(state(HEAD, `validators?id=${ids.map(pubkeyOf).join(',')}`), found(ids), { finalized: false }); // prettier-ignore
  nodes.reply(state(HEAD, 'validators?id=3'), found([3]), { finalized: false });
  const members = Array.from({ length: 300 }, (_, n) => String(n + 1_000));
  nodes.reply(state(HEAD, `committees?slot=${HEAD}`), [{ validators: members }], { finalized: false });
  nodes.otherwise = (path) => (path.endsWith('/validators') ? { data: [], finalized: false } : undefined);
  nodes.method('eth_call', () => `0x${fee.toString(16).padStart(64, '0')}`);
  return nodes;
}

describe('the fee of requests', () => {
  it.each([
    [0n, 1n],
    [50n, 18n],
    [100n, 357n],
    [200n, 128_545n],
    [300n, 46_130_791n],
    [500n, 5_933_467_376_577n],
  ])('at an excess of %s is %s wei', (excess, fee) => {
    expect(feeAtExcess(excess)).toBe(fee);
  });

  it('is the published function', () => {
    // EIP-4844: the vectors that clients share
    const vectors = [[1, 0, 1, 1], [38493, 0, 1000, 38493], [0, 1234, 2345, 0], [1, 2, 1, 6], [1, 4, 2, 6], [1, 3, 1, 16], [1, 6, 2, 18], [1, 4, 1, 49], [1, 8, 2, 50], [10, 8, 2, 542], [11, 8, 2, 596], [1, 5, 1, 136], [1, 5, 2, 11], [2, 5, 2, 23], [1, 50000000, 2225652, 5709098764]] as const; // prettier-ignore
    for (const [factor, numerator, denominator, output] of vectors) {
      expect(fakeExponential(BigInt(factor), BigInt(numerator), BigInt(denominator))).toBe(BigInt(output));
    }
  });

  it('tells the excess that it stands for, and no other number does', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 600n), (excess) => expect(feeAtExcess(excessOf(feeAtExcess(excess)) ?? -1n)).toBe(feeAtExcess(excess))),
    );
    expect([excessOf(0n), excessOf(19n), excessOf(358n)]).toEqual([null, 19n === feeAtExcess(51n) ? 51n : null, null]);
  });

  it('that the protocol could not ask is garbage', async () => {
    await expect(
      planSwitchToCompounding(arranged({ validators: [validatorAnswer(1)] }, 358n).network(), vault, pubkeyOf(1)),
    ).rejects.toMatchObject({ code: 'chain.garbage' });
    await expect(
      planSwitchToCompounding(arranged({ validators: [validatorAnswer(1)] }, 0n).network(), vault, pubkeyOf(1)),
    ).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});

describe('calldata', () => {
  it('of a partial withdrawal is read back as it was written, and is no exit', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 64n - 1n), (gwei) => {
        const data = encodePartialWithdrawalCall(pubkeyOf(1), amount(gwei * 10n ** 9n));
        expect(data).toHaveLength(2 + 56 * 2);
        expect(decodeWithdrawalRequest(data)).toEqual({ kind: 'partial', pubkey: pubkeyOf(1), amount: gwei * 10n ** 9n });
        expect(decodeExitCall(data)).toBeNull();
      }),
    );
    expect(encodePartialWithdrawalCall(pubkeyOf(1), amount(ETH)).slice(-16)).toBe('000000003b9aca00'); // big-endian
  });

  it('of a consolidation says what moves where', () => {
    const data = encodeConsolidationCall(pubkeyOf(1), pubkeyOf(2));
    expect(data).toHaveLength(2 + 96 * 2);
    expect(decodeConsolidationCall(data)).toEqual({ kind: 'consolidation', source: pubkeyOf(1), target: pubkeyOf(2) });
    expect(decodeConsolidationCall(encodeConsolidationCall(pubkeyOf(1), pubkeyOf(1)))).toMatchObject({ kind: 'switch' });
  });

  it.each(['0x', pubkeyOf(1), `${encodeConsolidationCall(pubkeyOf(1), pubkeyOf(2))}00`, `${pubkeyOf(1)}${'00'.repeat(7)}`, 'x'])(
    'of neither is neither: %s',
    (data) => {
      expect([decodeConsolidationCall(data), decodeWithdrawalRequest(data)]).toEqual([null, null]);
    },
  );
});

describe('a partial withdrawal', () => {
  const plan = (options: Parameters<typeof atHead>[0], wei: bigint = ETH, from = vault) =>
    planPartialWithdrawal(arranged(options).network(), from, pubkeyOf(1), amount(wei));

  it('is asked with key and amount, also while another waits', async () => {
    const partials = [{ validator_index: '1', amount: '1000000000', withdrawable_epoch: '99' }];
    expect(await plan({ validators: [big(1)], partials })).toEqual({
      ok: true,
      value: {
        from: vault,
        to: '0x00000961ef480eb55e80d19ad83579a64c007002',
        value: 4n,
        data: encodePartialWithdrawalCall(pubkeyOf(1), amount(ETH)),
      },
    });
  });

  const one = 1_000_000_000;
  const refusals: [string, Parameters<typeof atHead>[0], bigint, string][] = [
    ['nothing is asked', { validators: [big(1)] }, 0n, 'partial.bad_amount'],
    ['a part of a Gwei is asked', { validators: [big(1)] }, 1n, 'partial.bad_amount'],
    ['nobody knows it', {}, ETH, 'exit.not_active'],
    ['it is leaving', { validators: [big(1, {}, { status: 'active_exiting' })] }, ETH, 'exit.already_exiting'],
    ['it is too young', { validators: [big(1, { activation_epoch: '5' })] }, ETH, 'exit.too_young'],
    ['it is not compounding', { validators: [validatorAnswer(1, { balance: '40000000000' })] }, ETH, 'partial.not_compounding'],
    ['32 ETH would not stay', { validators: [big(1)] }, 68n * ETH + 10n ** 9n, 'partial.below_minimum'],
    ['32 ETH would not stay beyond what was asked', { validators: [big(1)], partials: [{ validator_index: '1', amount: String(60 * one), withdrawable_epoch: '9' }] }, 9n * ETH, 'partial.below_minimum'], // prettier-ignore
    ['what counts is too little', { validators: [big(1, { effective_balance: '31000000000' })] }, ETH, 'partial.below_minimum'],
    ['the queue is full', { validators: [big(1)], partials: Array.from({ length: 64 }, () => ({ validator_index: '7', amount: '1', withdrawable_epoch: '9' })) }, ETH, 'partial.queue_full'], // prettier-ignore
  ];
  it.each(refusals)('is refused when %s', async (_name, options, wei, code) => {
    expect(await plan(options, wei)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('leaves exactly 32 ETH, and belongs to the address in the credentials', async () => {
    expect(await plan({ validators: [big(1)] }, 68n * ETH)).toMatchObject({ ok: true });
    expect(await plan({ validators: [big(1)] }, ETH, stranger)).toMatchObject({ ok: false, refusal: { code: 'exit.wrong_sender' } });
  });
});

describe('a consolidation', () => {
  const ours = new Set([pubkeyOf(1), pubkeyOf(2)]);
  const both = [validatorAnswer(1), big(2)];
  const plan = (options: Parameters<typeof atHead>[0], from = vault, mine: ReadonlySet<string> = ours) =>
    planConsolidation(arranged(options).network(), from, pubkeyOf(1), pubkeyOf(2), mine);

  it('moves a validator of ours into another of ours', async () => {
    expect(await plan({ validators: both })).toEqual({
      ok: true,
      value: {
        from: vault,
        to: '0x0000bbddc7ce488642fb579f8b00f3a590007251',
        value: 4n,
        data: encodeConsolidationCall(pubkeyOf(1), pubkeyOf(2)),
      },
    });
  });

  const refusals: [string, Parameters<typeof atHead>[0], string][] = [
    ['the source is unknown', { validators: [big(2)] }, 'consolidation.not_active'],
    ['the source is leaving', { validators: [validatorAnswer(1, { status: 'active_exiting' }), big(2)] }, 'consolidation.not_active'],
    ['the target is unknown', { validators: [validatorAnswer(1)] }, 'consolidation.not_active'],
    ['the target was slashed', { validators: [validatorAnswer(1), big(2, {}, { status: 'active_slashed' })] }, 'consolidation.not_active'],
    ['the target is not compounding', { validators: [validatorAnswer(1), validatorAnswer(2)] }, 'consolidation.target_not_compounding'],
    [
      'the source is too young',
      { validators: [validatorAnswer(1, { validator: { activation_epoch: '5' } }), big(2)] },
      'consolidation.too_young',
    ],
    ['a part of the source is on its way', { validators: both, partials: [{ validator_index: '1', amount: '1', withdrawable_epoch: '9' }] }, 'consolidation.partial_pending'], // prettier-ignore
    ['the target would hold too much', { validators: [validatorAnswer(1), big(2, {}, { balance: '2017000000000' })] }, 'consolidation.over_maximum'], // prettier-ignore
    ['deposits would make it too much', { validators: [validatorAnswer(1), big(2, {}, { balance: '2000000000000' })], queue: [queuedDeposit(2, '17000000000')] }, 'consolidation.over_maximum'], // prettier-ignore
    ['others on their way make it too much', { validators: [validatorAnswer(1), big(2, {}, { balance: '1950000000000' }), big(3)], consolidations: [{ source_index: '3', target_index: '2' }] }, 'consolidation.over_maximum'], // prettier-ignore
    ['the queue is full', { validators: both, consolidations: Array.from({ length: 64 }, () => ({ source_index: '8', target_index: '9' })) }, 'consolidation.no_churn'], // prettier-ignore
  ];
  it.each(refusals)('is refused when %s: the protocol would say nothing', async (_name, options, code) => {
    expect(await plan(options)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('never goes to a target that is not ours, to itself, or on the word of another', async () => {
    expect(await plan({ validators: both }, vault, new Set([pubkeyOf(1)]))).toMatchObject({
      refusal: { code: 'consolidation.target_not_ours' },
    });
    expect(await plan({ validators: both }, stranger)).toMatchObject({ refusal: { code: 'consolidation.wrong_sender' } });
    const same = planConsolidation(arranged({ validators: both }).network(), vault, pubkeyOf(2), pubkeyOf(2), ours);
    expect(await same).toMatchObject({ refusal: { code: 'consolidation.same_key' } });
  });

  it('waits while the network leaves no more than 32 ETH an epoch for it', async () => {
    const nodes = arranged({ validators: both });
    nodes.reply(state(HEAD, `committees?slot=${HEAD}`), [], { finalized: false });
    expect(await planConsolidation(nodes.network(), vault, pubkeyOf(1), pubkeyOf(2), ours)).toMatchObject({
      refusal: { code: 'consolidation.no_churn' },
    });
  });
});

describe('a switch to compounding', () => {
  const plan = (validators: unknown[], from = vault) => planSwitchToCompounding(arranged({ validators }).network(), from, pubkeyOf(1));

  it('names one key twice, and does not mind a young validator', async () => {
    expect(await plan([validatorAnswer(1, { validator: { activation_epoch: '11' } })])).toMatchObject({
      ok: true,
      value: { data: encodeConsolidationCall(pubkeyOf(1), pubkeyOf(1)) },
    });
  });

  it.each([
    ['nobody knows it', [], vault, 'consolidation.not_active'],
    ['it is leaving', [validatorAnswer(1, { status: 'active_exiting' })], vault, 'consolidation.not_active'],
    ['it is compounding', [big(1)], vault, 'credentials.already_compounding'],
    ['another asks', [validatorAnswer(1)], stranger, 'consolidation.wrong_sender'],
    ['its credentials are a BLS key', [validatorAnswer(1, { validator: { withdrawal_credentials: `0x00${'aa'.repeat(31)}` } })], vault, 'consolidation.wrong_sender'], // prettier-ignore
  ])('is refused when %s', async (_name, validators, from, code) => {
    expect(await plan(validators, from)).toMatchObject({ ok: false, refusal: { code } });
  });
});
