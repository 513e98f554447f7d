/** The whole life of validators, 0x01 and 0x02: what the adapter guards, plans and foretells against what the protocol then does. */
import type { Checkpoint, Eta, RewardPeriod, SignedDeposit, ValidatorReward } from '#chains';
import { accept, amount, ZERO } from '#kernel';
import { PoolBooks } from './pool-books.spec-support.js';
import { ETH, Stage } from './stage.spec-support.js';

const GENEROUS = 256; // ETH of each genesis validator: consolidations need churn above 256 ETH

let stage: Stage;
let ours: Set<string>;
let first: SignedDeposit; // compounding, made in two steps
let second: SignedDeposit; // 0x01, then switched
beforeAll(async () => {
  stage = await Stage.open({ validatorEther: GENEROUS, ether: 4000 });
}, 60_000);
afterAll(() => stage.close());

/** Books of one validator, carried from checkpoint to checkpoint. */
class Account {
  private constructor(private period: RewardPeriod) {}
  static async open(pubkey: string): Promise<Account> {
    const { slot } = await stage.chain.staking.checkpoint();
    return new Account({ pubkey, opening: amount((await stage.balanceAt(slot, pubkey)) ?? 0n), sinceSlot: slot });
  }
  async report(to?: Checkpoint): Promise<ValidatorReward> {
    const until = to ?? (await stage.chain.staking.checkpoint());
    const [seen] = await stage.chain.staking.rewards([this.period], until);
    if (!seen) throw new Error('one was asked for');
    this.period = { ...this.period, opening: seen.closing, sinceSlot: until.slot };
    return seen;
  }
}
/** Seconds that passed on the chain while something was waited for. */
async function within(eta: Eta, wait: () => Promise<unknown>): Promise<void> {
  const { slot } = await stage.status();
  await wait();
  expect(((await stage.status()).slot - slot) * 12).toBeLessThanOrEqual(eta.p90Seconds);
}
const creditsTo = async (address: string, from: number): Promise<bigint[]> => {
  const { block } = await stage.status();
  const found: bigint[] = [];
  for (let number = from + 1; number <= block; number++) {
    const { credits } = await stage.chain.reader.block(BigInt(number));
    found.push(...credits.filter((credit) => credit.address === address).map((credit) => credit.amount));
  }
  return found;
};

describe('the first deposit', () => {
  it('is refused for a key to which a stranger gave his own credentials first', async () => {
    const stolen = await stage.deposit(50, 1n, { payee: 'stranger', by: 'stranger' });
    expect(await stage.chain.staking.guardFirstDeposit(stolen.pubkey)).toMatchObject({ code: 'deposit.key_queued' });
    const credentials = stage.chain.staking.withdrawalCredentials(stage.vault, 'compounding');
    expect(await stage.chain.staking.guardTopUp(stolen.pubkey, credentials, amount(31n * ETH))).toMatchObject({
      code: 'deposit.key_unknown',
    });
  });

  it('of one ETH, overtaken between guard and block, costs no more: the second step is refused', async () => {
    const ahead = await stage.signed(51, 1n, { payee: 'stranger' });
    const mine = await stage.signed(51, 1n, { type: 'compounding' });
    expect(await stage.chain.staking.guardFirstDeposit(mine.pubkey)).toBeNull();
    await stage.settle('stranger', stage.chain.staking.depositPlan(stage.stranger, ahead)); // now he is ahead
    await stage.settle('omnibus', stage.chain.staking.depositPlan(stage.omnibus, mine));
    await stage.until(async () => (await stage.view(mine.pubkey, 'finalised')).index !== null);
    const view = await stage.view(mine.pubkey, 'finalised');
    expect(view).toMatchObject({ withdrawalCredentials: ahead.withdrawalCredentials, balance: 2n * ETH });
    const refused = await stage.chain.staking.guardTopUp(mine.pubkey, mine.withdrawalCredentials, amount(31n * ETH));
    expect(refused).toMatchObject({ code: 'deposit.foreign_credentials' });
  });

  it('of one ETH is followed by the rest when its credentials are final', async () => {
    first = await stage.signed(0, 1n, { type: 'compounding' });
    const rest = await stage.signed(0, 31n, { type: 'compounding' });
    const guard = () => stage.chain.staking.guardTopUp(first.pubkey, first.withdrawalCredentials, amount(31n * ETH));
    expect(await stage.chain.staking.guardFirstDeposit(first.pubkey)).toBeNull();
    await stage.settle('omnibus', stage.chain.staking.depositPlan(stage.omnibus, first));
    expect(await guard()).toMatchObject({ code: 'deposit.key_unknown' });
    await stage.until(async () => (await stage.view(first.pubkey)).index !== null);
    expect(await guard()).toMatchObject({ code: 'deposit.key_unknown' }); // it stands at the head, where it may still be undone
    await stage.until(async () => (await guard()) === null);
    const eta = await stage.chain.staking.entryEta(amount(31n * ETH));
    await stage.settle('omnibus', stage.chain.staking.depositPlan(stage.omnibus, rest));
    second = await stage.deposit(1, 33n);
    await within(eta, () => stage.until(async () => (await stage.view(first.pubkey)).status === 'active'));
    await stage.untilFinalised(second.pubkey, 'active');
    ours = new Set([first.pubkey, second.pubkey]);
  });
});

