import { emit } from '#delivery';
import { uuid5 } from '#kernel';
import { DepositDataSigned, ReportApply, SettlementRequest, StandingChanged, TransactionFinalised, TransactionSigned } from '#messages';
import { eventually } from '#testing';
import { CREDENTIALS, ETH, OpenStaking, operationId, POOL } from './staking.spec-support.js';

/** The same life as in life.int-spec, but nobody calls a handler or a schedule: messages arrive, schedules run, and Faults are tried again. */
describe('the room by itself', () => {
  let s: OpenStaking;
  beforeAll(async () => {
    s = await OpenStaking.ready({ ALLOCATE_EVERY_MS: '200', WATCH_EVERY_MS: '200', EXIT_EVERY_MS: '200', FEE_SWEEP_EVERY_MS: '200' });
  });
  afterAll(() => s.close());

  it('takes a stake from the queue to settled rewards', async () => {
    const [custody, signer, rewards, compliance] = await Promise.all(
      (['custody', 'signer', 'rewards', 'compliance'] as const).map((room) => s.database.transactor(room)),
    );
    if (!custody || !signer || !rewards || !compliance) throw new Error('no connections');
    const ada = await s.funded(32n * ETH);
    const standing = {
      clientId: ada.uuid,
      version: 7,
      state: 'approved',
      mayDeposit: true,
      mayStake: true,
      mayUnstake: true,
      mayWithdraw: true,
    } as const;
    await compliance.run((em) => emit(em, StandingChanged, { aggregate: ada.uuid, payload: { ...standing, clientClass: 'retail' } }));
    await eventually(
      async () =>
        (await s.query<{ version: number }>('SELECT version FROM staking.standing WHERE client_id = $1', [ada.uuid]))[0]?.version === 7,
    );

    const id = operationId(await s.stake(ada, '32'));
    const pubkey = `0x${'a1'.repeat(48)}`;
    for (const [nth, purpose, eth] of [
      [0, 'stake_deposit', 1n],
      [1, 'stake_top_up', 31n],
    ] as const) {
      const asked = await eventually(async () => (await s.said('deposit_data.request@1'))[nth], { timeoutMs: 20_000 });
      const signed = {
        requestId: asked.requestId as string,
        pubkey,
        withdrawalCredentials: CREDENTIALS,
        amountGwei: (eth * 10n ** 9n).toString(),
        signature: `0x${'b2'.repeat(96)}`,
        depositDataRoot: `0x${'c3'.repeat(32)}`,
        keyPath: 'm/12381/3600/0/0/0',
      };
      await signer.run((em) => emit(em, DepositDataSigned, { aggregate: signed.requestId, payload: signed }));
      const request = await eventually(async () => (await s.requested(purpose))[0], { timeoutMs: 20_000 });
      const requestId = request.requestId as string;
      const step = { requestId, transactionId: uuid5('t', requestId), purpose, transactionHash: `0x${'d4'.repeat(32)}` };
      await custody.run((em) => emit(em, TransactionSigned, { aggregate: requestId, payload: step }));
      await s.book(['stake.send', null, eth * ETH]);
      const finalised = { ...step, blockNumber: '7', succeeded: true };
      await custody.run((em) => emit(em, TransactionFinalised, { aggregate: requestId, payload: finalised }));
      s.chain.sees(pubkey, CREDENTIALS, { status: 'pending' });
    }
    s.chain.sees(pubkey, CREDENTIALS, { status: 'active' });
    await eventually(async () => (await s.said('validator.activated@1'))[0], { timeoutMs: 20_000 });

    const first = await s.reportMessage([{ pubkey }]);
    await rewards.run((em) => emit(em, ReportApply, { aggregate: POOL, payload: first as never }));
    await eventually(async () => (await s.operation(ada, id)).state === 'active', { timeoutMs: 20_000 });

    const second = await s.reportMessage([{ pubkey, reward: 1_000n, withdrawn: 1_000n }]);
    await rewards.run((em) => emit(em, ReportApply, { aggregate: POOL, payload: second as never }));
    await eventually(
      async () =>
        (await s.query<{ n: number }>(`SELECT attempts AS n FROM delivery.delivery WHERE message = 'report.apply@1' AND attempts > 0`))
          .length > 0,
      {
        timeoutMs: 20_000,
      },
    );
    expect(await s.said('report.applied@1')).toHaveLength(1);
    await s.book(['protocol.withdraw', null, 1_000n]); // now custody has booked it: the report is applied at its next try
    await eventually(async () => (await s.said('report.applied@1')).length === 2, { timeoutMs: 20_000 });

    const runId = uuid5('run', '1');
    await rewards.run((em) => emit(em, SettlementRequest, { aggregate: runId, payload: { runId, poolId: POOL } }));
    await eventually(async () => (await s.said('settlement.done@1')).length === 1, { timeoutMs: 20_000 });
    expect(await s.balance('client.rewards', ada.uuid)).toBe(900n);
    await s.closes();
  });
});
