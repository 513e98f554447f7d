import { amount, Fault, newUuid, type InvariantBroken } from '#kernel';
import { placeHold, releaseHold } from '#ledger';
import type { TransactionFinalisedV1, TransactionSignedV1, WithdrawalStateChangedV1 } from '#messages';
import { fakeSign } from '../chain/fake-chain.spec-support.js';
import { GAS_LIMIT, MAX_FEE, PAID_FEE } from '../chain/fake-ledger-state.spec-support.js';
import { CustodyWorld, ETH, OUTSIDER, POOL } from '../custody.spec-support.js';
import { RequestsProcessor } from './requests.processor.js';

const WORST = GAS_LIMIT * MAX_FEE;
const COST = GAS_LIMIT * PAID_FEE;

let world: CustodyWorld;
beforeEach(async () => {
  world = await CustodyWorld.open();
});
afterEach(() => world.close());

const withdrawalStates = async (): Promise<string[]> =>
  (await world.messages<WithdrawalStateChangedV1>('withdrawal.state_changed@1')).map((m) => m.state);

describe('the house', () => {
  it('funds the treasury, which fills the gas float and pays its own gas', async () => {
    const [treasury, omnibus] = [await world.wallet('treasury'), await world.wallet('omnibus')];
    await world.fundHouse(10n * ETH);
    expect(await world.balance('trust.gas_float', 'ethereum')).toBe(2n * ETH);
    expect(await world.balance('trust.wallet', omnibus.id)).toBe(-2n * ETH);
    expect(await world.balance('house.wallet', treasury.id)).toBe(-(8n * ETH - COST));
    expect(await world.balance('house.gas_expense', 'ethereum')).toBe(-(2n * ETH + COST));
    expect(await world.transactions('gas_top_up')).toMatchObject([{ state: 'finalised', nonce: '0' }]);
    await world.reconcile();
  });
});

describe('a withdrawal', () => {
  it('goes from the reserved balance to the chain, every step told, gas from the float alone', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3); // sweep to the omnibus
    const floatBefore = await world.balance('trust.gas_float', 'ethereum');
    await world.withdraw(clientId, await world.destination(clientId), 2n * ETH);
    expect(await world.balance('client.reserved', clientId)).toBe(2n * ETH);
    await world.round(2);
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(2n * ETH);
    expect(await world.balance('client.reserved', clientId)).toBe(0n);
    expect(await world.balance('client.available', clientId)).toBe(3n * ETH);
    expect(await world.balance('trust.gas_float', 'ethereum')).toBe(floatBefore - COST);
    expect(await world.balance('trust.gas_reserved', 'ethereum')).toBe(0n);
    expect(await withdrawalStates()).toEqual(['accepted', 'signed', 'broadcast', 'settled']);
    await world.reconcile();
  });

  it('pays out all there is, to the last unit', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(3n * ETH + 7n);
    await world.withdraw(clientId, await world.destination(clientId), 'max');
    await world.round(5);
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(3n * ETH + 7n);
    expect(await world.balance('client.available', clientId)).toBe(0n);
    await world.reconcile();
  });

  it('is given back when the signer refuses; its nonce is used by the next', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    const destination = await world.destination(clientId);
    await world.withdraw(clientId, destination, ETH);
    await world.build();
    const [request] = await world.signatureRequests();
    if (!request) throw new Error('no signature was asked for');
    await world.refuse(request);
    expect(await world.balance('client.available', clientId)).toBe(5n * ETH);
    expect(await world.balance('trust.gas_reserved', 'ethereum')).toBe(0n);
    expect(await withdrawalStates()).toEqual(['accepted', 'returned']);
    await world.withdraw(clientId, destination, ETH);
    await world.round(2);
    expect(await world.transactions('withdrawal')).toMatchObject([
      { state: 'refused', nonce: '0', code: 'policy.denied' },
      { state: 'finalised', nonce: '0' },
    ]);
    await world.reconcile();
  });

  it('is given back when the chain reverts it; the gas is spent', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    const float = await world.balance('trust.gas_float', 'ethereum');
    world.chain.reverting.add(OUTSIDER);
    await world.withdraw(clientId, await world.destination(clientId), ETH);
    await world.round(2);
    expect(await world.balance('client.available', clientId)).toBe(5n * ETH);
    expect(await world.balance('trust.gas_float', 'ethereum')).toBe(float - COST);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'reverted' }]);
    expect((await withdrawalStates()).at(-1)).toBe('returned');
    await world.reconcile();
  });

  it('waits under a hold placed after it was accepted, and goes on when the hold ends', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    await world.withdraw(clientId, await world.destination(clientId), ETH);
    const compliance = await world.db.transactor('compliance');
    const holdId = newUuid();
    await compliance.run((em) =>
      placeHold(em, { holdId, owner: clientId, scopes: ['withdraw'], reason: 'test', legalBasis: 'test', placedBy: newUuid() }),
    );
    await world.round(2);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'waiting_hold', signed: null }]);
    await compliance.run((em) => releaseHold(em, { holdId, releasedBy: newUuid(), reason: 'cleared' }));
    await world.round(2);
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
  });
});

