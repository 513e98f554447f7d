import type { EntityManager } from 'typeorm';
import type { StandingChangedV1 } from '#messages';

export interface Standing {
  readonly version: number;
  readonly state: string;
  readonly clientClass: string | null;
  readonly mayDeposit: boolean;
  readonly mayStake: boolean;
  readonly mayUnstake: boolean;
  readonly mayWithdraw: boolean;
}

/** What nobody has granted is denied. */
export const NO_STANDING: Standing = {
  version: 0,
  state: 'applicant',
  clientClass: null,
  mayDeposit: false,
  mayStake: false,
  mayUnstake: false,
  mayWithdraw: false,
};

/** Keeps the newest word of compliance. Answers whether this was news. */
export async function keepStanding(em: EntityManager, said: StandingChangedV1, at: Date): Promise<boolean> {
  const kept = await em.query<unknown[]>(
    `WITH kept AS (
       INSERT INTO reception.standing AS s (client_id, version, state, client_class, may_deposit, may_stake, may_unstake, may_withdraw, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       ON CONFLICT (client_id) DO UPDATE SET version = excluded.version, state = excluded.state, client_class = excluded.client_class,
         may_deposit = excluded.may_deposit, may_stake = excluded.may_stake, may_unstake = excluded.may_unstake,
         may_withdraw = excluded.may_withdraw, updated_at = excluded.updated_at
       WHERE s.version < excluded.version RETURNING 1
     ) SELECT * FROM kept`,
    [said.clientId, said.version, said.state, said.clientClass, said.mayDeposit, said.mayStake, said.mayUnstake, said.mayWithdraw, at],
  );
  return kept.length > 0;
}

export async function standingOf(em: EntityManager, clientId: string): Promise<Standing> {
  const [row] = await em.query<Standing[]>(
    `SELECT version, state, client_class AS "clientClass", may_deposit AS "mayDeposit", may_stake AS "mayStake",
            may_unstake AS "mayUnstake", may_withdraw AS "mayWithdraw" FROM reception.standing WHERE client_id = $1`,
    [clientId],
  );
  return row ?? NO_STANDING;
}