describe('a top-up', () => {
  it('is exact to the gwei over the epoch boundary at which it takes effect', async () => {
    const books = await Account.open(first.pubkey);
    const sent = await stage.signed(0, 100n, { type: 'compounding' });
    await stage.settle('omnibus', stage.chain.staking.depositPlan(stage.omnibus, sent));
    const rewards: bigint[] = [];
    await stage.until(async () => {
      const seen = await books.report();
      rewards.push(seen.reward);
      expect(seen.closing).toBe(await stage.balanceAt((await stage.chain.staking.checkpoint()).slot, first.pubkey));
      return seen.deposited === 100n * ETH;
    });
    expect(rewards.every((reward) => reward >= 0n && reward < ETH / 100n)).toBe(true);
    await stage.until(async () => (await stage.view(first.pubkey)).effectiveBalance === 132n * ETH);
  });

  it('goes no further than what counts: 32 ETH of 0x01, 2048 of 0x02', async () => {
    const guard = (deposit: SignedDeposit, ether: bigint) =>
      stage.chain.staking.guardTopUp(deposit.pubkey, deposit.withdrawalCredentials, amount(ether * ETH));
    expect(await guard(second, 1n)).toMatchObject({ code: 'deposit.over_maximum' });
    expect(await guard(first, 1915n)).toBeNull();
    expect(await guard(first, 1916n)).toMatchObject({ code: 'deposit.over_maximum' });
    const foreign = stage.chain.staking.withdrawalCredentials(stage.stranger, 'compounding');
    expect(await stage.chain.staking.guardTopUp(first.pubkey, foreign, amount(ETH))).toMatchObject({ code: 'deposit.foreign_credentials' });
  });
});

describe('a partial withdrawal', () => {
  const plan = (from: string, pubkey: string, wei: bigint) => stage.chain.staking.partialWithdrawalPlan(from, pubkey, amount(wei));

  it('is refused wherever the protocol would drop it without a word', async () => {
    expect(await plan(stage.vault, first.pubkey, ETH)).toMatchObject({ ok: false, refusal: { code: 'exit.too_young' } });
    await stage.epochs(8);
    const refusals = [
      [await plan(stage.vault, second.pubkey, ETH), 'partial.not_compounding'],
      [await plan(stage.stranger, first.pubkey, ETH), 'exit.wrong_sender'],
      [await plan(stage.vault, first.pubkey, 101n * ETH), 'partial.below_minimum'],
      [await plan(stage.vault, first.pubkey, 1n), 'partial.bad_amount'],
      [await plan(stage.vault, first.pubkey, 0n), 'partial.bad_amount'],
    ] as const;
    for (const [answer, code] of refusals) expect(answer).toMatchObject({ ok: false, refusal: { code } });
  });

  it('is paid in full, in time, and not once more', async () => {
    const books = await Account.open(first.pubkey);
    const asked = 7_000_000_001n * 10n ** 9n;
    const eta = await stage.chain.staking.partialWithdrawalEta(amount(asked));
    const { block } = await stage.status();
    await stage.settle('vault', accept(await plan(stage.vault, first.pubkey, asked)));
    expect((await stage.view(first.pubkey)).pendingPartials).toBe(asked);
    expect(await stage.chain.staking.exitPlan(stage.vault, first.pubkey)).toMatchObject({
      ok: false,
      refusal: { code: 'exit.partial_pending' },
    });
    await within(eta, () => stage.until(async () => (await stage.view(first.pubkey)).pendingPartials === ZERO));
    expect((await creditsTo(stage.vault, block)).filter((credit) => credit === asked)).toHaveLength(1);
    await stage.control('finalise');
    const seen = await books.report();
    expect(seen).toMatchObject({ withdrawn: asked, deposited: 0n, consolidatedIn: 0n, consolidatedOut: 0n, emptied: false });
    expect(seen.reward).toBeGreaterThan(0n);
  });
});

