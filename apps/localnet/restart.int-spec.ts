import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Hex } from 'viem';
import { eventually } from '#testing';
import { startLocalnet } from './index.js';
import { SLOTS_PER_EPOCH, World } from './spec-support.js';

const compiledIndex = pathToFileURL(join(import.meta.dirname, '../../dist/apps/localnet/index.js')).href;

describe('a chain that is stopped, or killed, and goes on', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
    await world.fund('500');
    await world.slots(1);
  });
  afterAll(() => world.end());

  const gone = (id: number): boolean => {
    try {
      process.kill(id, 0);
      return false;
    } catch {
      return true;
    }
  };
  const receiptOf = (hash: Hex): Promise<string> =>
    world.public.getTransactionReceipt({ hash }).then(
      ({ status }) => status,
      () => 'none',
    );
  const finalView = async () => {
    const [finalized, checkpoints, block] = await Promise.all([
      world.data('v1/beacon/headers/finalized'),
      world.data('v1/beacon/states/head/finality_checkpoints'),
      world.public.getBlock({ blockTag: 'finalized' }),
    ]);
    return { root: finalized.root, finalized: checkpoints.finalized, block: block.hash };
  };

  it('after kill -9 has what was final on both sides, and what was sent later on neither', async () => {
    await world.drive('offline', { index: 7 });
    const kept = await world.deposit();
    await world.slots(1);
    await world.enter(kept.hash, kept.value);
    await world.slots(20 * SLOTS_PER_EPOCH);
    await world.drive('reorg', { depth: 2 });
    await world.drive('finalise');
    const spent = world.spent;
    const lost = await world.deposit();
    await world.slots(1);
    await world.enter(lost.hash, lost.value);
    const before = await finalView();
    const { anvilProcessGroup } = await world.status();

    await world.net.kill();
    await eventually(async () => gone(-anvilProcessGroup), { timeoutMs: 20_000 });
    await world.startAgain();

    expect(await finalView()).toEqual(before);
    expect(await receiptOf(kept.hash)).toBe('success');
    expect(await world.validator(kept.pubkey)).not.toBeNull();
    expect(await receiptOf(lost.hash)).toBe('none');
    expect(await world.pendingKeys()).not.toContain(lost.pubkey);
    expect(await world.validator(lost.pubkey)).toBeNull();
    world.spent = spent;
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });

  it('answers old balances and old states after a restart', async () => {
    const { address } = world.account;
    const { finalizedBlock, finalizedSlot } = await world.status();
    const balances = await Promise.all(
      [0, 8, 32, 60].map((back) => world.public.getBalance({ address, blockNumber: BigInt(finalizedBlock - back) })),
    );
    expect(balances.every((balance) => balance > 0n)).toBe(true);
    for (const slot of [0, 1, 9, 77, finalizedSlot - 3, finalizedSlot]) {
      const [first] = await world.data(`v1/beacon/states/${slot}/validators?id=0`);
      expect(first.status).toBe('active_ongoing');
    }
    const { message } = (await world.data('v1/beacon/headers/50')).header;
    expect((await world.data('v1/beacon/states/50/root')).root).toBe(message.state_root);
  });

  it('goes on by the rules, with finality', async () => {
    const { finalizedEpoch } = await world.status();
    const after = await world.drive('advance', { epochs: 4 });
    expect(after.finalizedEpoch).toBe(finalizedEpoch + 4);
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });

  it('after an orderly stop is where it was, down to the pool', async () => {
    const hash = await world.wallet.sendTransaction({ to: world.account.address, value: 1n });
    await world.slots(3);
    const waiting = await world.wallet.sendTransaction({ to: world.account.address, value: 2n });
    const before = await world.status();
    await world.net.stop();
    expect(gone(-before.anvilProcessGroup)).toBe(true);
    await world.startAgain();
    const after = await world.status();
    for (const field of ['headRoot', 'blockHash', 'finalizedEpoch', 'finalizedBlock', 'justifiedEpoch'] as const)
      expect(after[field]).toBe(before[field]);
    expect(await receiptOf(hash)).toBe('success');
    await world.slots(1);
    expect(await receiptOf(waiting)).toBe('success');
    await world.enter(hash, 0n);
    await world.enter(waiting, 0n);
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });

  it('cuts off what a kill left half written', async () => {
    await world.drive('finalise');
    await world.slots(2 * SLOTS_PER_EPOCH);
    const before = await finalView();
    await world.net.kill();
    const journal = join(world.dir, 'chain.journal');
    truncateSync(journal, statSync(journal).size - 3);
    await world.startAgain();
    const { finalizedEpoch } = await world.status();
    expect(finalizedEpoch).toBe(Number(before.finalized.epoch) - 1);
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });

  it('does not run twice in one folder', async () => {
    const second = await startLocalnet({ dir: world.dir, lockWaitMs: 0 }).catch((error: unknown) => String(error));
    if (typeof second !== 'string') await second.stop();
    expect(second).toContain('ended at start (1)');
  });

  it('ends in order when whoever started it is killed', async () => {
    await world.slots(3);
    const before = await world.status();
    await world.net.stop();
    const script = `import { startLocalnet } from ${JSON.stringify(compiledIndex)};
      console.log((await startLocalnet({ dir: ${JSON.stringify(world.dir)} })).processId);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
    parent.kill('SIGKILL');
    await eventually(async () => gone(Number(printed.toString())), { timeoutMs: 20_000 });
    await world.startAgain();
    expect((await world.status()).headRoot).toBe(before.headRoot);
  });

  it('ends when anvil ends', async () => {
    const { anvilProcessGroup } = await world.status();
    process.kill(-anvilProcessGroup, 'SIGKILL');
    await world.net.ended;
  });
});
