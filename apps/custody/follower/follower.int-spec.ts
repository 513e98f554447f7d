import { amount, Fault, newUuid, uuid5 } from '#kernel';
import { placeHold, releaseHold } from '#ledger';
import type { DepositDetectedV1 } from '#messages';
import { fakeSign } from '../chain/fake-chain.spec-support.js';
import { CustodyWorld, ETH } from '../custody.spec-support.js';
import { DepositsService } from '../deposits/deposits.service.js';
import { WalletsService } from '../wallets/wallets.service.js';
import { noteState } from './cursor.store.js';
import { BookkeeperService } from './bookkeeper.service.js';

let world: CustodyWorld;
beforeEach(async () => {
  world = await CustodyWorld.open();
});
afterEach(() => world.close());

const depositIdOf = (hash: string, address: string): string => uuid5('deposit', 'ethereum', hash, address);
const states = (): Promise<{ id: string; state: string }[]> =>
  world.db.admin.query('SELECT id, state FROM custody.deposit ORDER BY created_at, id');
interface Cursor {
  state: string;
  code: string | null;
  number: string;
}
const cursor = async (): Promise<Cursor> => (await world.db.admin.query<[Cursor]>('SELECT state, code, number FROM custody.cursor'))[0];

describe('deposits', () => {
  it('are seen, then booked to suspense when final, then credited on release, each once', async () => {
    const { clientId, wallet } = await world.client();
    const hash = world.chain.send(wallet.address, 5n * ETH);
    world.chain.mine();
    await world.follow();
    expect(await states()).toEqual([{ id: depositIdOf(hash, wallet.address), state: 'seen' }]);
    expect(await world.balance('client.suspense', clientId)).toBe(0n);

    world.chain.finalise();
    await world.follow();
    await world.follow();
    expect(await states()).toMatchObject([{ state: 'suspense' }]);
    expect(await world.balance('client.suspense', clientId)).toBe(5n * ETH);
    const detected = await world.messages<DepositDetectedV1>('deposit.detected@1');
    expect(detected).toMatchObject([
      { depositId: depositIdOf(hash, wallet.address), clientId, amount: (5n * ETH).toString(), senderKnown: false, transactionHash: hash },
    ]);

    await world.release(depositIdOf(hash, wallet.address));
    await world.release(depositIdOf(hash, wallet.address)); // the command again
    expect(await world.balance('client.available', clientId)).toBe(5n * ETH);
    expect(await world.messages('deposit.credited@1')).toHaveLength(1);
    await world.reconcile();
  });

  it('that a reorg moves to another block are credited once', async () => {
    const { clientId, wallet } = await world.client();
    world.chain.send(wallet.address, ETH);
    world.chain.mine();
    await world.follow();
    world.chain.reorg(1, 'pooled');
    await world.follow();
    expect(await states()).toMatchObject([{ state: 'dropped' }]);
    world.chain.mine(2);
    await world.follow();
    expect(await states()).toMatchObject([{ state: 'seen' }]);
    world.chain.finalise();
    await world.follow();
    expect(await world.balance('client.suspense', clientId)).toBe(ETH);
    expect(await world.messages('deposit.detected@1')).toHaveLength(1);
    await world.reconcile();
  });

  it('that a reorg takes away are dropped and nothing is credited', async () => {
    const { clientId, wallet } = await world.client();
    const hash = world.chain.send(wallet.address, ETH);
    world.chain.mine();
    await world.follow();
    world.chain.reorg(1);
    world.chain.mineAndFinalise(3);
    await world.follow();
    expect(await states()).toEqual([{ id: depositIdOf(hash, wallet.address), state: 'dropped' }]);
    expect(await world.balance('client.suspense', clientId)).toBe(0n);
    expect(await world.messages('deposit.detected@1')).toEqual([]);
    await world.reconcile();
  });

  it('say whether the sender is in the client’s own address book', async () => {
    const { clientId, wallet } = await world.client();
    const sender = `0x${'fa'.repeat(19)}01`;
    await world.destination(clientId, sender);
    world.chain.send(wallet.address, ETH, sender);
    world.chain.mineAndFinalise();
    await world.follow();
    expect(await world.messages('deposit.detected@1')).toMatchObject([{ senderKnown: true, sender }]);
  });

  it('stay in suspense under a hold, shown as such, and are credited when it ends', async () => {
    const { clientId, wallet } = await world.client();
    const hash = world.chain.send(wallet.address, ETH);
    world.chain.mineAndFinalise();
    await world.follow();
    const compliance = await world.db.transactor('compliance');
    const holdId = newUuid();
    await compliance.run((em) =>
      placeHold(em, { holdId, owner: clientId, scopes: ['deposit'], reason: 'test', legalBasis: 'test', placedBy: newUuid() }),
    );
    await world.release(depositIdOf(hash, wallet.address));
    await world.get(DepositsService).retry();
    expect(await states()).toMatchObject([{ state: 'held' }]);
    expect(await world.balance('client.available', clientId)).toBe(0n);
    await compliance.run((em) => releaseHold(em, { holdId, releasedBy: newUuid(), reason: 'cleared' }));
    await world.get(DepositsService).retry();
    await world.get(DepositsService).retry();
    expect(await states()).toMatchObject([{ state: 'credited' }]);
    expect(await world.balance('client.available', clientId)).toBe(ETH);
    const audit = await world.db.admin.query<unknown[]>(`SELECT action FROM audit.event WHERE action = 'deposit.release'`);
    expect(audit).toHaveLength(1);
  });

  it('are given no address before approval', async () => {
    const clientId = newUuid();
    const refused = await world.handle(WalletsService, (s, em) => s.depositAddress(em, 'ethereum', clientId));
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'custody.not_approved' } });
    await world.standing(clientId, { deposit: false, withdraw: true });
    expect(await world.handle(WalletsService, (s, em) => s.depositAddress(em, 'ethereum', clientId))).toMatchObject({
      refusal: { code: 'custody.not_approved' },
    });
  });

  it('have one address a client, whoever asks at once', async () => {
    const clientId = newUuid();
    await world.standing(clientId, { deposit: true });
    const opened = await Promise.all(
      Array.from({ length: 5 }, () => world.handle(WalletsService, (s, em) => s.depositAddress(em, 'ethereum', clientId))),
    );
    expect(new Set(opened.map((o) => (o.ok ? o.value.wallet.address : o.refusal.code))).size).toBe(1);
  });
});

