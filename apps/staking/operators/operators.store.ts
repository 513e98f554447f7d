import type { EntityManager } from 'typeorm';
import { ZERO, type Amount, type AssetCode } from '#kernel';
import { balancesOfKind } from '#ledger';
import type { Candidate } from './allocation.js';
import type { Burdened } from './exit-order.js';
import type { Cap } from './caps.js';
import { AssessmentRow, CapsRow, OperatorRow } from './operator.entity.js';
import { effectivenessOf, type Totals } from './performance.js';
import { totalsByOperator } from './performance.store.js';

export const allOperators = (em: EntityManager): Promise<OperatorRow[]> => em.find(OperatorRow, { order: { id: 'ASC' } });
export const operatorById = (em: EntityManager, id: string): Promise<OperatorRow | null> => em.findOneBy(OperatorRow, { id });
export const lockOperator = (em: EntityManager, id: string): Promise<OperatorRow | null> =>
  em.findOne(OperatorRow, { where: { id }, lock: { mode: 'pessimistic_write' } });
export async function insertOperator(em: EntityManager, row: OperatorRow): Promise<void> {
  await em.insert(OperatorRow, row);
}
export async function saveOperator(em: EntityManager, row: OperatorRow): Promise<void> {
  await em.save(OperatorRow, row);
}
export async function insertAssessment(em: EntityManager, row: AssessmentRow): Promise<void> {
  await em.insert(AssessmentRow, row);
}

/** The newest of each operator. */
export async function assessments(em: EntityManager): Promise<Map<string, AssessmentRow>> {
  const rows = await em
    .createQueryBuilder(AssessmentRow, 'a')
    .distinctOn(['a.operatorId'])
    .orderBy('a.operatorId')
    .addOrderBy('a.assessedAt', 'DESC')
    .addOrderBy('a.id', 'DESC')
    .getMany();
  return new Map(rows.map((row) => [row.operatorId, row]));
}
export const assessmentsOf = (em: EntityManager, operatorId: string): Promise<AssessmentRow[]> =>
  em.find(AssessmentRow, { where: { operatorId }, order: { assessedAt: 'DESC', id: 'DESC' }, take: 50 });

/** The caps of a pool; where it has none of its own, those of all pools. */
export async function capsOf(em: EntityManager, poolId: string): Promise<{ poolId: string; version: number; caps: Cap[] }> {
  const [row]: { poolId: string; version: number; caps: Cap[] }[] = await em.query(
    `SELECT pool_id AS "poolId", version, caps FROM staking.allocation_caps WHERE pool_id IN ($1, '*') ORDER BY pool_id = '*', version DESC LIMIT 1`,
    [poolId],
  );
  return row ?? { poolId: '*', version: 0, caps: [] };
}
/** The newest version of each pool that has caps of its own, and of all others (`*`). */
export const allCaps = (em: EntityManager): Promise<CapsRow[]> =>
  em.createQueryBuilder(CapsRow, 'c').distinctOn(['c.poolId']).orderBy('c.poolId').addOrderBy('c.version', 'DESC').getMany();
export async function appendCaps(
  em: EntityManager,
  poolId: string,
  caps: readonly Cap[],
  proposalId: string | null,
  at: Date,
): Promise<number> {
  const [row]: [{ version: number }] = await em.query(
    `INSERT INTO staking.allocation_caps (pool_id, version, caps, proposal_id, created_at)
     SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4 FROM staking.allocation_caps WHERE pool_id = $1 RETURNING version`,
    [poolId, JSON.stringify(caps), proposalId, at],
  );
  return row.version;
}

/** By operator, what it runs of a pool and will run, wei: without what is leaving, slashed or merged into another. */
export async function stakesOf(em: EntityManager, poolId: string): Promise<Map<string, Amount>> {
  const rows: { id: string; stake: string }[] = await em.query(
    `SELECT operator_id AS id, sum(stake)::text AS stake FROM (
       SELECT operator_id, principal AS stake FROM staking.validator WHERE pool_id = $1 AND state = 'active'
       UNION ALL
       SELECT operator_id, amount FROM staking.batch
        WHERE pool_id = $1 AND state NOT IN ('active', 'compromised', 'written_off', 'dissolved', 'failed')) all_stake
      WHERE operator_id IS NOT NULL GROUP BY operator_id`,
    [poolId],
  );
  return new Map(rows.map(({ id, stake }) => [id, BigInt(stake) as Amount]));
}

/** What allocation must know of every operator beside what it holds: the same for all pools. */
export type Register = readonly Omit<Candidate, 'stake'>[];

/** `epochs`: of the record that scores are made of; null where nobody asks for a score. */
export async function registerOf(
  em: EntityManager,
  asset: AssetCode,
  at: Date,
  mediumSince: Date,
  epochs: number | null,
): Promise<Register> {
  const bonds = new Map((await balancesOfKind(em, 'cover.operator_bond', asset)).map(({ owner, balance }) => [owner, balance]));
  const rows = await allOperators(em);
  const cards = await assessments(em);
  const slashed = await slashingsOf(em);
  const unverified = await unverifiedOf(em, mediumSince);
  const totals = epochs === null ? new Map<string, Totals>() : await totalsByOperator(em, epochs, at);
  return rows.map((row) => ({
    id: row.id,
    state: row.state,
    jurisdiction: row.jurisdiction,
    clientType: row.clientType,
    stakeLimitBps: row.stakeLimitBps,
    target: row.targetStake,
    contractRuns: contractRuns(row, at),
    assessed: (cards.get(row.id)?.expiresAt ?? at) > at,
    slashedNow: slashed.get(row.id)?.now ?? 0,
    unverifiedMediums: unverified.get(row.id) ?? 0,
    merits: meritsOf(row, cards.get(row.id), totals.get(row.id), slashed.get(row.id)?.ever ?? 0, bonds.get(row.id) ?? 0n),
  }));
}

