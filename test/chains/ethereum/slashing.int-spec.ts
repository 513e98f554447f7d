/** What a slashing costs: foretold by the adapter, then taken by the protocol. */
import type { SignedDeposit, SlashingOutlook, ValidatorReward } from '#chains';
import { amount } from '#kernel';
import { ETH, SLOTS_PER_EPOCH, Stage } from './stage.spec-support.js';

let stage: Stage;
let ours: SignedDeposit[];
const foretold = async (): Promise<SlashingOutlook[]> => [...(await stage.chain.staking.slashingOutlook(ours.map(({ pubkey }) => pubkey)))];
const balanceNow = async (pubkey: string): Promise<bigint> => (await stage.view(pubkey)).balance;
/** Makes slots until the next one begins an epoch. */
async function toEndOf(epoch: bigint): Promise<void> {
  const { slot } = await stage.status();
  await stage.slots((Number(epoch) + 1) * SLOTS_PER_EPOCH - slot - 1);
}
/** More than one epoch's missed votes of a validator can cost, and less than any slashing. */
const VOTES = ETH / 200n;

beforeAll(async () => {
  stage = await Stage.open({ ether: 200 });
  ours = [await stage.deposit(0, 32n), await stage.deposit(1, 64n, { type: 'compounding' })];
  for (const { pubkey } of ours) await stage.untilFinalised(pubkey, 'active');
}, 60_000);
afterAll(() => stage.close());

describe('slashing', () => {
  it('is nothing to foretell while nobody is slashed', async () => {
    expect(await foretold()).toEqual([]);
  });

  it('takes at once what was foretold, by either kind of evidence', async () => {
    const before = await Promise.all(ours.map(({ pubkey }) => balanceNow(pubkey)));
    await stage.control('slash', { pubkey: ours[0]?.pubkey, by: 'proposal' });
    await stage.control('slash', { pubkey: ours[1]?.pubkey, by: 'vote' });
    await stage.slots(1);
    const outlook = await foretold();
    expect(outlook.map(({ immediate }) => immediate)).toEqual([(32n * ETH) / 4096n, (64n * ETH) / 4096n]);
    for (const [i, { pubkey }] of ours.entries()) {
      const lost = (before[i] ?? 0n) - (await balanceNow(pubkey));
      const off = lost - (outlook[i]?.immediate ?? 0n);
      expect(off > -VOTES && off < VOTES).toBe(true);
      expect(await stage.view(pubkey)).toMatchObject({ slashed: true, status: 'exiting', exitEpoch: expect.any(BigInt) });
      const { ok } = await stage.chain.staking.exitPlan(stage.vault, pubkey);
      expect(ok).toBe(false);
    }
    const [first] = ours;
    if (!first) throw new Error('there are two');
    const topUp = await stage.chain.staking.guardTopUp(first.pubkey, first.withdrawalCredentials, amount(ETH));
    expect(topUp).toMatchObject({ code: 'deposit.slashed' });
  });

  it('grows with every further slashing', async () => {
    const [alone] = await foretold();
    for (const index of [20, 21, 22, 23]) await stage.control('slash', { index });
    await stage.slots(1);
    const [together] = await foretold();
    expect(together?.correlation).toBeGreaterThan((alone?.correlation ?? 0n) * 2n);
    expect(together?.correlationEpoch).toBe(alone?.correlationEpoch);
  });

  it('takes half-way what was foretold', async () => {
    const [outlook] = await foretold();
    await toEndOf(outlook?.correlationEpoch ?? 0n);
    const before = await Promise.all(ours.map(({ pubkey }) => balanceNow(pubkey)));
    const due = await foretold();
    await stage.slots(1);
    for (const [i, { pubkey }] of ours.entries()) {
      const lost = (before[i] ?? 0n) - (await balanceNow(pubkey));
      const votes = lost - (due[i]?.correlation ?? 0n); // a slashed validator's votes count as missed, every epoch
      expect(due[i]?.correlation).toBeGreaterThan(ETH);
      expect(votes >= 0n && votes < VOTES).toBe(true);
    }
    expect((await foretold()).map(({ correlation }) => correlation)).toEqual([0n, 0n]);
  });

  it('is a loss in the rewards of the period, and the rest is paid out', async () => {
    await stage.until(async () =>
      (await Promise.all(ours.map(({ pubkey }) => stage.view(pubkey)))).every(({ status }) => status === 'withdrawn'),
    );
    await stage.control('finalise');
    const to = await stage.chain.staking.checkpoint();
    const periods = ours.map(({ pubkey }) => ({ pubkey, opening: amount(0n), sinceSlot: 0n }));
    const seen: readonly ValidatorReward[] = await stage.chain.staking.rewards(periods, to);
    for (const [i, { deposited, withdrawn, reward, emptied }] of seen.entries()) {
      expect([deposited, emptied]).toEqual([ours[i]?.amount, true]);
      expect(reward).toBe(withdrawn - deposited);
      expect(reward).toBeLessThan(-ETH);
    }
  });
});
