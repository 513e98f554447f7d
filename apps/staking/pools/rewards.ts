import { amount, basisPoints, larger, smaller, subtract, type Amount, type Delta } from '#kernel';
import { STANDARD } from '../fees/fee-schedule.js';
import { coverLosses, type Covered, type Covers } from '../losses/waterfall.js';
import type { Move } from './moves.js';
import { earningShares, MINIMUM_SHARES, type Pool } from './pool.js';
import { chargeCompound, chargePayout, feeFor, raiseAll, type Charged, type Fees } from './tiers.js';

/** A validator as the books hold it. */
export interface PoolValidator {
  readonly pubkey: string;
  /** What was deposited, top-ups included, less what came out of it as principal. */
  readonly principal: Amount;
  /** Its balance as of the last report. */
  readonly booked: Amount;
  /** Whether a report has contained it. */
  readonly reported: boolean;
  /** Emptied by the protocol. */
  readonly emptied: boolean;
  /** Seen to be slashed: what it loses is for the covers first. */
  readonly slashed: boolean;
  /** Who runs it, where we hold a bond of somebody. */
  readonly operator: string | null;
}

/** What a report says of one validator. reward = closing + withdrawn + consolidatedOut − opening − deposited − consolidatedIn. */
export interface Observation {
  readonly pubkey: string;
  readonly opening: Amount;
  readonly closing: Amount;
  readonly withdrawn: Amount;
  /** Top-ups that the protocol applied to it. */
  readonly deposited: Amount;
  /** What mergers moved in from, and out to, other validators. */
  readonly consolidatedIn: Amount;
  readonly consolidatedOut: Amount;
  readonly reward: Delta;
  readonly emptied: boolean;
}

/** What our blocks paid the vault, apart from the consensus layer: in our hands from the start. */
export interface Execution {
  readonly priorityFees: Amount;
  readonly mev: Amount;
}
export const NO_EXECUTION: Execution = { priorityFees: amount(0n), mev: amount(0n) };

/** What a validator gained: its reward, and what somebody else put into it. */
export interface Gain {
  readonly pubkey: string;
  readonly change: bigint;
}

export interface Accrued {
  /** Index, loss carried and reward carried of the pool as they are now; A and the rest as before. */
  readonly pool: Pool;
  /** Of all sources; what covers bore included. */
  readonly reward: bigint;
  readonly commission: Amount;
  /** For the holders, by their index. */
  readonly indexed: Amount;
  /** For the holders, in A. */
  readonly compounded: Amount;
  readonly covered: Covered;
  /** Of the execution rewards: what recovered losses, and so is principal again. */
  readonly restored: Amount;
  readonly moves: Move[];
}

interface Part {
  /** null: execution rewards. */
  readonly pubkey: string | null;
  amount: Amount;
}
const kinds = {
  recover: ['reward.recover', 'execution.recover'],
  commission: ['reward.commission', 'execution.commission'],
  accrue: ['reward.accrue', 'execution.accrue'],
  compound: ['reward.compound', 'execution.compound'],
} as const;
const moveOf = (use: keyof typeof kinds, { pubkey, amount: units }: Part): Move =>
  pubkey === null ? { kind: kinds[use][1], amount: units } : { kind: kinds[use][0], pubkey, amount: units };

/** What bears losses, and what is charged. */
export interface Terms {
  readonly validators: readonly PoolValidator[];
  readonly fees: Fees;
  readonly covers: Covers;
}

/**
 * Losses first, those of slashed validators to what covers them; gains, those of the consensus layer before those of blocks, then recover
 * what is carried, and pay commission only on what is left: a pool below its high-water mark pays none. The remainder of the commission's
 * division is the clients'.
 */
export function accrue(pool: Pool, changes: readonly Gain[], execution: Execution, terms: Terms): Accrued {
  const losses = changes.filter((c) => c.change < 0n).map((c) => ({ pubkey: c.pubkey, amount: amount(0n - c.change) }));
  const gains: Part[] = changes.filter((c) => c.change > 0n).map((c) => ({ pubkey: c.pubkey, amount: amount(c.change) }));
  gains.push({ pubkey: null, amount: amount(execution.priorityFees + execution.mev) });
  const lost = total(losses);
  const gained = total(gains);
  const covered = coverLosses(slashings(losses, terms.validators), terms.covers);
  const carried = amount(pool.lossCarried + lost - covered.total);
  const recovered = smaller(carried, gained);
  const charged = charge(pool, subtract(gained, recovered), terms.fees);

  const recovering = draw(gains, recovered);
  const taken = draw(gains, charged.commission);
  const indexed = draw(gains, charged.indexed);
  const borne = losses.map((loss) => ({ ...loss, amount: covered.left.get(loss.pubkey) ?? loss.amount }));
  const moves: Move[] = [...covered.moves];
  moves.push(...borne.filter((loss) => loss.amount > 0n).map((loss): Move => ({ kind: 'reward.loss', ...loss })));
  moves.push(...recovering.map((part) => moveOf('recover', part)), ...taken.map((part) => moveOf('commission', part)));
  if (charged.commission > 0n) moves.push({ kind: 'house.fee_accrue', amount: charged.commission });
  moves.push(...indexed.map((part) => moveOf('accrue', part)));
  moves.push(...gains.filter((part) => part.amount > 0n).map((part) => moveOf('compound', part)));
  return {
    pool: { ...charged.pool, lossCarried: subtract(carried, recovered) },
    reward: gained - lost,
    commission: charged.commission,
    indexed: charged.indexed,
    compounded: charged.compounded,
    covered,
    restored: total(recovering.filter((part) => part.pubkey === null)),
    moves,
  };
}

