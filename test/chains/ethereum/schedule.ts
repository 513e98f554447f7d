/**
 * A random life of many validators on a local Ethereum, drawn from a seed, with books kept beside it as rewards rooms keep them. Whatever
 * the adapter plans must take effect, whatever it reports must add up: to the beacon node's own balances, to what blocks paid, to what was
 * sent, and to the wei at the vault. Runs in a test with a small scale, and as a soak with a large one.
 */
import type { Checkpoint, RewardPeriod, SignedDeposit, TransactionPlan, ValidatorReward } from '#chains';
import { amount, type Result } from '#kernel';
import { Dice } from './dice.js';
import { ETH, SLOTS_PER_EPOCH, type Stage } from './stage.spec-support.js';

/** Nobody earns or loses more than this in an epoch but by slashing, a long leak or a booking error. */
const PLAUSIBLE_PER_EPOCH = ETH / 100n;
const MOST_KEYS = 24;

interface Entry {
  readonly key: number;
  readonly first: SignedDeposit;
  period: RewardPeriod;
  slashed: boolean;
  emptied: boolean;
  /** All that was sent for it, and of that what the protocol has applied by the books. */
  sent: bigint;
  applied: bigint;
  withdrawn: bigint;
  reward: bigint;
}

export interface ScheduleSummary {
  readonly seed: number;
  readonly slots: number;
  readonly validators: number;
  readonly reports: number;
  /** How often each act took effect, and each refusal. */
  readonly acts: Readonly<Record<string, number>>;
  readonly rewardWei: string;
}

export class Schedule {
  readonly #dice: Dice;
  readonly #entries: Entry[] = [];
  readonly #acts = new Map<string, number>();
  #reports = 0;
  #nextKey = 1000;
  /** Paid by the vault for gas and fees, given to it, by transactions. */
  #vaultSpent = 0n;
  readonly #vaultFunded = 10n * ETH;

  constructor(
    private readonly stage: Stage,
    private readonly seed: number,
    private readonly log: (line: string) => void = () => undefined,
  ) {
    this.#dice = new Dice(seed);
  }

