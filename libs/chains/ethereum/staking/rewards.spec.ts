import { amount } from '#kernel';
import { bytes32, FakeNodes, hexOf, pubkeyOf, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { observeRewards } from './rewards.js';

const GWEI = 10n ** 9n;
const ETH = 10n ** 18n;
const vault = `0x${'aa'.repeat(20)}`;

describe('rewards', () => {
  const SLOT = 40;
  /** Blocks 1..n at the slots given; a slot not given was missed. */
  function chain(
    slots: number[],
    paid: Record<number, [index: number, gwei: number][]>,
    balance = '32000000000',
    validator = {},
  ): FakeNodes {
    const nodes = new FakeNodes();
    nodes.method('eth_getBlockByNumber', (at: string) => {
      const number = Number(at);
      const slot = number === 0 ? 0 : (slots[number - 1] ?? 0);
      return {
        number: at,
        hash: bytes32(number + 1),
        parentHash: bytes32(number),
        timestamp: hexOf(1000 + slot * 12),
        withdrawals: (paid[slot] ?? []).map(([index, gwei], n) => ({
          index: hexOf(n),
          validatorIndex: hexOf(index),
          address: vault,
          amount: hexOf(gwei),
        })),
      };
    });
    nodes.method('eth_getLogs', () => []);
    nodes.otherwise = (path) => (/pending_(deposits|consolidations)$/.test(path) ? { finalized: true, data: [] } : undefined);
    nodes.reply(state(SLOT, `validators?id=${pubkeyOf(1)}`), [validatorAnswer(1, { balance, validator })]);
    nodes.reply(state(SLOT, `validators?id=${pubkeyOf(1)},${pubkeyOf(2)}`), [
      validatorAnswer(1, { balance }),
      validatorAnswer(2, { balance: '31999000000' }),
    ]);
    return nodes;
  }
  const slots = Array.from({ length: 40 }, (_, n) => n + 1).filter((slot) => slot % 7 !== 0 && slot !== 40);
  const to = {
    epoch: 5n,
    slot: BigInt(SLOT),
    blockRoot: bytes32(9),
    block: { number: BigInt(slots.length), hash: bytes32(slots.length + 1), time: new Date(0) },
  };
  const period = { pubkey: pubkeyOf(1), opening: amount(32n * ETH), sinceSlot: 20n };

  it('are balance and payments over exactly the slots of the period, whatever was missed', async () => {
    const nodes = chain(slots, { 20: [[1, 5]], 22: [[1, 7], [2, 1000]], 36: [[1, 11]], 39: [[3, 1], [1, 13]] }, '32000000100'); // prettier-ignore
    expect(await observeRewards(nodes.network(), [period], to)).toEqual([
      {
        pubkey: pubkeyOf(1),
        opening: 32n * ETH,
        closing: 32n * ETH + 100n * GWEI,
        withdrawn: 31n * GWEI,
        deposited: 0n,
        consolidatedIn: 0n,
        consolidatedOut: 0n,
        reward: 131n * GWEI,
        emptied: false,
      },
    ]);
  });

  it('each have a period of their own, and may be penalties', async () => {
    const nodes = chain(slots, { 22: [[1, 7], [2, 3]], 36: [[1, 11], [2, 4]] }); // prettier-ignore
    const second = { pubkey: pubkeyOf(2), opening: amount(32n * ETH), sinceSlot: 30n };
    const rewards = await observeRewards(nodes.network(), [period, second], to);
    expect(rewards.map(({ withdrawn, reward }) => [withdrawn / GWEI, reward / GWEI])).toEqual([
      [18n, 18n],
      [4n, -999_996n],
    ]);
  });

  it('of an empty period are nothing', async () => {
    const nodes = chain(slots, { 40: [[1, 7]], 39: [[1, 9]] });
    expect(await observeRewards(nodes.network(), [{ ...period, sinceSlot: 40n }], to)).toMatchObject([{ withdrawn: 0n, reward: 0n }]);
  });

  it('end when all was paid out', async () => {
    const left = { exit_epoch: '3', withdrawable_epoch: '5' };
    expect(await observeRewards(chain(slots, { 30: [[1, 32_000_000_000]] }, '0', left).network(), [period], to)).toMatchObject([
      { closing: 0n, withdrawn: 32n * ETH, reward: 0n, emptied: true },
    ]);
    expect(await observeRewards(chain(slots, {}, '1', left).network(), [period], to)).toMatchObject([{ emptied: false }]);
    expect(await observeRewards(chain(slots, {}, '0', { ...left, withdrawable_epoch: '6' }).network(), [period], to)).toMatchObject([
      { emptied: false },
    ]);
  });

  it('are not observed on blocks that do not link to the checkpoint', async () => {
    const wrong = { ...to, block: { ...to.block, hash: bytes32(99) } };
    await expect(observeRewards(chain(slots, {}).network(), [period], wrong)).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it('are not observed for a validator that the state does not know', async () => {
    const nodes = chain(slots, {});
    nodes.reply(state(SLOT, `validators?id=${pubkeyOf(1)}`), []);
    await expect(observeRewards(nodes.network(), [period], to)).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});