describe('sending', () => {
  async function signedWithdrawal(): Promise<string> {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    await world.withdraw(clientId, await world.destination(clientId), ETH);
    await world.build();
    await world.sign();
    return clientId;
  }

  it('sends the same bytes again when nobody knows whether they arrived, and again when the node forgot them', async () => {
    await signedWithdrawal();
    world.chain.broadcastFault = new Fault('chain.unreachable', 'no answer', true);
    await world.broadcast();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'signed', code: 'chain.unreachable' }]);
    world.chain.broadcastFault = null;
    world.chain.forgetPool(); // it had arrived, and was lost
    await world.broadcast();
    world.chain.forgetPool();
    await world.broadcast();
    expect(new Set(world.chain.broadcasts.slice(-3)).size).toBe(1);
    world.chain.mineAndFinalise();
    await world.follow();
    await world.broadcast();
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised' }]);
    await world.reconcile();
  });

  it('sends them again after a reorg took their block away', async () => {
    await signedWithdrawal();
    await world.broadcast();
    world.chain.mine();
    await world.broadcast();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'included' }]);
    world.chain.reorg(1);
    await world.broadcast();
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'broadcast' }]);
    world.chain.mineAndFinalise(2);
    await world.follow();
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    await world.reconcile();
  });

  it('takes no bytes that differ from the intent, in any field', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    await world.withdraw(clientId, await world.destination(clientId), ETH);
    await world.build();
    const [request] = await world.signatureRequests();
    if (!request) throw new Error('no signature was asked for');
    const stranger = `0x${'66'.repeat(20)}`;
    for (const change of [{ to: stranger }, { value: '1' }, { nonce: '9' }, { data: '0x01' }, { chainId: '1' }, { from: stranger }]) {
      await expect(world.signOne(request, change)).rejects.toMatchObject({
        code: 'signature.differs_from_intent',
      } satisfies Partial<InvariantBroken>);
    }
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'signing', signed: null }]);
  });

  it('numbers the transactions of an address without a gap, one signature at a time', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    const destination = await world.destination(clientId);
    for (let i = 0; i < 3; i++) await world.withdraw(clientId, destination, ETH / 2n);
    await Promise.all([world.build(), world.build()]);
    expect(await world.signatureRequests()).toHaveLength(1);
    for (let i = 0; i < 3; i++) {
      await world.sign();
      await world.build();
    }
    expect((await world.transactions('withdrawal')).map((t) => [t.nonce, t.state])).toEqual([
      ['0', 'signed'],
      ['1', 'signed'],
      ['2', 'signed'],
    ]);
    await world.round(1);
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe((3n * ETH) / 2n);
    await world.reconcile();
  });
});

describe('a nonce that somebody else has used', () => {
  it('stops that address and no other', async () => {
    await world.fundHouse();
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(3);
    const destination = await world.destination(clientId);
    await world.withdraw(clientId, destination, ETH / 2n);
    await world.round(2);
    const omnibus = await world.wallet('omnibus');
    const plan = { from: omnibus.address, to: OUTSIDER, value: amount(5n), data: '0x' };
    const stolen = fakeSign(world.chain.writer.build(plan, 1n, await world.chain.writer.quoteFee(plan)), omnibus.address);
    await world.chain.writer.broadcast(stolen.signed);
    world.chain.mine(); // in a block, not final yet
    await world.withdraw(clientId, destination, ETH / 2n);
    await world.build();
    expect(await world.signatureRequests()).toEqual([]);
    expect((await world.transactions('withdrawal')).at(-1)).toMatchObject({ state: 'requested', nonce: null });
  });
});

describe('gas', () => {
  it('comes from the float: empty, everything waits; topped up, it goes on', async () => {
    const { clientId } = await world.fundedClient(5n * ETH);
    await world.round(2);
    expect(await world.transactions('sweep')).toMatchObject([{ state: 'waiting_gas', code: 'gas.float_empty' }]);
    await world.fundHouse();
    await world.round(2);
    expect(await world.transactions('sweep')).toMatchObject([{ state: 'finalised' }]);
    const omnibus = await world.wallet('omnibus');
    expect(await world.balance('trust.wallet', omnibus.id)).toBe(-(2n * ETH + 5n * ETH - WORST));
    expect(await world.balance('client.available', clientId)).toBe(5n * ETH);
    await world.reconcile();
  });
});

describe('sweeping', () => {
  it('leaves money in suspense where it is', async () => {
    await world.fundHouse();
    const { wallet } = await world.client();
    world.chain.send(wallet.address, 5n * ETH);
    world.chain.mineAndFinalise();
    await world.round(3);
    expect(await world.transactions('sweep')).toEqual([]);
    expect(world.chain.balanceAtHead(wallet.address)).toBe(5n * ETH);
  });

  it('takes what is released from beside it: a stranger’s unit does not keep a client’s coins from those who wait for them', async () => {
    await world.fundHouse();
    const { clientId, wallet } = await world.fundedClient(5n * ETH);
    world.chain.send(wallet.address, 1n);
    world.chain.mineAndFinalise();
    await world.withdraw(clientId, await world.destination(clientId), 5n * ETH);
    await world.round(4);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised' }]);
    expect(await world.balance('client.suspense', clientId)).toBe(1n);
    expect(-(await world.balance('trust.wallet', wallet.id))).toBeGreaterThanOrEqual(1n);
    await world.reconcile();
  });
});

