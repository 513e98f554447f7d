import { amount, Fault, newUuid, refuse } from '#kernel';
import { placeHold, releaseHold } from '#ledger';
import { CREDENTIALS, ETH, OpenStaking, operationId, POOL, type Person } from '../staking.spec-support.js';
import { TransactionsProcessor } from '../transactions/transactions.processor.js';
import { BatchesProcessor } from './batches.processor.js';

describe('batches on their way, in one step', () => {
  let s: OpenStaking;
  let ada: Person;
  let bo: Person;
  beforeEach(async () => {
    s = await OpenStaking.ready({ DEPOSIT_PROTECTION: 'head_checks' });
    ada = await s.funded(40n * ETH);
    bo = await s.funded(40n * ETH);
  });
  afterEach(() => s.close());
  const states = async (): Promise<string[]> =>
    (await s.query<{ state: string }>('SELECT state FROM staking.batch ORDER BY created_at, id')).map((b) => b.state);
  const cancel = (who: Person, id: string) => s.call(who, 'POST', `/v1/staking/operations/${id}/cancel`);

  it('spreads one order over several batches and is as far as its least advanced part', async () => {
    const id = operationId(await s.stake(ada, '40'));
    await s.fillValidator();
    expect(await s.operation(ada, id)).toMatchObject({
      state: 'queued',
      parts: [{ amount: '32', state: 'activating' }],
      cancellable: true,
    });
    await s.closes();
    const back = await cancel(ada, id);
    expect(back.status).toBe(200);
    expect(back.body).toMatchObject({
      state: 'activating',
      amounts: { cancelled: { amount: '8' }, accepted: { amount: '40' } },
      cancellable: false,
    });
    expect(await s.balance('client.available', ada.uuid)).toBe(8n * ETH);
    await s.closes();
  });

  it('cancels what is in no batch, once', async () => {
    const id = operationId(await s.stake(ada, '5'));
    const key = newUuid();
    const send = () => s.call(ada, 'POST', `/v1/staking/operations/${id}/cancel`, undefined, key);
    const both = await Promise.all([send(), send()]);
    expect(both.map((r) => r.status)).toEqual([200, 200]);
    expect(both[0]?.body).toMatchObject({ state: 'cancelled', cancellable: false });
    expect(await s.balance('client.available', ada.uuid)).toBe(40n * ETH);
    expect((await cancel(ada, id)).body.code).toBe('operation.not_cancellable');
    await s.closes();
  });

  it('dissolves a batch that loses a part before custody was asked; the others keep their places', async () => {
    const [first, second] = [operationId(await s.stake(ada, '20')), operationId(await s.stake(bo, '12'))];
    await s.schedules().allocate();
    const keys = await s.query<{ request: string }>('SELECT key_request_id AS request FROM staking.batch');
    expect((await cancel(ada, first)).body).toMatchObject({ state: 'cancelled' });
    expect(await states()).toEqual(['dissolved']);
    expect(await s.operation(bo, second)).toMatchObject({ state: 'queued', parts: [], cancellable: true });
    const late = {
      pubkey: `0x${'aa'.repeat(48)}`,
      withdrawalCredentials: CREDENTIALS,
      amountGwei: '32000000000',
      signature: `0x${'bb'.repeat(96)}`,
    };
    await s.hear(BatchesProcessor, 'signed', {
      ...late,
      requestId: keys[0]?.request,
      depositDataRoot: `0x${'cc'.repeat(32)}`,
      keyPath: 'm',
    });
    expect(await states()).toEqual(['dissolved']); // the key is never used
    await s.closes();
    await s.stake(ada, '20');
    await s.schedules().allocate();
    expect(await states()).toEqual(['dissolved', 'key_requested']);
  });

  it('puts no money of a held client into a validator; the order keeps its place until the hold is lifted', async () => {
    const first = operationId(await s.stake(ada, '20'));
    await s.stake(bo, '32');
    const compliance = await s.database.transactor('compliance');
    const holdId = newUuid();
    const hold = { holdId, owner: ada.uuid, scopes: ['stake'] as const, reason: 'check', legalBasis: 'policy', placedBy: 'officer' };
    await compliance.run((em) => placeHold(em, hold));
    await s.schedules().allocate();
    expect(await states()).toEqual(['key_requested']); // all of it from the other client
    expect(await s.operation(ada, first)).toMatchObject({ state: 'queued', parts: [] });
    await compliance.run((em) => releaseHold(em, { holdId, releasedBy: 'officer', reason: 'checked' }));
    await s.stake(bo, '8');
    await s.stake(ada, '4');
    await s.schedules().allocate();
    expect(await states()).toEqual(['key_requested', 'key_requested']);
    expect(await s.operation(ada, first)).toMatchObject({ parts: [{ amount: '20' }] });
    await s.closes();
  });

  it('asks again when signer or custody refuse, after a while', async () => {
    await s.stake(ada, '32');
    await s.schedules().allocate();
    const [asked] = await s.said('deposit_data.request@1');
    await s.hear(BatchesProcessor, 'refused', { requestId: asked.requestId, code: 'keys.locked', detail: 'locked' });
    await s.schedules().allocate();
    expect(await states()).toEqual(['allocated']);
    s.clock.advance(20_000);
    await s.schedules().allocate();
    expect(await states()).toEqual(['key_requested']);
    await s.signKeys();
    await s.schedules().allocate();
    const [request] = await s.requested('stake_deposit');
    const refusal = { requestId: request.requestId, purpose: 'stake_deposit', code: 'gas.float_empty', detail: 'no gas' };
    await s.hear(TransactionsProcessor, 'refused', refusal);
    await s.hear(TransactionsProcessor, 'refused', refusal);
    await s.schedules().allocate();
    expect(await s.requested('stake_deposit')).toHaveLength(1);
    s.clock.advance(20_000);
    await s.schedules().allocate();
    const requests = await s.requested('stake_deposit');
    expect(new Set(requests.map((r) => r.requestId)).size).toBe(2);
    expect(new Set(requests.map((r) => r.deposit.pubkey)).size).toBe(1); // the same deposit
    await s.closes();
  });

  it('gives the money back when the deposit reverts on chain', async () => {
    const id = operationId(await s.stake(ada, '32'));
    await s.schedules().allocate();
    await s.signKeys();
    await s.schedules().allocate();
    const [request] = await s.requested('stake_deposit');
    const early = {
      requestId: request.requestId,
      transactionId: newUuid(),
      purpose: 'stake_deposit',
      transactionHash: `0x${'11'.repeat(32)}`,
      blockNumber: '1',
      succeeded: true,
    };
    await expect(s.hear(TransactionsProcessor, 'finalised', early)).rejects.toMatchObject({
      code: 'batch.not_signed_yet',
      retryable: true,
    });
    await s.finalise(request.requestId, 'stake_deposit', await s.sign(request.requestId, 'stake_deposit'), false);
    expect(await s.operation(ada, id)).toMatchObject({ state: 'failed_reversed', reason: { code: 'stake.transaction_failed' } });
    expect(await s.balance('client.available', ada.uuid)).toBe(40n * ETH);
    await s.closes();
  });

  it('gives the rest back too when an order was cut down while its deposit was on its way', async () => {
    const id = operationId(await s.stake(ada, '40'));
    await s.schedules().allocate();
    await s.signKeys();
    await s.schedules().allocate();
    const [{ requestId }] = await s.requested('stake_deposit');
    const step = { requestId, transactionId: newUuid(), purpose: 'stake_deposit', transactionHash: `0x${'11'.repeat(32)}` };
    await s.hear(TransactionsProcessor, 'signed', step);
    expect((await cancel(ada, id)).body).toMatchObject({ state: 'submitted', amounts: { cancelled: { amount: '8' } } });
    await s.hear(TransactionsProcessor, 'finalised', { ...step, blockNumber: '1', succeeded: false });
    expect(await states()).toEqual(['failed']);
    expect(await s.operation(ada, id)).toMatchObject({ state: 'failed_reversed', cancellable: false });
    expect(await s.balance('client.available', ada.uuid)).toBe(40n * ETH);
    await s.closes();
  });

  it('takes another key where the signer will never fund the one it gave', async () => {
    const id = operationId(await s.stake(ada, '32'));
    await s.schedules().allocate();
    await s.signKeys();
    await s.schedules().allocate();
    const [{ requestId }] = await s.requested('stake_deposit');
    const refusal = { requestId, purpose: 'stake_deposit', code: 'signature.deposit_already_signed', detail: 'funded once' };
    await s.hear(TransactionsProcessor, 'refused', refusal);
    await s.hear(TransactionsProcessor, 'refused', refusal);
    expect(await states()).toEqual(['dissolved']);
    expect(await s.operation(ada, id)).toMatchObject({ state: 'queued', parts: [] });
    await s.schedules().allocate();
    await s.signKeys();
    await s.schedules().allocate();
    expect(await states()).toEqual(['dissolved', 'requested']);
    const requests = await s.requested('stake_deposit');
    expect(new Set(requests.map((r) => r.deposit.pubkey)).size).toBe(2);
    await s.closes();
  });

  it('never uses a key that fails our own checks or that the chain has seen', async () => {
    for (const trouble of ['badDeposit', 'knownKey'] as const) {
      if (trouble === 'badDeposit') await s.stake(ada, '32');
      s.chain[trouble] = refuse(`deposit.${trouble}`, 'a stranger was here').refusal;
      await s.schedules().allocate();
      await s.signKeys();
      await s.schedules().allocate();
      s.chain[trouble] = null;
    }
    expect(await s.requested('stake_deposit')).toEqual([]);
    expect((await states()).filter((state) => state === 'dissolved')).toHaveLength(2);
    await s.closes();
  });

  it('does nothing towards a chain that is not healthy', async () => {
    await s.stake(ada, '32');
    s.chain.trouble = new Fault('chain.syncing', 'behind', true);
    await s.schedules().allocate();
    expect(await states()).toEqual([]);
    const quote = await s.call(ada, 'POST', '/v1/staking/quotes', { product_id: 'eth-payout', side: 'stake', amount: '1' });
    expect([quote.status, quote.body.code, quote.body.retryable]).toEqual([503, 'chain.syncing', true]);
    expect((await s.stake(ada, '1')).status).toBe(202); // orders are taken: they wait
  });

  it('distrusts a validator that withdraws to somebody else', async () => {
    const id = operationId(await s.stake(ada, '32'));
    await s.schedules().allocate();
    const [pubkey = ''] = await s.signKeys();
    await s.schedules().allocate();
    const [request] = await s.requested('stake_deposit');
    await s.finalise(request.requestId, 'stake_deposit', await s.sign(request.requestId, 'stake_deposit'));
    s.chain.sees(pubkey, `0x01${'0'.repeat(22)}${'ee'.repeat(20)}`);
    await s.schedules().watch();
    expect(await states()).toEqual(['compromised']);
    expect(await s.said('validator.activated@1')).toEqual([]);
    expect(await s.operation(ada, id)).toMatchObject({ state: 'activating', reason: { code: 'stake.under_investigation' } });
    await s.closes();
  });

  it('takes an exit back before its nominal is fixed: the shares never stopped earning', async () => {
    await s.stake(ada, '16');
    await s.stake(bo, '16');
    const pubkey = await s.fillValidator();
    await s.report([{ pubkey }]);
    const id = operationId(await s.unstake(ada, '16'));
    expect((await cancel(ada, id)).body).toMatchObject({ state: 'cancelled' });
    const amounts = { amount_atomic: (16n * ETH).toString(), shares_atomic: (16n * ETH).toString() };
    expect((await s.acts(ada)).slice(-2)).toMatchObject([
      { action: 'unstake.place', resource: id, details: { product: 'eth-payout', asset: 'ETH', ...amounts } },
      { action: 'unstake.cancel', resource: id },
    ]);
    await s.closes();
    await s.report([{ pubkey, reward: 1_000n }]);
    await s.settle();
    expect(await s.balance('client.rewards', ada.uuid)).toBe(450n);
    expect(await s.balance('client.rewards', bo.uuid)).toBe(450n);
    expect(await s.balance('client.shares', ada.uuid, 'ETH-PAYOUT-1')).toBe(16n * ETH);
    await s.closes();
  });

  it('pays the lesser of nominal and value when a loss came in between, and asks a dropped exit again', async () => {
    await s.stake(ada, '16');
    await s.stake(bo, '16');
    const pubkey = await s.fillValidator();
    await s.report([{ pubkey }]);
    const id = operationId(await s.unstake(ada, '16'));
    await s.report([{ pubkey }]);
    s.chain.epoch += 10n;
    await s.schedules().leave();
    const [request] = await s.requested('exit_request');
    await s.finalise(request.requestId, 'exit_request', await s.sign(request.requestId, 'exit_request'));
    await s.schedules().watch(); // still active: dropped in silence
    s.chain.epoch += 20n;
    await s.schedules().watch();
    s.clock.advance(20_000);
    await s.schedules().leave();
    expect(await s.requested('exit_request')).toHaveLength(2);
    await s.report([{ pubkey, reward: -(ETH / 100n) }]);
    await s.report([{ pubkey, withdrawn: 32n * ETH - ETH / 100n, emptied: true }]);
    const paid = (await s.operation(ada, id)).amounts;
    expect(paid).toMatchObject({ nominal: { amount: '16' }, settled: { amount: '15.995' } });
    expect(amount(BigInt((await s.call(null, 'GET', `/v1/staking/pools/${POOL}`)).body.buffer.amount_atomic))).toBe(16n * ETH - ETH / 200n);
    await s.closes();
  });
});
