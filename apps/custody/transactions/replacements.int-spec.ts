import { Fault } from '#kernel';
import type { SignatureRequestV1, TransactionFinalisedV1, TransactionRefusedV1, TransactionSignedV1 } from '#messages';

import { fakeSign } from '../chain/fake-chain.spec-support.js';
import { GAS_LIMIT, MAX_FEE, priceAt } from '../chain/fake-ledger-state.spec-support.js';
import { CustodyWorld, ETH, OUTSIDER } from '../custody.spec-support.js';
import { SignaturesProcessor } from './signatures.processor.js';

const WORST = GAS_LIMIT * MAX_FEE;

let world: CustodyWorld;
beforeEach(async () => {
  world = await CustodyWorld.open({ REPLACE_AFTER_BLOCKS: 3, MAX_REPLACEMENTS: 2 });
});
afterEach(() => world.close());

/** A withdrawal that waits in the pool: the base fee has outrun it. */
async function stuckWithdrawal(): Promise<string> {
  await world.fundHouse();
  const { clientId } = await world.fundedClient(5n * ETH);
  await world.round(3);
  await world.withdraw(clientId, await world.destination(clientId), ETH);
  await world.build();
  await world.sign();
  await world.broadcast();
  world.chain.baseFee = 40n;
  return clientId;
}

/** Blocks go by without taking it; custody looks after each. */
async function wait(blocks: number): Promise<void> {
  for (let i = 0; i < blocks; i++) {
    world.chain.mine();
    await world.follow();
    await world.broadcast();
  }
}

const attempts = (): Promise<{ number: number; state: string; hash: string | null; worst_cost: string; code: string | null }[]> =>
  world.db.admin.query(
    `SELECT number, a.state, a.hash, a.worst_cost, a.code FROM custody.transaction_attempt a JOIN custody.transaction t ON t.id = a.transaction_id
      WHERE t.purpose = 'withdrawal' ORDER BY number`,
  );

async function requested(): Promise<SignatureRequestV1> {
  const [request] = await world.signatureRequests();
  if (!request) throw new Error('no signature was asked for');
  return request;
}

