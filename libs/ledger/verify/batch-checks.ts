import { question, stream, type Check } from './report.js';

const columns = [
  'item', 'key', 'request_hash', 'journal', 'status', 'kind', 'asset', 'debit_account', 'credit_account', 'amount', 'debit_balance',
  'debit_version', 'credit_balance', 'credit_version', 'effective_at', 'reference',
]; // prettier-ignore

/** The digest that post() writes, recomputed from the rows as they stand. Every column of a decision is in it but batch_id, which groups. */
const DIGESTS = `
  SELECT b.id, b.items, coalesce(d.n, 0) AS n,
         b.digest IS NOT DISTINCT FROM sha256(int8send(b.id) || xid8send(b.xid) || int4send(b.items) || timestamptz_send(b.created_at) || namesend(b.role) || d.body) AS fits
    FROM ledger.batch b
    LEFT JOIN (SELECT batch_id, count(*)::int n, ${columns.map((column) => `array_send(array_agg(${column} ORDER BY item))`).join(' || ')} body
                 FROM ledger.decision GROUP BY batch_id) d ON d.batch_id = b.id
   ORDER BY b.id`;

const digestCheck: Check = {
  name: 'batches: digests',
  async *run(reader, progress) {
    for await (const batch of stream<{ id: string; items: number; n: number; fits: boolean }>(reader, DIGESTS, progress)) {
      if (batch.items !== batch.n)
        yield { code: 'batch.items', where: `batch ${batch.id}`, detail: `says ${batch.items} decisions, has ${batch.n}` };
      else if (!batch.fits)
        yield { code: 'batch.digest', where: `batch ${batch.id}`, detail: 'the digest does not fit the batch and its decisions' };
    }
  },
};

export const batchChecks: readonly Check[] = [
  digestCheck,
  question(
    'decisions: each belongs to a batch',
    'decision.batch',
    `SELECT format('decision %s', d.key) AS where, format('batch %s does not exist', d.batch_id) AS detail
       FROM ledger.decision d WHERE NOT EXISTS (SELECT FROM ledger.batch b WHERE b.id = d.batch_id) LIMIT 50`,
  ),
  question(
    'decisions: a refusal moves nothing, a group is all or nothing',
    'decision.shape',
    `SELECT format('decision %s', d.key) AS where, 'a refusal has balances or versions, or its status is unknown' AS detail FROM ledger.decision d
      WHERE d.status <> 0 AND (d.status NOT BETWEEN 2 AND 6 OR num_nonnulls(d.debit_balance, d.credit_balance, d.debit_version, d.credit_version) > 0)
     UNION ALL
     SELECT format('batch %s journal %s', d.batch_id, d.journal), 'some of the group were posted and some refused' FROM ledger.decision d
      WHERE d.journal <> 0 GROUP BY d.batch_id, d.journal HAVING bool_or(d.status = 0) AND bool_or(d.status <> 0)
     LIMIT 50`,
  ),
  question(
    'transfers: allowed by the chart, within one entity, within limits; a reversal is its kind with the sides swapped',
    'transfer.chart',
    `SELECT format('decision %s', d.key) AS where, 'its accounts, asset, entity, room, amount or balances are not what its kind allows' AS detail
       FROM ledger.decision d
       LEFT JOIN ledger.batch t ON t.id = d.batch_id LEFT JOIN ledger.transfer_kind k ON k.code = d.kind LEFT JOIN ledger.reversal r ON r.batch_id = d.batch_id
       LEFT JOIN ledger.account da ON da.id = d.debit_account LEFT JOIN ledger.account ca ON ca.id = d.credit_account
       LEFT JOIN ledger.account_kind dk ON dk.code = da.kind LEFT JOIN ledger.account_kind ck ON ck.code = ca.kind
      WHERE d.status = 0 AND d.kind <> 0 AND (
            (CASE WHEN r.key IS NULL THEN da.kind ELSE ca.kind END, CASE WHEN r.key IS NULL THEN ca.kind ELSE da.kind END, da.asset, ca.asset, dk.entity, ck.entity, k.role)
              IS DISTINCT FROM (k.debit_kind, k.credit_kind, d.asset, d.asset, k.entity, k.entity, t.role)
         OR d.debit_account = d.credit_account OR k.same_owner AND da.owner <> ca.owner OR d.debit_balance < dk.floor OR d.credit_balance > ck.ceiling
         OR NOT coalesce(d.amount > 0 AND d.amount < 1e38 AND scale(d.amount) = 0, false)) LIMIT 50`,
  ),
  question(
    'folds: from a stripe to the main row of its account, and nothing else',
    'transfer.fold',
    `SELECT format('decision %s', d.key) AS where, 'is a fold that does not move a stripe into its main row' AS detail
       FROM ledger.decision d LEFT JOIN ledger.account da ON da.id = d.debit_account LEFT JOIN ledger.account ca ON ca.id = d.credit_account LEFT JOIN ledger.account_kind k ON k.code = da.kind
      WHERE d.kind = 0 AND ((da.kind, da.asset, da.owner, d.asset) IS DISTINCT FROM (ca.kind, ca.asset, ca.owner, ca.asset) OR d.status <> 0 OR d.journal <> 0 OR NOT coalesce(d.amount > 0, false)
         OR CASE WHEN k.side = 'liability' THEN da.stripe = 0 OR ca.stripe <> 0 OR d.debit_balance <> 0 ELSE da.stripe <> 0 OR ca.stripe = 0 OR d.credit_balance <> 0 END) LIMIT 50`,
  ),
];