  async run(steps: number): Promise<ScheduleSummary> {
    for (let step = 0; step < steps; step++) {
      await this.#act();
      await this.stage.slots(this.#dice.whole(1, SLOTS_PER_EPOCH * 2));
      if (this.#dice.chance(0.4)) await this.#report();
    }
    await this.stage.control('stall', { stalled: false });
    await this.#settle();
    return {
      seed: this.seed,
      slots: (await this.stage.status()).slot,
      validators: this.#entries.length,
      reports: this.#reports,
      acts: Object.fromEntries([...this.#acts].sort()),
      rewardWei: this.#entries.reduce((sum, { reward }) => sum + reward, 0n).toString(),
    };
  }

  #count(what: string): void {
    this.#acts.set(what, (this.#acts.get(what) ?? 0) + 1);
    this.log(what);
  }
  /** Mostly an active one, so that more than refusals comes of it. */
  async #pick(): Promise<Entry | null> {
    const living = this.#entries.filter(({ emptied }) => !emptied);
    if (living.length === 0) return null;
    const { validators } = await this.stage.chain.staking.validators(
      living.map(({ first }) => first.pubkey),
      'head',
    );
    const active = living.filter((_, i) => validators[i]?.status === 'active');
    return this.#dice.one(active.length > 0 && this.#dice.chance(0.8) ? active : living);
  }

  #act(): Promise<void> {
    return this.#dice.weighted<() => Promise<void>>([
      [this.#entries.length < MOST_KEYS ? 6 : 0, () => this.#begin()],
      [3, () => this.#topUp()],
      [4, () => this.#partial()],
      [2, () => this.#exit()],
      [2, () => this.#switch()],
      [3, () => this.#consolidate()],
      [0.5, () => this.#slash()],
      [1, () => this.#absence()],
      [0.7, () => this.#stall()],
      [1.5, () => this.#reorg()],
      [1, () => this.#late()],
    ])();
  }

  // ---- acts
  async #begin(): Promise<void> {
    const key = this.#nextKey++;
    const type = this.#dice.chance(0.6) ? 'compounding' : 'eth1';
    const ether = this.#dice.one(type === 'eth1' ? [1n, 32n, 32n, 33n] : [1n, 32n, 40n, 100n]);
    const first = await this.stage.signed(key, ether, { type });
    if ((await this.stage.chain.staking.guardFirstDeposit(first.pubkey)) !== null) throw new Error(`a fresh key was refused: ${key}`);
    const { slot } = await this.stage.chain.staking.checkpoint();
    await this.stage.settle('omnibus', this.stage.chain.staking.depositPlan(this.stage.omnibus, first));
    const period = { pubkey: first.pubkey, opening: amount(0n), sinceSlot: slot };
    const nothing = { applied: 0n, withdrawn: 0n, reward: 0n, slashed: false, emptied: false };
    this.#entries.push({ key, first, period, sent: first.amount, ...nothing });
    this.#count(`deposit ${ether} ${type}`);
  }

  /** Only where the guard lets it. */
  async #topUp(): Promise<void> {
    const entry = await this.#pick();
    if (!entry) return;
    const ether = this.#dice.one([1n, 2n, 31n, 60n]);
    const { pubkey } = entry.first;
    const { withdrawalCredentials } = await this.stage.view(pubkey);
    const refusal = await this.stage.chain.staking.guardTopUp(pubkey, withdrawalCredentials ?? '', amount(ether * ETH));
    if (refusal) return this.#count(refusal.code);
    await this.#add(entry, ether);
    this.#count('top-up');
  }
  /** A deposit that no guard would have let through: to whatever state the validator is in. */
  async #late(): Promise<void> {
    const entry = await this.#pick();
    if (!entry || (await this.stage.view(entry.first.pubkey)).index === null) return;
    await this.#add(entry, 1n);
    this.#count('deposit unguarded');
  }
  async #add(entry: Entry, ether: bigint): Promise<void> {
    const prefix = (await this.stage.view(entry.first.pubkey)).withdrawalCredentials?.slice(0, 4);
    const made = await this.stage.signed(entry.key, ether, { type: prefix === '0x02' ? 'compounding' : 'eth1' });
    await this.stage.settle('omnibus', this.stage.chain.staking.depositPlan(this.stage.omnibus, made));
    entry.sent += ether * ETH;
  }

  /** Sends what the adapter planned; a refusal is counted. Answers whether it was sent. */
  async #ask(what: string, planned: Result<TransactionPlan>): Promise<boolean> {
    if (!planned.ok) {
      this.#count(planned.refusal.code);
      return false;
    }
    const { gasCost, succeeded } = await this.stage.settle('vault', planned.value);
    if (!succeeded) throw new Error(`${what} reverted`);
    this.#vaultSpent += gasCost + planned.value.value;
    this.#count(what);
    return true;
  }
  async #partial(): Promise<void> {
    const entry = await this.#pick();
    if (!entry) return;
    const { pubkey } = entry.first;
    const wanted = amount(BigInt(this.#dice.whole(1, 20)) * ETH + 1_000_000_000n);
    const before = (await this.stage.view(pubkey)).pendingPartials;
    if (!(await this.#ask('partial', await this.stage.chain.staking.partialWithdrawalPlan(this.stage.vault, pubkey, wanted)))) return;
    const { pendingPartials } = await this.stage.view(pubkey);
    if (pendingPartials !== before + wanted) throw new Error(`the protocol dropped a partial withdrawal that was planned: ${pubkey}`);
  }
  async #exit(): Promise<void> {
    const entry = await this.#pick();
    if (!entry) return;
    const { pubkey } = entry.first;
    if (!(await this.#ask('exit', await this.stage.chain.staking.exitPlan(this.stage.vault, pubkey)))) return;
    const { status } = await this.stage.view(pubkey);
    if (status !== 'exiting') throw new Error(`the protocol dropped an exit that was planned: ${pubkey} is ${status}`);
  }
  async #switch(): Promise<void> {
    const entry = await this.#pick();
    if (!entry) return;
    const { pubkey } = entry.first;
    if (!(await this.#ask('switch', await this.stage.chain.staking.switchToCompoundingPlan(this.stage.vault, pubkey)))) return;
    const { withdrawalCredentials } = await this.stage.view(pubkey);
    if (!withdrawalCredentials?.startsWith('0x02')) throw new Error(`the protocol dropped a switch that was planned: ${pubkey}`);
  }
  async #consolidate(): Promise<void> {
    const [source, target] = [await this.#pick(), await this.#pick()];
    if (!source || !target) return;
    const ours = new Set(this.#entries.map(({ first }) => first.pubkey));
    const { staking } = this.stage.chain;
    const plan = await staking.consolidationPlan(this.stage.vault, source.first.pubkey, target.first.pubkey, ours);
    if (!(await this.#ask('consolidation', plan))) return;
    const { status } = await this.stage.view(source.first.pubkey);
    if (status !== 'exiting') throw new Error(`the protocol dropped a consolidation that was planned: ${source.first.pubkey} is ${status}`);
  }

  // ---- faults
  async #slash(): Promise<void> {
    const entry = await this.#pick();
    if (!entry || entry.slashed || (await this.stage.view(entry.first.pubkey)).status !== 'active') return;
    await this.stage.control('slash', { pubkey: entry.first.pubkey, by: this.#dice.one(['proposal', 'vote']) });
    entry.slashed = true;
    this.#count('slashing');
  }
  async #absence(): Promise<void> {
    await this.stage.control('offline', { index: this.#dice.whole(4, 40), offline: this.#dice.chance(0.4) });
    this.#count('absence');
  }
  async #stall(): Promise<void> {
    await this.stage.control('stall', { stalled: true });
    await this.stage.epochs(this.#dice.whole(1, 3));
    await this.stage.control('stall', { stalled: false });
    this.#count('stall');
  }
  /** Takes back what is not final; with `keep` all of it comes again, so that the books of what was sent stay true. */
  async #reorg(): Promise<void> {
    const { headSlot, finalizedBlock, block } = await this.stage.status();
    if (block - finalizedBlock < 4) return;
    await this.stage.control('reorg', { depth: Math.min(3, headSlot), keep: true });
    this.#count('reorg');
  }

  // ---- books
  async #report(): Promise<void> {
    const to = await this.stage.chain.staking.checkpoint();
    const known = new Set<Entry>();
    for (const entry of this.#entries) {
      if (entry.emptied || entry.period.sinceSlot >= to.slot) continue;
      if ((await this.stage.balanceAt(to.slot, entry.first.pubkey)) !== null) known.add(entry);
    }
    const due = [...known];
    const seen = await this.stage.chain.staking.rewards(
      due.map(({ period }) => period),
      to,
    );
    for (const [i, entry] of due.entries()) await this.#book(entry, seen[i], to);
    const [into, out] = [
      seen.reduce((sum, each) => sum + each.consolidatedIn, 0n),
      seen.reduce((sum, each) => sum + each.consolidatedOut, 0n),
    ];
    if (into !== out && due.length === this.#entries.length) throw new Error(`consolidated out ${out}, in ${into}`);
    this.#reports++;
  }

  async #book(entry: Entry, seen: ValidatorReward | undefined, to: Checkpoint): Promise<void> {
    const { pubkey } = entry.first;
    if (seen?.pubkey !== pubkey) throw new Error(`rewards came in another order: ${pubkey}`);
    const wrong = (what: string): Error =>
      new Error(
        `${what} of ${pubkey} over (${entry.period.sinceSlot}, ${to.slot}]: ${JSON.stringify(seen, (_, v: unknown) => (typeof v === 'bigint' ? `${v}` : v))}`,
      );
    const held = await this.stage.balanceAt(to.slot, pubkey);
    const requeued = seen.closing - (held ?? 0n);
    if (requeued < 0n || (requeued > 0n && !(await this.#hasRequeued(to.slot, pubkey)))) throw wrong('closing balance');
    const explained = seen.closing + seen.withdrawn + seen.consolidatedOut - entry.period.opening - seen.deposited - seen.consolidatedIn;
    if (explained !== seen.reward) throw wrong('sum');
    const epochs = (to.slot - entry.period.sinceSlot) / BigInt(SLOTS_PER_EPOCH) + 1n;
    const plausible = PLAUSIBLE_PER_EPOCH * epochs;
    if (seen.reward > plausible || (seen.reward < -plausible && !entry.slashed)) throw wrong('reward');
    entry.applied += seen.deposited;
    entry.withdrawn += seen.withdrawn;
    entry.reward += seen.reward;
    if (entry.applied > entry.sent) throw wrong('more applied than sent, deposits');
    entry.period = { pubkey, opening: seen.closing, sinceSlot: to.slot };
    entry.emptied = seen.emptied && entry.applied === entry.sent;
  }
  async #hasRequeued(slot: bigint, pubkey: string): Promise<boolean> {
    const queue = await this.stage.beacon<{ pubkey: string; slot: string }[]>(`beacon/states/${slot}/pending_deposits`);
    return queue.some((deposit) => deposit.pubkey === pubkey && deposit.slot === '0');
  }

  /** At the end: all that was sent is applied, and the vault holds what the books say was paid, to the wei. */
  async #settle(): Promise<void> {
    await this.stage.until(async () => (await this.stage.beacon<unknown[]>('beacon/states/head/pending_deposits')).length === 0, 150);
    await this.stage.control('finalise');
    await this.#report();
    const to = await this.stage.chain.staking.checkpoint();
    const held = await this.stage.chain.reader.balance(this.stage.vault, to.block.number);
    const paid = this.#entries.reduce((sum, { withdrawn }) => sum + withdrawn, 0n);
    if (held !== this.#vaultFunded + paid - this.#vaultSpent) {
      throw new Error(`the vault holds ${held}: funded ${this.#vaultFunded}, paid ${paid}, spent ${this.#vaultSpent}`);
    }
    for (const { first, sent, applied } of this.#entries) {
      if (sent !== applied) throw new Error(`${first.pubkey}: sent ${sent}, applied ${applied}`);
    }
  }
}
