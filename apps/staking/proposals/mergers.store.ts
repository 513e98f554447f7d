import type { EntityManager } from 'typeorm';
import { refuse, type Refusal } from '#kernel';
import { batchesIn } from '../batches/batches.store.js';
import type { Validator } from '../exits/validator.entity.js';
import { livingOf } from '../exits/validators.store.js';
import { capFor, EVERY } from '../operators/caps.js';
import { capsOf } from '../operators/operators.store.js';
import { openPartials } from '../partials/partials.store.js';

/** By source: the validator into which it is being merged, from the second person's word until nothing is left of it. A slashed one stays alone. */
export async function mergersOf(em: EntityManager, poolId: string): Promise<Map<string, string>> {
  const rows: { source: string; target: string }[] = await em.query(
    `SELECT p.pubkey AS source, p.target_pubkey AS target FROM staking.proposal p JOIN staking.validator v ON v.pubkey = p.pubkey
      WHERE p.pool_id = $1 AND p.kind = 'consolidation' AND p.state IN ('approved', 'signed', 'sent', 'done')
        AND v.state NOT IN ('withdrawn', 'slashed')`,
    [poolId],
  );
  return new Map(rows.map(({ source, target }) => [source, target]));
}

/** Both sides of every merger: nothing else is asked of them meanwhile. */
export const mergingKeys = async (em: EntityManager, poolId: string): Promise<Set<string>> =>
  new Set([...(await mergersOf(em, poolId))].flat());

/**
 * Sources of a merger that was signed and came to nothing: to the signer they are leaving, so it signs nothing for them but a whole exit.
 */
export async function mayOnlyLeave(em: EntityManager, poolId: string): Promise<Set<string>> {
  const rows: { pubkey: string }[] = await em.query(
    `SELECT pubkey FROM staking.proposal WHERE pool_id = $1 AND kind = 'consolidation' AND state = 'failed' AND transaction_hash IS NOT NULL`,
    [poolId],
  );
  return new Set(rows.map(({ pubkey }) => pubkey));
}

const TOPPING_UP = ['allocated', 'key_requested', 'data_signed', 'requested', 'signed', 'deposited'] as const;

/** Validators to which more is on its way. */
export const growingKeys = async (em: EntityManager, poolId: string): Promise<(string | null)[]> =>
  (await batchesIn(em, poolId, TOPPING_UP)).filter((batch) => batch.kind === 'top_up').map((batch) => batch.pubkey);

/**
 * Both must be of this pool by our own list: the protocol does not ask whose the target is. And nothing else may be under way with either,
 * so that what a report sees of them has one cause. Of one operator, and within the cap of a validator: a merger is no way for stake past what
 * allocation obeys. Refusals: proposal.incomplete, proposal.not_now, consolidation.other_operator, consolidation.over_cap.
 */
export async function mayMerge(em: EntityManager, poolId: string, source: string, target: string): Promise<Refusal | null> {
  const living = await livingOf(em, poolId);
  const pair = living.filter((v) => v.pubkey === source || v.pubkey === target);
  if (pair.length !== 2) return refuse('proposal.incomplete', 'Give two different living validators of this pool.').refusal;
  const busy = new Set([
    ...(await openPartials(em, poolId)).map((partial) => partial.pubkey),
    ...(await growingKeys(em, poolId)),
    ...(await mergingKeys(em, poolId)),
    ...(await mayOnlyLeave(em, poolId)),
  ]);
  const occupied = pair.find((v) => v.state !== 'active' || !v.reported || busy.has(v.pubkey));
  if (!occupied) return pastGuards(em, poolId, pair);
  return refuse('proposal.not_now', 'One of the two is leaving, not reported yet, or something else is under way with it.', {
    pubkey: occupied.pubkey,
    state: occupied.state,
  }).refusal;
}

async function pastGuards(em: EntityManager, poolId: string, pair: readonly Validator[]): Promise<Refusal | null> {
  const [one, other] = pair;
  if (one?.operatorId !== other?.operatorId)
    return refuse('consolidation.other_operator', 'The two are run by different operators: stake goes from one to another by allocation.')
      .refusal;
  const most = capFor((await capsOf(em, poolId)).caps, 'validator', EVERY, 0n, 0n);
  const merged = pair.reduce((sum, { principal }) => sum + principal, 0n);
  if (most === null || merged <= most) return null;
  const facts = { cap_atomic: most.toString(), merged_atomic: merged.toString() };
  return refuse('consolidation.over_cap', 'One validator would hold more than the cap of validators allows.', facts).refusal;
}
