import type { EntityManager } from 'typeorm';
import { amount, assets, type Amount, type AssetCode } from '#kernel';
import { accountKinds, balanceAsOf, balanceOf, holdScopes } from '#ledger';
import { preferencesAt } from '../preferences/preferences.store.js';
import { LINES_A_BLOCK, type Terms } from './draft.js';

/** What is worked out again: the draft of a run, or, without one, a draft of this moment. */
export interface Question {
  readonly poolId: string;
  readonly asset: AssetCode;
  readonly minimum: Amount;
  /** The run, what it was drawn up of, and when. */
  readonly drawn: { readonly runId: string; readonly budget: Amount; readonly at: Date } | null;
}

const EVERYBODY = 2_147_483_647;
const TEXT = `drawn.client_id || ' ' || drawn.owed || ' ' || drawn.amount || ' ' || drawn.state || ' ' || coalesce(drawn.reason, '-') || ' '
  || coalesce(drawn.restake_product, '-') || chr(10)`;
/** Of a relation `drawn`; $1 to $4 are pool, asset, budget and minimum. */
const HASH = `
  blocks AS (
    SELECT n.block, encode(sha256(convert_to(string_agg(n.text, '' ORDER BY n.client_id), 'UTF8')), 'hex') || chr(10) AS digest
      FROM (SELECT drawn.client_id, ${TEXT} AS text, (row_number() OVER (ORDER BY drawn.client_id) - 1) / ${LINES_A_BLOCK} AS block FROM drawn) n
     GROUP BY n.block)
  SELECT encode(sha256(convert_to('bailee payout draft 1' || chr(10) || 'pool ' || $1 || chr(10) || 'asset ' || $2 || chr(10)
           || 'budget ' || $3::numeric || chr(10) || 'minimum ' || $4::numeric || chr(10) || coalesce(string_agg(blocks.digest, '' ORDER BY blocks.block), ''), 'UTF8')), 'hex') AS hash
    FROM blocks`;

/** The hash of the lines that are stored of a run of which nothing is paid. */
export async function hashOfLines(em: EntityManager, runId: string, { poolId, asset, budget, minimum }: Terms): Promise<string> {
  const [row]: { hash: string }[] = await em.query(
    `WITH drawn AS (SELECT client_id, owed, amount, state, reason, restake_product FROM rewards.payout_line WHERE run_id = $5), ${HASH}`,
    [poolId, asset, budget.toString(), minimum.toString(), runId],
  );
  return row?.hash ?? '';
}

/**
 * The hash of what a run should pay, from the ledger's balances and by sets, without a look at how the first worker did it. A client whose
 * balance is not the one that was drawn of is read again as of the moment of the drawing: what was settled since belongs to the next run.
 * So is what each client wanted: what was said since counts for the next run. Whether a line is rightly held by a hold is looked up for the lines that are; that no line is paid in spite of one is the ledger's to say.
 */