describe('a switch to compounding', () => {
  it('keeps what was above 32 ETH in the books while it waits in the queue', async () => {
    const books = await Account.open(second.pubkey);
    expect(await stage.chain.staking.switchToCompoundingPlan(stage.stranger, second.pubkey)).toMatchObject({
      ok: false,
      refusal: { code: 'consolidation.wrong_sender' },
    });
    await stage.settle('vault', accept(await stage.chain.staking.switchToCompoundingPlan(stage.vault, second.pubkey)));
    expect((await stage.view(second.pubkey)).withdrawalCredentials).toBe(
      stage.chain.staking.withdrawalCredentials(stage.vault, 'compounding'),
    );
    expect(await stage.chain.staking.switchToCompoundingPlan(stage.vault, second.pubkey)).toMatchObject({
      ok: false,
      refusal: { code: 'credentials.already_compounding' },
    });
    for (let epoch = 0; epoch < 6; epoch++) {
      await stage.epochs(1);
      const { reward, deposited } = await books.report();
      expect(deposited).toBe(0n);
      expect(reward < ETH / 100n && reward > -ETH / 100n).toBe(true);
    }
  });
});

describe('a consolidation', () => {
  const plan = (source: string, target: string, from = stage.vault) => stage.chain.staking.consolidationPlan(from, source, target, ours);

  it('never goes to a validator that is not ours, nor where the protocol would drop it', async () => {
    const { validator } = (await stage.beacon<{ validator: { pubkey: string } }[]>('beacon/states/head/validators?id=20'))[0] ?? {};
    const refusals = [
      [await plan(second.pubkey, validator?.pubkey ?? ''), 'consolidation.target_not_ours'],
      [await plan(second.pubkey, second.pubkey), 'consolidation.same_key'],
      [await plan(second.pubkey, first.pubkey, stage.stranger), 'consolidation.wrong_sender'],
    ] as const;
    for (const [answer, code] of refusals) expect(answer).toMatchObject({ ok: false, refusal: { code } });
  });

  it('moves what counts, exactly: out of the one and into the other at one boundary', async () => {
    const [giving, taking] = [await Account.open(second.pubkey), await Account.open(first.pubkey)];
    await stage.settle('vault', accept(await plan(second.pubkey, first.pubkey)));
    expect(await stage.beacon<unknown[]>('beacon/states/head/pending_consolidations')).toHaveLength(1);
    expect(await plan(second.pubkey, first.pubkey)).toMatchObject({ ok: false, refusal: { code: 'consolidation.not_active' } });
    let moved = 0n;
    const reports: ValidatorReward[][] = [];
    await stage.until(async () => {
      const to = await stage.chain.staking.checkpoint();
      const [out, into] = [await giving.report(to), await taking.report(to)];
      expect(out.consolidatedOut).toBe(into.consolidatedIn);
      expect(into.closing).toBe(await stage.balanceAt(to.slot, first.pubkey));
      for (const { reward } of [out, into]) expect(reward > -ETH / 100n && reward < ETH / 100n).toBe(true);
      moved += out.consolidatedOut;
      reports.push([out, into]);
      return out.emptied;
    });
    expect(moved).toBeGreaterThanOrEqual(32n * ETH);

    const books = new PoolBooks(reports[0] ?? [], new Map([[second.pubkey, first.pubkey]]));
    const before = books.pool;
    const applied = reports.map((report) => books.report(report));
    expect(applied.flatMap(({ given }) => given)).toEqual([]);
    expect(books.pool).toMatchObject({ assets: before.assets, shares: before.shares });
    const [source, target] = books.validators;
    expect(source).toMatchObject({ booked: 0n, emptied: true });
    expect(target?.booked).toBe(reports.at(-1)?.[1]?.closing);
  });
});

describe('the end', () => {
  it('comes within the time that was told, to the last gwei', async () => {
    const books = await Account.open(first.pubkey);
    const { balance, effectiveBalance } = await stage.view(first.pubkey);
    const eta = await stage.chain.staking.exitEta(effectiveBalance);
    const { block } = await stage.status();
    await stage.settle('vault', accept(await stage.chain.staking.exitPlan(stage.vault, first.pubkey)));
    const late = await stage.chain.staking.guardTopUp(first.pubkey, first.withdrawalCredentials, amount(ETH));
    expect(late).toMatchObject({ code: 'deposit.leaving' });
    await within(eta, () => stage.until(async () => (await stage.view(first.pubkey)).status === 'withdrawn'));
    await stage.control('finalise');
    const seen = await books.report();
    const paid = (await creditsTo(stage.vault, block)).reduce((sum, credit) => sum + credit, 0n);
    expect(seen).toMatchObject({ emptied: true, closing: 0n, withdrawn: paid });
    expect(paid - balance).toBe(seen.reward - (balance - seen.opening));
  });

  it('is not the end of a deposit that comes too late: it is credited and swept', async () => {
    const books = await Account.open(first.pubkey);
    await stage.deposit(0, 2n, { type: 'compounding' });
    await stage.until(async () => (await stage.view(first.pubkey)).queued === ZERO && (await stage.view(first.pubkey)).balance === ZERO);
    await stage.control('finalise');
    expect(await books.report()).toMatchObject({ deposited: 2n * ETH, withdrawn: 2n * ETH, reward: 0n, emptied: true });
  });
});