describe('a stuck transaction', () => {
  it('is replaced under its nonce with a higher fee, for the same payment, and whichever lands is booked once', async () => {
    const clientId = await stuckWithdrawal();
    const float = await world.balance('trust.gas_float', 'ethereum');
    await wait(1);
    const request = await requested();
    const first = (await world.messages<SignatureRequestV1>('signature.request@1')).find((r) => r.transactionId === request.transactionId);
    expect(request.intent).toMatchObject({
      ...first?.intent,
      gasLimitCost: (GAS_LIMIT * priceAt(40n)).toString(),
      replaces: first?.signatureId,
    });
    expect(await world.balance('trust.gas_float', 'ethereum')).toBe(float - (GAS_LIMIT * priceAt(40n) - WORST));
    await world.sign();
    await world.broadcast();
    world.chain.mineAndFinalise();
    await world.follow();
    const tries = await attempts();
    expect(tries.map((t) => t.state)).toEqual(['signed', 'signed']);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised', hash: tries[1]?.hash }]);
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    expect(await world.balance('client.reserved', clientId)).toBe(0n);
    expect(await world.balance('trust.gas_reserved', 'ethereum')).toBe(0n);
    await world.reconcile();
  });

  it('books the older attempt when the chain takes that one after all', async () => {
    await stuckWithdrawal();
    await wait(1);
    const older = (await attempts())[0];
    world.chain.baseFee = 4n;
    world.chain.mineAndFinalise(); // before the replacement was even signed
    await world.follow();
    await world.sign(); // the answer comes late
    await world.broadcast();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised', hash: older?.hash }]);
    expect((await attempts())[1]).toMatchObject({ state: 'signed' });
    world.chain.mineAndFinalise(2);
    await world.follow();
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    expect(await world.balance('trust.gas_reserved', 'ethereum')).toBe(0n);
    await world.reconcile();
  });

  it('is replaced as often as allowed and waits then, with an alarm', async () => {
    await stuckWithdrawal();
    for (let i = 0; i < 4; i++) {
      await wait(3);
      await world.sign();
      world.chain.baseFee *= 3n;
    }
    expect(await attempts()).toHaveLength(3);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'broadcast', code: 'transaction.replacements_exhausted' }]);
    world.chain.baseFee = 4n;
    world.chain.mineAndFinalise(2);
    await world.follow();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised' }]);
    await world.reconcile();
  });

  it('waits with an alarm while the network asks more than is ever paid, and is replaced when it asks less', async () => {
    await stuckWithdrawal();
    const { quoteFee } = world.chain.writer;
    world.chain.writer.quoteFee = () => Promise.reject(new Fault('fee.over_cap', 'too dear', true));
    await wait(4);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'broadcast', code: 'transaction.fee_cap' }]);
    expect(await attempts()).toHaveLength(1);
    world.chain.writer.quoteFee = quoteFee;
    await wait(1);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'broadcast', code: null }]);
    expect(await attempts()).toHaveLength(2);
  });

  it('stays as it is when the signer refuses the replacement', async () => {
    await stuckWithdrawal();
    await wait(1);
    const { signatureId, transactionId } = await requested();
    const refused = { signatureId, transactionId, code: 'signature.gas_exceeds_limit', detail: 'too dear' };
    await world.handle(SignaturesProcessor, (p, em) => p.refused(em, refused));
    await world.handle(SignaturesProcessor, (p, em) => p.refused(em, refused));
    expect(await attempts()).toMatchObject([{ state: 'signed' }, { state: 'refused', code: 'signature.gas_exceeds_limit' }]);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'broadcast' }]);
    world.chain.baseFee = 4n;
    world.chain.mineAndFinalise();
    await world.follow();
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    await world.reconcile();
  });

  it('killed before its request is committed asks once all the same, and an answer that comes twice is one', async () => {
    await stuckWithdrawal();
    const float = await world.balance('trust.gas_float', 'ethereum');
    world.chain.mine();
    await world.follow();
    const { transactor } = world;
    const run = transactor.run.bind(transactor);
    transactor.run = (work) =>
      run(async (em) => {
        await work(em);
        throw new Error('killed');
      });
    await expect(world.broadcast()).rejects.toThrow('killed');
    transactor.run = run;
    expect(await attempts()).toHaveLength(1);
    expect(await world.balance('trust.gas_float', 'ethereum')).toBe(float);
    await wait(2);
    expect(await attempts()).toHaveLength(2);
    const request = await requested();
    await world.signOne(request);
    await world.signOne(request);
    world.chain.broadcastFault = new Fault('chain.unreachable', 'no answer', true);
    await world.broadcast(); // it has arrived, and nobody knows
    world.chain.broadcastFault = null;
    world.chain.mineAndFinalise();
    await world.follow();
    await world.broadcast();
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised' }]);
    await world.reconcile();
  });

  it('takes no replacement that pays anybody else', async () => {
    await stuckWithdrawal();
    await wait(1);
    await expect(world.signOne(await requested(), { to: `0x${'66'.repeat(20)}` })).rejects.toMatchObject({
      code: 'signature.differs_from_intent',
    });
    expect(await attempts()).toMatchObject([{ state: 'signed' }, { state: 'asked' }]);
  });

  it('asks once when two look at it at once, and again for nothing after a reorg', async () => {
    await stuckWithdrawal();
    world.chain.mine();
    await world.follow();
    await Promise.all([world.broadcast(), world.broadcast(), world.broadcast()]);
    expect(await attempts()).toHaveLength(2);
    await world.sign();
    await world.broadcast();
    world.chain.mine();
    await world.broadcast();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'included' }]);
    world.chain.reorg(1, 'lost');
    await world.broadcast();
    world.chain.mineAndFinalise();
    await world.follow();
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    await world.reconcile();
  });

  it('tells staking of the first signature, and at the end which hash it was', async () => {
    await world.fundHouse();
    await world.fundedClient(40n * ETH);
    await world.round(3);
    const requestId = await world.stakeDeposit(32n * ETH);
    await world.build();
    await world.sign();
    await world.broadcast();
    world.chain.baseFee = 40n;
    await wait(1);
    await world.sign();
    await world.broadcast();
    world.chain.mineAndFinalise();
    await world.follow();
    expect(await world.messages<TransactionSignedV1>('transaction.signed@1')).toHaveLength(1);
    const [finalised] = await world.messages<TransactionFinalisedV1>('transaction.finalised@1');
    const rows = await world.transactions('stake_deposit');
    expect(finalised).toMatchObject({ requestId, succeeded: true, transactionHash: rows[0]?.hash });
    expect(await world.messages<TransactionRefusedV1>('transaction.refused@1')).toEqual([]);
  });

  it('feeds a deposit address whose sweep left nothing for a higher fee', async () => {
    await world.fundHouse();
    await world.fundedClient(5n * ETH);
    await world.decide();
    await world.build();
    await world.sign();
    await world.broadcast();
    world.chain.baseFee = 40n;
    await wait(1);
    expect(await world.transactions('sweep')).toMatchObject([{ state: 'broadcast', code: 'transaction.replacement_unfunded' }]);
    await world.round(3);
    await world.broadcast();
    await world.round(2);
    expect(await world.transactions('gas_feed')).toMatchObject([{ state: 'finalised' }]);
    expect(await world.transactions('sweep')).toMatchObject([{ state: 'finalised' }]);
    await world.reconcile();
  });
});

describe('a nonce that somebody else has used', () => {
  async function stolen(): Promise<string> {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    await world.withdraw(clientId, await world.destination(clientId), ETH);
    await world.build();
    await world.sign();
    const omnibus = await world.wallet('omnibus');
    const plan = { from: omnibus.address, to: `0x${'99'.repeat(20)}`, value: 5n as never, data: '0x' };
    const nonce = await world.chain.writer.nextNonce(omnibus.address);
    const foreign = fakeSign(world.chain.writer.build(plan, nonce, await world.chain.writer.quoteFee(plan)), omnibus.address);
    await world.chain.writer.broadcast(foreign.signed);
    world.chain.mineAndFinalise();
    return clientId;
  }

  it('stops the address and gives nothing back until people have decided', async () => {
    const clientId = await stolen();
    await world.follow(); // the books stop too
    await world.broadcast();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'supplanted', code: 'transaction.supplanted' }]);
    expect(await world.balance('client.reserved', clientId)).toBe(ETH);
    const [sender] = await world.db.admin.query<[{ stop_code: string }]>('SELECT stop_code FROM custody.sender WHERE wallet_id = $1', [
      (await world.wallet('omnibus')).id,
    ]);
    expect(sender.stop_code).toBe('transaction.supplanted');
    await world.broadcast();
    await world.build();
    expect(await world.signatureRequests()).toEqual([]);
  });

  it('is not suspected while the node cannot be asked', async () => {
    await stolen();
    world.chain.writer.finalisedNonce = () => Promise.reject(new Fault('chain.unreachable', 'no answer', true));
    await world.broadcast();
    expect((await world.transactions('withdrawal'))[0]?.state).not.toBe('supplanted');
  });
});