function slashings(losses: readonly { readonly pubkey: string; readonly amount: Amount }[], validators: readonly PoolValidator[]) {
  const slashed = new Map(validators.filter((v) => v.slashed).map((v) => [v.pubkey, v.operator]));
  return losses.flatMap((loss) => {
    const operator = slashed.get(loss.pubkey);
    return operator === undefined ? [] : [{ ...loss, operator }];
  });
}

/**
 * Who gets what was earned. With too few shares nobody yet: the standard commission is taken and the rest carried until there are holders,
 * who then get it by their index, whatever the mode.
 */
function charge(pool: Pool, earned: Amount, fees: Fees): Charged<Pool> {
  const held = pool.mode === 'payout' ? earningShares(pool) : pool.shares;
  if (held < MINIMUM_SHARES) {
    const commission = basisPoints(earned, feeFor(fees, STANDARD), 'floor');
    const indexed = subtract(earned, commission);
    return { pool: { ...pool, carriedReward: amount(pool.carriedReward + indexed) }, commission, indexed, compounded: amount(0n) };
  }
  const charged = pool.mode === 'payout' ? chargePayout(pool, earned, fees) : chargeCompound(pool, earned, fees);
  if (earningShares(pool) < MINIMUM_SHARES) return charged;
  return { ...charged, pool: { ...raiseAll(charged.pool, pool.carriedReward), carriedReward: amount(0n) } };
}

const total = (parts: readonly { readonly amount: Amount }[]): Amount => amount(parts.reduce((sum, part) => sum + part.amount, 0n));

/** Takes `wanted` from the parts in their order, and says from whom how much. */
function draw(parts: Part[], wanted: Amount): Part[] {
  const taken: Part[] = [];
  let open: bigint = wanted;
  for (const part of parts) {
    if (open === 0n) break;
    const take = amount(smaller<bigint>(part.amount, open));
    if (take === 0n) continue;
    part.amount = subtract(part.amount, take);
    open -= take;
    taken.push({ pubkey: part.pubkey, amount: take });
  }
  return taken;
}

/** One validator's withdrawals of a period. */
export interface Outflow {
  readonly pubkey: string;
  readonly closing: Amount;
  readonly withdrawn: Amount;
  readonly emptied: boolean;
  /** Top-ups and mergers of the period included. */
  readonly principal: Amount;
  /** What of the withdrawals was asked for as principal; zero where nobody asked. */
  readonly asked: Amount;
}
export interface Collected {
  /** Of what the protocol paid out: rewards, payable from now on. */
  readonly rewards: Amount;
  /** The rest: principal, for the pool's buffer. */
  readonly principal: Amount;
  readonly moves: Move[];
}

/**
 * What the protocol paid out is in our hands now. While a validator lives, what was asked for as principal is principal and the rest is
 * reward; when it has emptied, principal comes first. Never more is called reward than holders and house were credited: what recovers a
 * loss is principal again. And where the other validators cannot cover what was credited, the emptied one does, so that no credited reward
 * is stranded.
 */
export function collect(uncollected: Amount, outflows: readonly Outflow[]): Collected {
  const moves: Move[] = [];
  let open: bigint = uncollected;
  let principal = 0n;
  let surplus = outflows.reduce((sum, o) => sum + surplusOf(o.closing + o.withdrawn, o), 0n);
  for (const o of outflows) {
    if (o.withdrawn === 0n) continue;
    moves.push({ kind: 'validator.collect', pubkey: o.pubkey, amount: o.withdrawn });
    surplus -= surplusOf(o.closing + o.withdrawn, o) - surplusOf(o.closing + o.asked, o);
    let reward: bigint = o.withdrawn - o.asked;
    if (o.emptied) {
      const own = surplusOf(o.withdrawn, o);
      reward = smaller<bigint>(o.withdrawn, larger<bigint>(own, open - surplus));
    }
    reward = smaller<bigint>(reward, open);
    open -= reward;
    principal += o.withdrawn - reward;
  }
  return { rewards: amount(uncollected - open), principal: amount(principal), moves };
}

/** What of a validator's money is above its principal: reward that comes by itself. */
const surplusOf = (held: bigint, of: Outflow): bigint => larger<bigint>(held - of.principal, 0n);
