import { atHead, bytes32, pubkeyOf, validatorAnswer, type FakeNodes } from '../node/fake-nodes.spec-support.js';
import { decodeExitCall, encodeExitCall } from './withdrawal-request.js';
import { planExit } from './exit-plan.js';
import { feeAtExcess } from './request-fee.js';

const vault = `0x${'aa'.repeat(20)}`;

describe('an exit', () => {
  const plan = (nodes: FakeNodes, from = vault) => planExit(nodes.network(), from, pubkeyOf(1));
  const withFee = (fee: bigint, options: Parameters<typeof atHead>[0] = { validators: [validatorAnswer(1)] }): FakeNodes => {
    const nodes = atHead(options);
    nodes.method('eth_call', () => bytes32(fee as unknown as number));
    return nodes;
  };

  it('is 48 bytes of key and an amount of nothing, with the fee of the moment and room for a block of others', async () => {
    expect(await plan(withFee(17n))).toEqual({
      ok: true,
      value: { from: vault, to: '0x00000961ef480eb55e80d19ad83579a64c007002', value: 39n, data: `${pubkeyOf(1)}${'00'.repeat(8)}` },
    });
    expect(decodeExitCall(encodeExitCall(pubkeyOf(1)))).toBe(pubkeyOf(1));
  });

  it.each(['0x', pubkeyOf(1), `${pubkeyOf(1)}${'00'.repeat(7)}01`, `${pubkeyOf(1)}${'00'.repeat(9)}`])('is not %s', (data) => {
    expect(decodeExitCall(data)).toBeNull();
  });

  const refusals: [string, Parameters<typeof atHead>[0], string][] = [
    ['nobody knows the validator', {}, 'exit.not_active'],
    ['it is not active yet', { validators: [validatorAnswer(1, { status: 'pending_queued' })] }, 'exit.not_active'],
    ['it is leaving', { validators: [validatorAnswer(1, { status: 'active_exiting' })] }, 'exit.already_exiting'],
    ['it was slashed', { validators: [validatorAnswer(1, { status: 'active_slashed' })] }, 'exit.already_exiting'],
    ['it has left', { validators: [validatorAnswer(1, { status: 'withdrawal_done' })] }, 'exit.already_exiting'],
    ['it is too young', { validators: [validatorAnswer(1, { validator: { activation_epoch: '5' } })] }, 'exit.too_young'],
    [
      'a partial withdrawal waits',
      { validators: [validatorAnswer(1)], partials: [{ validator_index: '1', amount: '1', withdrawable_epoch: '99' }] },
      'exit.partial_pending',
    ],
  ];
  it.each(refusals)('is refused when %s: the protocol would say nothing', async (_name, options, code) => {
    expect(await plan(withFee(1n, options))).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is possible from the first epoch that the protocol allows', async () => {
    expect(await plan(withFee(1n, { validators: [validatorAnswer(1, { validator: { activation_epoch: '4' } })] }))).toMatchObject({
      ok: true,
    });
  });

  it('is asked by the address in the credentials only', async () => {
    expect(await plan(withFee(1n), `0x${'bb'.repeat(20)}`)).toMatchObject({ ok: false, refusal: { code: 'exit.wrong_sender' } });
  });

  it('waits while its fee is too high', async () => {
    expect(await plan(withFee(feeAtExcess(586n)))).toMatchObject({ ok: true, value: { value: 10n ** 15n } });
    expect(await plan(withFee(feeAtExcess(590n)))).toMatchObject({ ok: false, refusal: { code: 'exit.fee_too_high' } });
  });
});
