import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '#testing';
import type { Chain } from './chain.js';
import type { OpenedChain } from './open.js';

/** In this process, to make a slot fail where nothing outside can reach. */
describe('a slot that fails', () => {
  const dir = mkdtempSync(join(tmpdir(), 'localnet-chain-'));
  let opened: OpenedChain;
  let chain: Chain;

  beforeAll(async () => {
    process.env['LODESTAR_PRESET'] = 'minimal'; // before the first @lodestar import
    const { Chain: BridgedChain } = await import('./chain.js');
    const { openChain } = await import('./open.js');
    const birth = { chainId: 31_337, secondsPerSlot: 12, validators: 64, validatorEther: 32, builderEther: 0 };
    opened = await openChain(dir, birth, new FakeClock(new Date('2026-01-01T00:00:00Z')), 64);
    chain = new BridgedChain(opened, () => undefined);
    await chain.advance(12);
  });
  afterAll(async () => {
    await chain.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Makes slots until the one in which the method is called, which fails. */
  const failing = async (where: 'credit' | 'commit', slots: number): Promise<void> => {
    const target: object = where === 'credit' ? opened.execution : opened.journal;
    Object.defineProperty(target, where, {
      configurable: true,
      value: () => {
        throw new Error('injected');
      },
    });
    await expect(chain.advance(slots)).rejects.toThrow('injected');
    Reflect.deleteProperty(target, where); // the method of the class is there again
  };

  it.each([
    ['credit', 1],
    ['commit', 30], // only a slot that moves finality gets that far
  ] as const)('in its %s leaves no trace on either side', async (what, slots) => {
    const { finalised } = chain;
    await failing(what, slots);
    const { head } = chain;
    const latest = await opened.execution.latest();
    expect([Number(latest.number), latest.hash]).toEqual([head.executionNumber, head.executionHash]);
    expect(chain.finalised).toBe(finalised);
    expect(chain.blocks.after(head)).toEqual([]);
  });

  it('is a missed slot to the next, and finality goes on', async () => {
    const { head, finalisedEpoch } = chain;
    const next = await chain.step();
    expect(next).toMatchObject({ parentRoot: head.root, executionNumber: head.executionNumber + 1, slot: head.slot + 2 });
    await chain.advance(32);
    expect(chain.finalisedEpoch).toBeGreaterThanOrEqual(finalisedEpoch + 3);
    const { message } = chain.blocks.content(chain.head);
    expect(message.body.executionPayload.blockNumber).toBe(chain.head.executionNumber);
  });
});
