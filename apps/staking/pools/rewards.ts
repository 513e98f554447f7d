import { amount, basisPoints, larger, smaller, ZERO, type Amount, type Delta } from '#kernel';
import type { Move } from './moves.js';
import type { Pool } from './pool.js';

/** A validator as the books hold it. */
export interface PoolValidator {
  readonly pubkey: string;
  /** What was deposited: 32 ETH. */
  readonly principal: Amount;
  /** Its balance as of the last report. */
  readonly booked: Amount;
  /** Whether a report has contained it. */
  readonly reported: boolean;
  /** Emptied by the protocol. */
  readonly emptied: boolean;
}

/** What a report says of one validator. reward = closing + withdrawn − opening. */
export interface Observation {
  readonly pubkey: string;
  readonly opening: Amount;
  readonly closing: Amount;
  readonly withdrawn: Amount;
  readonly reward: Delta;
  readonly emptied: boolean;
}

export interface Accrued {
  readonly reward: bigint;
  readonly commission: Amount;
  /** For the holders. */
  readonly net: Amount;
  readonly lossCarried: Amount;
  readonly moves: Move[];
}

/**
 * Losses first; gains then recover what is carried, and pay commission only on what is left: a pool below its high-water mark pays none.
 * The remainder of the commission's division is the clients'.
 */
export function accrue(pool: Pool, observations: readonly Observation[]): Accrued {
  const losses = observations.filter((o) => o.reward < 0n).map((o) => ({ pubkey: o.pubkey, amount: amount(0n - o.reward) }));
  const gains = observations.filter((o) => o.reward > 0n).map((o) => ({ pubkey: o.pubkey, amount: amount(o.reward) }));
  const lost = total(losses);
  const gained = total(gains);
  const carried = amount(pool.lossCarried + lost);
  const recovered = smaller(carried, gained);
  const earned = amount(gained - recovered);
  const commission = basisPoints(earned, pool.commissionBps, 'floor');

  const moves: Move[] = losses.map((loss) => ({ kind: 'reward.loss', ...loss }));
  const left = gains.map((g) => ({ ...g }));
  moves.push(...draw(left, recovered).map((part): Move => ({ kind: 'reward.recover', ...part })));
  if (commission > 0n) {
    moves.push(...draw(left, commission).map((part): Move => ({ kind: 'reward.commission', ...part })));
    moves.push({ kind: 'house.fee_accrue', amount: commission });
  }
  moves.push(...left.filter((part) => part.amount > 0n).map((part): Move => ({ kind: 'reward.accrue', ...part })));
  return { reward: gained - lost, commission, net: amount(earned - commission), lossCarried: amount(carried - recovered), moves };
}

interface Part {
  readonly pubkey: string;
  amount: Amount;
}
const total = (parts: readonly Part[]): Amount => amount(parts.reduce((sum, part) => sum + part.amount, 0n));

/** Takes `wanted` from the parts in their order, and says from whom how much. */
function draw(parts: Part[], wanted: Amount): Part[] {
  const taken: Part[] = [];
  let open: bigint = wanted;
  for (const part of parts) {
    if (open === 0n) break;
    const take = amount(smaller<bigint>(part.amount, open));
    if (take === 0n) continue;
    part.amount = amount(part.amount - take);
    open -= take;
    taken.push({ pubkey: part.pubkey, amount: take });
  }
  return taken;
}

export interface Collected {
  /** Of what the protocol paid out: rewards, payable from now on. */
  readonly rewards: Amount;
  /** The rest: principal, for the pool's buffer. */
  readonly principal: Amount;
  readonly moves: Move[];
}

/**
 * What the protocol paid out is in our hands now. While a validator lives all of it is reward; when it has emptied, principal comes first. Never
 * more is called reward than holders and house were credited: what recovers a loss is principal again. And where the other validators cannot
 * cover what was credited, the emptied one does, so that no credited reward is stranded.
 */
export function collect(uncollected: Amount, observations: readonly Observation[], principals: ReadonlyMap<string, Amount>): Collected {
  const moves: Move[] = [];
  let open: bigint = uncollected;
  let principal = 0n;
  let surplus = observations.reduce((sum, o) => sum + surplusOf(o.closing + o.withdrawn, o, principals), 0n);
  for (const o of observations) {
    if (o.withdrawn === 0n) continue;
    moves.push({ kind: 'validator.collect', pubkey: o.pubkey, amount: o.withdrawn });
    surplus -= surplusOf(o.closing + o.withdrawn, o, principals) - surplusOf(o.closing, o, principals);
    let reward: bigint = o.withdrawn;
    if (o.emptied) {
      const own = surplusOf(o.withdrawn, o, principals);
      reward = smaller<bigint>(o.withdrawn, larger<bigint>(own, open - surplus));
    }
    reward = smaller<bigint>(reward, open);
    open -= reward;
    principal += o.withdrawn - reward;
  }
  const rewards = amount(uncollected - open);
  if (rewards > 0n) moves.push({ kind: 'reward.collect', amount: rewards });
  return { rewards, principal: amount(principal), moves };
}

/** What of a validator's money is above its principal: reward that comes by itself. */
const surplusOf = (held: bigint, of: Observation, principals: ReadonlyMap<string, Amount>): bigint =>
  larger<bigint>(held - (principals.get(of.pubkey) ?? ZERO), 0n);