describe('staking’s requests', () => {
  it('wait for coins in order of arrival, are signed, sent, booked and told; asking twice is one', async () => {
    await world.fundHouse();
    const requestId = await world.stakeDeposit(32n * ETH);
    await world.stakeDeposit(32n * ETH, undefined, requestId);
    const { clientId } = await world.fundedClient(33n * ETH);
    await world.withdraw(clientId, await world.destination(clientId), ETH / 2n);
    await world.round(1);
    expect(await world.transactions('stake_deposit')).toMatchObject([{ state: 'waiting_funds' }]);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'requested' }]);
    await world.round(5);
    expect(await world.transactions('stake_deposit')).toMatchObject([{ state: 'finalised', nonce: '0' }]);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'finalised', nonce: '1' }]);
    expect(await world.balance('pool.bonding', POOL)).toBe(-32n * ETH);
    expect(await world.messages<TransactionSignedV1>('transaction.signed@1')).toMatchObject([{ requestId, purpose: 'stake_deposit' }]);
    expect(await world.messages<TransactionFinalisedV1>('transaction.finalised@1')).toMatchObject([{ requestId, succeeded: true }]);
    const { report } = await world.reconcile();
    expect(report.clearing.find((c) => c.account === 'pool.bonding')).toMatchObject({ balance: '32', unexplained: '0' });
  });

  it('for an exit are fed with gas, and their fee counts as gas', async () => {
    await world.fundHouse();
    const vault = await world.wallet('vault');
    const float = await world.balance('trust.gas_float', 'ethereum');
    const request = {
      requestId: newUuid(),
      chain: 'ethereum',
      purpose: 'exit_request' as const,
      poolId: POOL,
      asset: 'ETH',
      amount: '0',
      pubkey: `0x${'ab'.repeat(48)}`,
    };
    await world.handle(RequestsProcessor, (p, em) => p.requested(em, request));
    await world.round(1);
    expect(await world.transactions('exit_request')).toMatchObject([{ state: 'waiting_funds' }]);
    await world.round(4);
    expect(await world.transactions('gas_feed')).toMatchObject([{ state: 'finalised' }]);
    expect(await world.transactions('exit_request')).toMatchObject([{ state: 'finalised', value: '1' }]);
    expect(await world.balance('trust.gas_float', 'ethereum')).toBe(float - 2n * COST - 1n);
    expect(await world.balance('trust.wallet', vault.id)).toBe(-(10n ** 16n - COST - 1n));
    await world.reconcile();
  });

  it('sweep fees to the house, each entity in its own books', async () => {
    await world.fundHouse();
    await world.fundedClient(5n * ETH);
    await world.round(3);
    const validator = { kind: 'stake.validator' as const, owner: `0x${'ab'.repeat(48)}`, asset: 'ETH' as const };
    const chain = (kind: 'trust.fee_payable' | 'house.fee_receivable' | 'house.fee_income') => ({
      kind,
      owner: 'ethereum',
      asset: 'ETH' as const,
    });
    const fees = amount(ETH / 10n);
    await world.postAs('staking', [
      { kind: 'reward.commission', debit: validator, credit: chain('trust.fee_payable'), amount: fees, group: 'fees' },
      { kind: 'house.fee_accrue', debit: chain('house.fee_receivable'), credit: chain('house.fee_income'), amount: fees, group: 'fees' },
    ]);
    const request = {
      requestId: newUuid(),
      chain: 'ethereum',
      purpose: 'fee_sweep' as const,
      poolId: POOL,
      asset: 'ETH',
      amount: fees.toString(),
    };
    const treasury = await world.wallet('treasury');
    const before = await world.balance('house.wallet', treasury.id);
    await world.handle(RequestsProcessor, (p, em) => p.requested(em, request));
    await world.round(2);
    expect(await world.balance('trust.fee_payable', 'ethereum')).toBe(0n);
    expect(await world.balance('house.fee_receivable', 'ethereum')).toBe(0n);
    expect(await world.balance('house.wallet', treasury.id)).toBe(before - fees);
  });

  it('are refused when they cannot be, and staking hears of it', async () => {
    const request = {
      requestId: newUuid(),
      chain: 'ethereum',
      purpose: 'exit_request' as const,
      poolId: 'nobody',
      asset: 'ETH',
      amount: '0',
      pubkey: `0x${'ab'.repeat(48)}`,
    };
    await world.handle(RequestsProcessor, (p, em) => p.requested(em, request));
    expect(await world.messages('transaction.refused@1')).toMatchObject([{ requestId: request.requestId, code: 'wallet.unknown' }]);
  });
});