export async function recomputedHash(em: EntityManager, question: Question): Promise<string> {
  const { poolId, asset, minimum, drawn } = question;
  const budget = await collectedAt(em, question);
  const [row]: { hash: string }[] = await em.query(
    `WITH standing_now AS (
       SELECT b.owner::uuid AS client_id, b.balance AS owed FROM ledger.balances_of_kind($5::smallint, $6::smallint, NULL, ${EVERYBODY}, true) b),
     seen AS (SELECT client_id, owed, reason FROM rewards.payout_line WHERE run_id = $7),
     moved AS (
       SELECT client_id, coalesce(ledger.balance_recorded($5::smallint, client_id::text, $6::smallint, $8::timestamptz), 0) AS owed
         FROM standing_now n FULL JOIN seen s USING (client_id) WHERE $7::uuid IS NOT NULL AND n.owed IS DISTINCT FROM s.owed),
     owing AS (
       SELECT n.client_id, n.owed FROM standing_now n LEFT JOIN moved m USING (client_id) WHERE m.client_id IS NULL
       UNION ALL SELECT m.client_id, m.owed FROM moved m WHERE m.owed > 0),
     judged AS (
       SELECT o.client_id, o.owed, p.product_id,
              CASE WHEN c.client_id IS NOT NULL THEN 'closed'
                   WHEN ($7::uuid IS NULL OR s.reason = 'hold')
                        AND EXISTS (SELECT 1 FROM ledger.open_holds(o.client_id::text) h WHERE h.scopes & ${holdScopes.payout} <> 0) THEN 'hold' END AS reason,
              o.owed < greatest($4::numeric, coalesce(p.min_amount, 0)) AS below
         FROM owing o LEFT JOIN seen s USING (client_id)
         LEFT JOIN (${preferencesAt('$2', '$8::timestamptz')}) p ON p.client_id = o.client_id
         LEFT JOIN rewards.client_standing c ON c.client_id = o.client_id AND c.state = 'closed' AND ($8::timestamptz IS NULL OR c.recorded_at <= $8)),
     summed AS (
       SELECT j.*, j.reason IS NULL AND NOT j.below AS pays, sum(CASE WHEN j.reason IS NULL AND NOT j.below THEN j.owed ELSE 0 END) OVER () AS payable,
              sum(CASE WHEN j.reason IS NULL AND NOT j.below THEN j.owed ELSE 0 END) OVER (ORDER BY j.client_id) AS upto
         FROM judged j),
     parted AS (
       SELECT s.*, CASE WHEN NOT s.pays THEN 0 WHEN s.payable <= $3::numeric THEN s.owed
                        ELSE div($3::numeric * s.upto, s.payable) - div($3::numeric * (s.upto - s.owed), s.payable) END AS amount
         FROM summed s),
     drawn AS (
       SELECT p.client_id, p.owed, p.amount, CASE WHEN p.pays THEN 'pending' WHEN p.reason IS NOT NULL THEN 'held' ELSE 'below_threshold' END AS state,
              p.reason, CASE WHEN p.pays THEN p.product_id END AS restake_product
         FROM parted p WHERE NOT p.pays OR p.amount > 0),
     ${HASH}`,
    [
      ...[poolId, asset, budget.toString(), minimum.toString(), accountKinds['client.rewards'].code, assets[asset].id],
      ...[drawn?.runId ?? null, drawn?.at ?? null],
    ],
  );
  return row?.hash ?? '';
}

/** Whether it was decided since a run was drawn up who may be paid: somebody is closed now or is no longer, or a hold that holds a line is lifted. */
export async function peopleDecidedSince(em: EntityManager, runId: string, at: Date): Promise<boolean> {
  const [row]: { decided: boolean }[] = await em.query(
    `SELECT EXISTS (SELECT 1 FROM rewards.client_standing s LEFT JOIN rewards.payout_line l ON l.run_id = $1 AND l.client_id = s.client_id
                     WHERE s.recorded_at > $2 AND (s.state = 'closed' OR l.reason = 'closed'))
         OR EXISTS (SELECT 1 FROM rewards.payout_line l WHERE l.run_id = $1 AND l.reason = 'hold'
             AND NOT EXISTS (SELECT 1 FROM ledger.open_holds(l.client_id::text) h WHERE h.scopes & ${holdScopes.payout} <> 0)) AS decided`,
    [runId, at],
  );
  return row?.decided ?? false;
}

/** What was collected at the moment of the drawing; fees may have been drawn from it since, or more collected. */
async function collectedAt(em: EntityManager, { poolId, asset, drawn }: Question): Promise<Amount> {
  const account = { kind: 'pool.collected', owner: poolId, asset } as const;
  const now = await balanceOf(em, account);
  return amount(drawn === null || drawn.budget === now ? now : await balanceAsOf(em, account, { recordedAt: drawn.at }));
}
