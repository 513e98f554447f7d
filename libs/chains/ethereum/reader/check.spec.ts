import { FakeClock } from '#testing';
import { bytes32, FakeNodes, hexOf } from '../node/fake-nodes.spec-support.js';
import { makeCheck } from './check.js';

const SLOT_MS = 12_000;

function arranged() {
  const nodes = new FakeNodes();
  const clock = new FakeClock();
  const head = { beacon: 1, execution: 1 };
  const move = (): void => {
    nodes.reply('/eth/v1/beacon/headers/head', { root: bytes32(head.beacon) });
    nodes.method('eth_getBlockByNumber', () => ({ hash: bytes32(head.execution), number: hexOf(head.execution) }));
  };
  move();
  return { nodes, clock, head, move, check: makeCheck(nodes.network(), clock, 4) };
}

describe('the check of a node', () => {
  it('passes on a node in step', async () => {
    const { check } = arranged();
    await expect(check()).resolves.toBeUndefined();
  });

  it.each(['is_syncing', 'is_optimistic', 'el_offline'])('refuses while the beacon node says %s', async (flag) => {
    const { nodes, check } = arranged();
    nodes.reply('/eth/v1/node/syncing', { is_syncing: false, is_optimistic: false, el_offline: false, [flag]: true });
    await expect(check()).rejects.toMatchObject({ code: 'chain.syncing', retryable: true });
  });

  it('refuses while the execution node is syncing', async () => {
    const { nodes, check } = arranged();
    nodes.method('eth_syncing', () => ({ currentBlock: '0x1', highestBlock: '0x2' }));
    await expect(check()).rejects.toMatchObject({ code: 'chain.syncing' });
  });

  it('finds a node exchanged for one of another network', async () => {
    const { nodes, check } = arranged();
    await check();
    nodes.chainId = 1n;
    nodes.spec['DEPOSIT_CHAIN_ID'] = '1';
    await expect(check()).rejects.toMatchObject({ code: 'chain.wrong_network' });
  });

  it.each(['beacon', 'execution'] as const)(
    'calls a stall when the %s head stands still while it is asked again and again',
    async (which) => {
      const { clock, head, move, check } = arranged();
      const other = which === 'beacon' ? 'execution' : 'beacon';
      for (let slot = 0; slot < 4; slot++) {
        await check();
        clock.advance(SLOT_MS);
        head[other]++;
        move();
      }
      await expect(check()).rejects.toMatchObject({ code: 'chain.stalled', retryable: true });
      head[which]++;
      move();
      await expect(check()).resolves.toBeUndefined();
    },
  );

  it('calls no stall when nobody asked in between: the head may have moved or not', async () => {
    const { clock, check } = arranged();
    await check();
    clock.advance(SLOT_MS * 100);
    await check();
    clock.advance(SLOT_MS);
    await check();
    await expect(check()).resolves.toBeUndefined();
  });
});
