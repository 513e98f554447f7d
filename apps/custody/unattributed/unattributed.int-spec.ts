import type { EntityManager } from 'typeorm';
import { newUuid, type Result } from '#kernel';
import type { DepositDetectedV1, ExecutionRewardReceivedV1 } from '#messages';
import { CustodyWorld, ETH, POOL } from '../custody.spec-support.js';
import { ReconciliationService } from '../reconciliation/reconciliation.service.js';
import type { Wish } from './unattributed.js';
import type { UnattributedEntity } from './unattributed.entity.js';
import { UnattributedService } from './unattributed.service.js';

const HASH = `0x${'aa'.repeat(32)}`;
const SENDER = `0xfa${'11'.repeat(19)}`;
const [MAKER, CHECKER] = [newUuid(), newUuid()];

let world: CustodyWorld;
beforeEach(async () => {
  world = await CustodyWorld.open();
});
afterEach(() => world.close());

const register = (): Promise<{ id: string; state: string; cause: string; amount: string; from_block: string; block_number: string }[]> =>
  world.db.admin.query('SELECT id, state, cause, amount, from_block, block_number FROM custody.unattributed ORDER BY created_at');
const act = (work: (s: UnattributedService, em: never) => Promise<Result<UnattributedEntity>>): Promise<Result<UnattributedEntity>> =>
  world.handle(UnattributedService, (s, em) => work(s, em as never));
const propose = (id: string, wish: Omit<Wish, 'reason'>, by = MAKER): Promise<Result<UnattributedEntity>> =>
  act((s, em) => s.propose(em, id, { ...wish, reason: 'found out' }, by));
const approve = (id: string, by = CHECKER): Promise<Result<UnattributedEntity>> =>
  act(async (s, em) => s.approve(em, id, by, { version: await versionOf(em, id), reason: 'checked' }));
const versionOf = async (em: EntityManager, id: string): Promise<number> =>
  (await em.query<[{ version: number }]>('SELECT version FROM custody.unattributed WHERE id = $1', [id]))[0].version;
const codeOf = (result: Result<unknown>): string | null => (result.ok ? null : result.refusal.code);

async function arrived(): Promise<string> {
  const found = await register();
  const open = found.find((row) => row.state === 'open');
  if (!open) throw new Error('nothing arrived');
  return open.id;
}

async function innerTransfer(address: string, units: bigint): Promise<void> {
  world.chain.conjure(address, units);
  world.chain.mineAndFinalise();
  await world.follow();
}

describe('coins that no transaction shows', () => {
  it('are found at the next whole comparison, booked for nobody, and the books follow the chain', async () => {
    const { wallet } = await world.client();
    await world.reconcile();
    await innerTransfer(wallet.address, 3n * ETH);
    const run = await world.get(ReconciliationService).compare(world.chain, { kind: 'staff', id: newUuid() });
    expect(run).toMatchObject({ state: 'agreed', whole: true });
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(3n * ETH);
    expect(await register()).toMatchObject([{ cause: 'balance', state: 'open', amount: (3n * ETH).toString() }]);
    await world.reconcile();
    expect(await register()).toHaveLength(1);
  });

  it('are found at once at wallets that every comparison looks at, and missing coins are a break', async () => {
    const omnibus = await world.wallet('omnibus');
    await world.reconcile();
    await innerTransfer(omnibus.address, 5n);
    await world.reconcile();
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(5n);
    await innerTransfer(omnibus.address, -2n);
    await expect(world.reconcile()).rejects.toThrow(/"unexplained_atomic": "-2"/);
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(5n);
  });

  it('become a deposit of the client that two people name, which compliance clears as any other', async () => {
    const { clientId, wallet } = await world.client();
    await innerTransfer(wallet.address, 2n * ETH);
    await world.reconcile();
    const id = await arrived();
    expect(codeOf(await propose(id, { to: 'client', clientId }))).toBe('unattributed.evidence_missing');
    expect(codeOf(await propose(id, { to: 'client', clientId: newUuid(), sender: SENDER, transactionHash: HASH }))).toBe(
      'unattributed.client_unknown',
    );
    expect((await propose(id, { to: 'client', clientId, sender: SENDER, transactionHash: HASH })).ok).toBe(true);
    expect(codeOf(await approve(id, MAKER))).toBe('unattributed.maker_is_checker');
    expect(codeOf(await act((s, em) => s.approve(em, id, CHECKER, { version: 1, reason: 'of an older look' })))).toBe(
      'unattributed.proposal_changed',
    );
    expect((await approve(id)).ok).toBe(true);
    expect(codeOf(await approve(id))).toBe('unattributed.forbidden_move');
    const [detected] = await world.messages<DepositDetectedV1>('deposit.detected@1');
    expect(detected).toMatchObject({ clientId, amount: (2n * ETH).toString(), sender: SENDER, transactionHash: HASH });
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(0n);
    expect(await world.balance('client.suspense', clientId)).toBe(2n * ETH);
    await world.reconcile();
    await world.release(detected?.depositId ?? '');
    expect(await world.balance('client.available', clientId)).toBe(2n * ETH);
    await world.reconcile();
  });

  it('become an earning of a pool where two people say that a builder paid it', async () => {
    await innerTransfer((await world.wallet('vault')).address, 7n);
    await world.reconcile();
    const id = await arrived();
    expect(codeOf(await propose(id, { to: 'pool', poolId: 'none' }))).toBe('unattributed.pool_unknown');
    await propose(id, { to: 'pool', poolId: POOL });
    expect((await approve(id)).ok).toBe(true);
    expect(await world.messages<ExecutionRewardReceivedV1>('execution_reward.received@1')).toMatchObject([
      { poolId: POOL, component: 'mev', amount: '7' },
    ]);
    expect(await world.balance('pool.execution_reward', POOL)).toBe(7n);
    await world.reconcile();
  });
});

