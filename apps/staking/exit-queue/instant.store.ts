import type { EntityManager } from 'typeorm';
import { amount, type Amount } from '#kernel';
import { Validator } from '../exits/validator.entity.js';
import { Incident } from '../incidents/incident.entity.js';
import { InstantExit, InstantTermsRow } from './instant-exit.entity.js';
import type { InstantTerms } from './instant.js';

export async function termsOf(em: EntityManager, poolId: string): Promise<(InstantTerms & { version: number }) | null> {
  const [row] = await em.find(InstantTermsRow, { where: { poolId }, order: { version: 'DESC' }, take: 1 });
  return row ?? null;
}

export async function insertTerms(em: EntityManager, row: InstantTermsRow): Promise<void> {
  await em.insert(InstantTermsRow, row);
}
export async function insertInstantExit(em: EntityManager, row: InstantExit): Promise<void> {
  await em.insert(InstantExit, row);
}

/** Whether the price of the last report may still hide a slashing: its further penalties are known to everybody before they are reported. */
export async function slashingOpen(em: EntityManager, poolId: string): Promise<boolean> {
  if (await em.existsBy(Validator, { poolId, state: 'slashed' })) return true;
  return em.existsBy(Incident, { poolId, kind: 'validator.slashed', state: 'open' });
}

/** What instant exits of a pool came to, and what the queue has paid back of it. */
export async function instantTotals(
  em: EntityManager,
  poolId: string,
): Promise<{ exits: number; value: Amount; paid: Amount; refilled: Amount }> {
  const [row]: { exits: string; value: string; paid: string; refilled: string }[] = await em.query(
    `SELECT count(*)::text AS exits, coalesce(sum(i.value), 0)::text AS value, coalesce(sum(i.paid), 0)::text AS paid,
            coalesce(sum(r.payout), 0)::text AS refilled
       FROM staking.instant_exit i JOIN staking.exit_request r ON r.order_id = i.order_id WHERE i.pool_id = $1`,
    [poolId],
  );
  const units = (text: string | undefined): Amount => amount(BigInt(text ?? '0'));
  return { exits: Number(row?.exits ?? '0'), value: units(row?.value), paid: units(row?.paid), refilled: units(row?.refilled) };
}
