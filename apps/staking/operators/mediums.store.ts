import type { EntityManager } from 'typeorm';
import type { Batch } from '../batches/batch.entity.js';

export interface Medium {
  readonly pubkey: string;
  readonly poolId: string;
  readonly operatorId: string | null;
  /** The credentials that the chain's state holds for the key. */
  readonly value: string;
  readonly state: 'verified' | 'foreign';
  readonly how: 'finalised_state';
}

/** What the chain's final state says of the way by which money comes back from these keys. */
export async function noteMediums(em: EntityManager, mediums: readonly Medium[], at: Date): Promise<void> {
  if (mediums.length === 0) return;
  await em.query(
    `INSERT INTO staking.withdrawal_medium (pubkey, type, pool_id, operator_id, value, state, how, verified_at)
     SELECT pubkey, 'withdrawal_credentials', pool_id, operator_id, value, state, how, $7
       FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
         AS seen (pubkey, pool_id, operator_id, value, state, how)
     ON CONFLICT (pubkey, type) DO UPDATE SET operator_id = excluded.operator_id, value = excluded.value, state = excluded.state,
       how = excluded.how, verified_at = excluded.verified_at`,
    [
      mediums.map((m) => m.pubkey),
      mediums.map((m) => m.poolId),
      mediums.map((m) => m.operatorId),
      mediums.map((m) => m.value),
      mediums.map((m) => m.state),
      mediums.map((m) => m.how),
      at,
    ],
  );
}

export const mediumOf = (
  { poolId, operatorId }: Pick<Batch, 'poolId' | 'operatorId'>,
  pubkey: string,
  value: string,
  state: Medium['state'],
): Medium => ({ pubkey, poolId, operatorId, value, state, how: 'finalised_state' });

/** Living keys of a pool that nobody has looked at since, or never. */
export async function dueMediums(em: EntityManager, poolId: string, since: Date): Promise<{ pubkey: string; operatorId: string | null }[]> {
  return em.query(
    `SELECT v.pubkey, v.operator_id AS "operatorId" FROM staking.validator v LEFT JOIN staking.withdrawal_medium m ON m.pubkey = v.pubkey
      WHERE v.pool_id = $1 AND v.state <> 'withdrawn' AND (m.verified_at IS NULL OR m.verified_at < $2) ORDER BY v.pubkey LIMIT 1000`,
    [poolId, since],
  );
}