describe('money for what bears losses', () => {
  it.each([
    [{ to: 'operator_bond', operatorId: 'op-a' }, 'cover.operator_bond', 'op-a'],
    [{ to: 'cover_fund' }, 'cover.fund', 'ethereum'],
    [{ to: 'first_loss' }, 'cover.first_loss', 'ethereum'],
    [{ to: 'instant_buffer', poolId: POOL }, 'pool.instant_buffer', POOL],
    [{ to: 'recovery', poolId: POOL }, 'pool.recovery', POOL],
  ] as const)('goes where two people say: %j', async (wish, account, owner) => {
    await innerTransfer((await world.wallet('omnibus')).address, 9n);
    await world.reconcile();
    const id = await arrived();
    if ('poolId' in wish) expect(codeOf(await propose(id, { ...wish, poolId: 'none' }))).toBe('unattributed.pool_unknown');
    expect((await propose(id, wish)).ok).toBe(true);
    expect(codeOf(await approve(id, MAKER))).toBe('unattributed.maker_is_checker');
    expect((await approve(id)).ok).toBe(true);
    expect(await world.balance(account, owner)).toBe(9n);
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(0n);
    expect(await register()).toMatchObject([{ state: 'attributed' }]);
    await world.reconcile();
  });
});

describe('a transfer to an address that credits nobody', () => {
  async function gift(): Promise<string> {
    await world.fundHouse();
    world.chain.send((await world.wallet('omnibus')).address, 2n * ETH, SENDER);
    world.chain.mineAndFinalise();
    await world.follow();
    return arrived();
  }

  it('goes back where it came from, and nowhere else', async () => {
    const id = await gift();
    expect(codeOf(await propose(id, { to: 'sender', sender: `0x${'22'.repeat(20)}` }))).toBe('unattributed.evidence_differs');
    await propose(id, { to: 'sender' });
    await approve(id);
    const before = world.chain.balanceAtHead(SENDER);
    await world.round(2);
    expect(world.chain.balanceAtHead(SENDER)).toBe(before + 2n * ETH);
    expect(await register()).toMatchObject([{ state: 'returned' }]);
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(0n);
    await world.reconcile();
  });

  it('is open again when the signer refuses to send it back, or when the proposal is denied', async () => {
    const id = await gift();
    await propose(id, { to: 'sender' });
    expect((await act(async (s, em) => s.deny(em, id, CHECKER, { version: await versionOf(em, id), reason: 'no' }))).ok).toBe(true);
    expect(await register()).toMatchObject([{ state: 'open' }]);
    await propose(id, { to: 'sender' });
    await approve(id);
    await world.build();
    const [request] = await world.signatureRequests();
    if (!request) throw new Error('no signature was asked for');
    await world.refuse(request);
    expect(await register()).toMatchObject([{ state: 'open' }]);
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(2n * ETH);
    await world.reconcile();
  });
});

describe('execution rewards', () => {
  const PUBKEY = `0x${'ab'.repeat(48)}`;
  const BUILDER = `0xfa${'bb'.repeat(19)}`;

  async function validator(): Promise<void> {
    await world.fundHouse();
    await world.fundedClient(40n * ETH);
    await world.round(3);
    await world.stakeDeposit(32n * ETH, PUBKEY);
    await world.round(2);
  }

  it('are the priority fees that a block pays to a vault', async () => {
    const vault = await world.wallet('vault');
    world.chain.nextBlock = { feeRecipient: vault.address, priorityFees: 11n, proposer: null };
    world.chain.mineAndFinalise();
    await world.follow();
    expect(await world.balance('pool.execution_reward', POOL)).toBe(11n);
    const [received] = await world.messages<ExecutionRewardReceivedV1>('execution_reward.received@1');
    expect(received).toMatchObject({ poolId: POOL, component: 'priority_fees', amount: '11' });
    const { report } = await world.reconcile();
    expect(report).toMatchObject({ difference_atomic: '0' });
    expect(report.clearing).toContainEqual(
      expect.objectContaining({ account: 'pool.execution_reward', balance_atomic: '11', unexplained_atomic: '0' }),
    );
  });

  it('are what the builder pays for a block of ours; for any other block it is a gift', async () => {
    await validator();
    const vault = await world.wallet('vault');
    for (const proposer of [PUBKEY, null, `0x${'cd'.repeat(48)}`]) {
      world.chain.nextBlock = { feeRecipient: BUILDER, priorityFees: 3n, proposer };
      world.chain.send(vault.address, 20n, BUILDER);
      world.chain.mineAndFinalise();
      await world.follow();
    }
    expect(await world.balance('pool.execution_reward', POOL)).toBe(20n);
    expect(await world.balance('trust.unattributed', 'ethereum')).toBe(40n);
    expect((await world.messages<ExecutionRewardReceivedV1>('execution_reward.received@1')).map((m) => m.component)).toEqual(['mev']);
    await world.reconcile();
  });
});