describe('the follower', () => {
  it('books a block exactly once, killed between blocks and with two of it at work', async () => {
    const { clientId, wallet } = await world.client();
    for (let i = 0; i < 5; i++) {
      world.chain.send(wallet.address, ETH);
      world.chain.mine(2);
    }
    world.chain.finalise();
    const blocks = await Promise.all(Array.from({ length: 10 }, (_, i) => world.chain.reader.block(BigInt(i + 1))));
    const bookkeeper = world.get(BookkeeperService);
    // a kill in the middle of a block's transaction leaves nothing of it
    await expect(
      world.transactor.run(async (em) => {
        await bookkeeper.advance(em, world.chain, blocks, new Set());
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await world.balance('client.suspense', clientId)).toBe(0n);
    const rest = await world.transactor.run((em) => bookkeeper.advance(em, world.chain, blocks, new Set()));
    expect(rest.length).toBeLessThan(blocks.length);
    expect(await world.balance('client.suspense', clientId)).toBe(ETH);
    await Promise.all([
      world.follow(),
      world.follow(),
      world.transactor.run((em) => bookkeeper.advance(em, world.chain, blocks, new Set())),
    ]);
    expect(await world.balance('client.suspense', clientId)).toBe(5n * ETH);
    expect(await world.messages('deposit.detected@1')).toHaveLength(5);
    await world.reconcile();
  });

  it.each(['chain.syncing', 'chain.stalled', 'chain.wrong_network', 'chain.unreachable'])(
    'credits nothing while the node says %s, and goes on by itself',
    async (code) => {
      const { clientId, wallet } = await world.client();
      world.chain.fault = new Fault(code, 'the node is not fit', true);
      world.chain.send(wallet.address, ETH);
      world.chain.mineAndFinalise();
      await world.follow();
      expect(await cursor()).toMatchObject({ state: 'unavailable', code });
      expect(await world.balance('client.suspense', clientId)).toBe(0n);
      world.chain.fault = null;
      await world.follow();
      expect(await cursor()).toMatchObject({ state: 'following', code: null });
      expect(await world.balance('client.suspense', clientId)).toBe(ETH);
    },
  );

  it('stops with an alarm when finalised blocks contradict what is booked', async () => {
    const { clientId, wallet } = await world.client();
    world.chain.mineAndFinalise(3);
    await world.follow();
    world.chain.reorg(2); // what was final is no more: it cannot be, and must not be followed
    world.chain.send(wallet.address, ETH);
    world.chain.mineAndFinalise(4);
    await world.follow();
    expect(await cursor()).toMatchObject({ state: 'stopped', code: 'chain.contradiction', number: '3' });
    expect(await world.balance('client.suspense', clientId)).toBe(0n);
  });

  it.each(['chain.contradiction', 'chain.finality_violated'])('does nothing after %s until an officer acknowledges', async (code) => {
    await world.fundHouse();
    const { clientId, wallet } = await world.fundedClient(5n * ETH);
    await world.round(3);
    await world.withdraw(clientId, await world.destination(clientId), ETH);
    world.chain.send(wallet.address, ETH);
    world.chain.mineAndFinalise();
    const standing = (await cursor()).number;
    world.chain.fault = new Fault(code, 'the nodes disagree about a final block', false);
    await world.follow();
    world.chain.fault = null; // they agree again; nobody knows which was wrong
    await world.follow();
    await world.decide();
    await world.build();
    await world.broadcast();
    expect(await cursor()).toMatchObject({ state: 'contradicted', code, number: standing });
    expect(await world.signatureRequests()).toEqual([]);
    const why = { code: 'chain.acknowledged', detail: 'looked' };
    const by = { at: world.clock.now(), actor: 'staff:test' };
    const noted = await world.transactor.run((em) => noteState(em, 'ethereum', 'acknowledge', why, by));
    expect(noted).toEqual({ changed: true, state: 'unavailable' });
    await world.follow();
    expect((await cursor()).state).toBe('following');
    expect(await world.balance('client.suspense', clientId)).toBe(ETH);
    await world.build();
    expect(await world.signatureRequests()).toHaveLength(1);
  });

  it('stops when an address of ours spends what we did not sign', async () => {
    const { wallet } = await world.client();
    world.chain.send(wallet.address, ETH);
    world.chain.mineAndFinalise();
    await world.follow();
    const plan = { from: wallet.address, to: `0x${'99'.repeat(20)}`, value: amount(5n), data: '0x' };
    const stolen = fakeSign(world.chain.writer.build(plan, 0n, await world.chain.writer.quoteFee(plan)), wallet.address);
    await world.chain.writer.broadcast(stolen.signed);
    world.chain.mineAndFinalise();
    await world.follow();
    expect(await cursor()).toMatchObject({ state: 'stopped', code: 'follower.foreign_spend' });
  });

  it('books money to treasury, omnibus and vault as what it is', async () => {
    const [treasury, omnibus, vault] = [await world.wallet('treasury'), await world.wallet('omnibus'), await world.wallet('vault')];
    world.chain.send(treasury.address, 7n);
    world.chain.send(omnibus.address, 8n);
    world.chain.protocolCredit(vault.address, 9n, 42n);
    world.chain.mineAndFinalise();
    await world.follow();
    expect(await world.balance('house.wallet', treasury.id)).toBe(-7n);
    expect(await world.balance('house.capital', 'ethereum')).toBe(7n);
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(8n);
    expect(await world.balance('pool.protocol_withdrawal', 'eth-payout-1')).toBe(9n);
    expect((await world.reconcile()).report.items).toMatchObject([{ kind: 'stranger_credit', amount_atomic: '9' }]);
  });
});
