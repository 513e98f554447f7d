import type { EntityManager } from 'typeorm';
import { ok, refuse, type Result } from '#kernel';
import { StandingEntity } from './standing.entity.js';

/** Keeps the newest version; a message that comes late changes nothing. */
export async function keepNewest(em: EntityManager, standing: StandingEntity): Promise<void> {
  await em.query(
    `INSERT INTO custody.standing (client_id, version, state, may_deposit, may_withdraw, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (client_id) DO UPDATE SET version = excluded.version, state = excluded.state, may_deposit = excluded.may_deposit,
       may_withdraw = excluded.may_withdraw, updated_at = excluded.updated_at
     WHERE standing.version < excluded.version`,
    [standing.clientId, standing.version, standing.state, standing.mayDeposit, standing.mayWithdraw, standing.updatedAt],
  );
}

/** Refusal: custody.not_approved. Unknown clients may do nothing. */
export async function requireStanding(em: EntityManager, clientId: string, to: 'deposit' | 'withdraw'): Promise<Result<null>> {
  const standing = await em.findOneBy(StandingEntity, { clientId });
  const may = standing !== null && (to === 'deposit' ? standing.mayDeposit : standing.mayWithdraw);
  return may ? ok(null) : refuse('custody.not_approved', 'Your application has not been approved for this.');
}
