import type { EntityManager } from 'typeorm';
import type { StandingChangedV1 } from '#messages';

/** Keeps what is newer than what is known. */
export async function keepStanding(em: EntityManager, { clientId, state, version }: StandingChangedV1): Promise<void> {
  await em.query(
    `INSERT INTO rewards.client_standing (client_id, state, version) VALUES ($1, $2, $3)
     ON CONFLICT (client_id) DO UPDATE SET state = excluded.state, version = excluded.version, 
         recorded_at = CASE WHEN client_standing.state = excluded.state THEN client_standing.recorded_at ELSE clock_timestamp() END
       WHERE client_standing.version < excluded.version`,
    [clientId, state, version],
  );
}