function meritsOf(
  row: OperatorRow,
  card: AssessmentRow | undefined,
  totals: Totals | undefined,
  slashings: number,
  selfBond: bigint,
): Candidate['merits'] {
  const record = totals === undefined ? { effectivenessBps: null, proposalsBps: null } : effectivenessOf(totals);
  const { feeBps, slaEffectivenessBps } = row;
  return { feeBps, slaEffectivenessBps, ...record, slashings, selfBond, assessment: card?.score ?? 0 };
}

/** Days are UTC; the last one belongs to the contract. */
const contractRuns = ({ contractFrom, contractUntil }: OperatorRow, at: Date): boolean => {
  const day = at.toISOString().slice(0, 10);
  return contractFrom <= day && (contractUntil === null || day <= contractUntil);
};

async function slashingsOf(em: EntityManager): Promise<Map<string, { now: number; ever: number }>> {
  const rows: { id: string; now: number; ever: number }[] = await em.query(
    `SELECT v.operator_id AS id, count(*) FILTER (WHERE v.state = 'slashed')::int AS now, count(*)::int AS ever FROM staking.validator v
      WHERE v.operator_id IS NOT NULL
        AND (v.state = 'slashed' OR v.pubkey IN (SELECT subject FROM staking.incident WHERE kind = 'validator.slashed'))
      GROUP BY v.operator_id`,
  );
  return new Map(rows.map(({ id, now, ever }) => [id, { now, ever }]));
}

/** Keys whose withdrawals do not come to us until somebody has settled it, and those that nobody has looked at for too long. */
async function unverifiedOf(em: EntityManager, since: Date): Promise<Map<string, number>> {
  const rows: { id: string; keys: number }[] = await em.query(
    `SELECT m.operator_id AS id, count(*)::int AS keys FROM staking.withdrawal_medium m
      WHERE m.operator_id IS NOT NULL AND (
        (m.state = 'foreign' AND (EXISTS (SELECT FROM staking.batch b WHERE b.pubkey = m.pubkey AND b.state = 'compromised')
                               OR EXISTS (SELECT FROM staking.validator v WHERE v.pubkey = m.pubkey AND v.state <> 'withdrawn')))
        OR (m.state = 'verified' AND m.verified_at < $1 AND EXISTS (SELECT FROM staking.validator v WHERE v.pubkey = m.pubkey AND v.state <> 'withdrawn')))
      GROUP BY m.operator_id`,
    [since],
  );
  return new Map(rows.map(({ id, keys }) => [id, keys]));
}

/** What such an operator runs is to leave. One whose contract is recorded ahead goes on running what it runs, and is given no more. */
export const mustLeave = ({ state, contractUntil }: OperatorRow, at: Date): boolean =>
  state === 'retired' || (contractUntil !== null && contractUntil < at.toISOString().slice(0, 10));

/** How the order of exits sees the operators of a pool. */
export async function burdensOf(em: EntityManager, poolId: string, at: Date): Promise<Burdened[]> {
  const stakes = await runningOf(em, poolId);
  const leaving = await leavingOf(em, poolId);
  return (await allOperators(em)).map((row) => ({
    id: row.id,
    stake: stakes.get(row.id) ?? 0n,
    leaving: leaving.get(row.id) ?? 0n,
    weight: row.weight,
    exitThresholdBps: row.exitThresholdBps,
    target: row.targetKind === null || row.targetStake === null ? null : { kind: row.targetKind, stake: row.targetStake },
    mustLeave: mustLeave(row, at),
  }));
}

/** By operator, what its active validators hold: what is on its way cannot leave. */
async function runningOf(em: EntityManager, poolId: string): Promise<Map<string, bigint>> {
  const rows: { id: string; stake: string }[] = await em.query(
    `SELECT operator_id AS id, sum(principal)::text AS stake FROM staking.validator
      WHERE pool_id = $1 AND state = 'active' AND operator_id IS NOT NULL GROUP BY operator_id`,
    [poolId],
  );
  return new Map(rows.map(({ id, stake }) => [id, BigInt(stake)]));
}

/** By operator, what is leaving and has not come back yet: to the pool it belongs as before. */
export async function leavingOf(em: EntityManager, poolId: string): Promise<Map<string, bigint>> {
  const rows: { id: string; stake: string }[] = await em.query(
    `SELECT operator_id AS id, sum(principal)::text AS stake FROM staking.validator
      WHERE pool_id = $1 AND state NOT IN ('active', 'withdrawn') AND operator_id IS NOT NULL GROUP BY operator_id`,
    [poolId],
  );
  return new Map(rows.map(({ id, stake }) => [id, BigInt(stake)]));
}

/** The candidates of one pool. */
export async function candidatesOf(em: EntityManager, poolId: string, register: Register): Promise<Candidate[]> {
  const stakes = await stakesOf(em, poolId);
  return register.map((known) => ({ ...known, stake: stakes.get(known.id) ?? ZERO }));
}
