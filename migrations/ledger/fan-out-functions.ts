import { batchDigest, DECISION_COLUMNS } from './digest.js';

/**
 * The two fast ways of fan_out(), which migration 015 runs. Each is one pass: one UPDATE locks and moves all balances in account order, as post() does, the
 * lines that come back are numbered and stored, and the batch is digested as verify recomputes it. A line that its own account refuses (a hold, a floor)
 * is stored as a refusal and put right. Both leave by `fan_out.not_plain` where lines depend on each other: then post() decides.
 */
const LIMIT = '9'.repeat(38);
const SETTINGS = `LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_mergejoin = off SET enable_hashjoin = off SET work_mem = '64MB'`;
const NOT_PLAIN = `RAISE EXCEPTION 'fan_out.not_plain' USING errcode = 'BL001'`;

/** Moves what can move; what cannot is only locked, and marked by the complement of its version (never a version), as in post(). */
const moved = (stay: string, change: string, source: string, returning: string): string => `
  moved AS (
    UPDATE ledger.balance t SET balance = CASE WHEN ${stay} THEN t.balance ELSE ${change} END, version = CASE WHEN ${stay} THEN ~t.version ELSE t.version + 1 END
      FROM (${source} ORDER BY account) d WHERE t.account_id = d.account
    RETURNING t.balance, t.version, t.holds, ${returning}),
  -- the number of the batch is taken when every lock is held
  base AS MATERIALIZED (SELECT q.n, nextval('ledger.batch_id') batch, clock_timestamp() at FROM (SELECT count(*) n FROM moved) q)`;

/** Keys in order: two calls that share keys wait for each other in one direction only. */
const stored = `
  stored AS (
    INSERT INTO ledger.decision(${DECISION_COLUMNS})
    SELECT b.batch, l.item, l.journal, l.status, l.kind, l.debit_account, l.credit_account, l.debit_version, l.credit_version, l.effective_at, l.key, l.reference, l.asset, l.amount,
           l.debit_balance, l.credit_balance, l.request_hash FROM line l, base b ORDER BY l.key)`;

/** The digest of a batch, where number and time come from `base`. */
const digest = batchDigest('d').replaceAll('v_batch', 'min(b.batch)').replaceAll('v_now', 'min(b.at)');
const verdict = `min(b.batch), min(b.at), min(b.n), count(*) FILTER (WHERE d.status = 0), coalesce(sum(d.amount) FILTER (WHERE d.status = 0), 0),
         array_agg(d.item) FILTER (WHERE d.status <> 0), array_agg(d.status) FILTER (WHERE d.status <> 0), ${digest}`;
const VERDICT = 'v_batch, v_now, v_met, posted, total, refused, reason, v_digest';
const store = `INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) VALUES (v_batch, v_xid, cardinality(p_key), session_user, v_now, v_digest);`;
const OUTCOME = 'OUT posted int, OUT total numeric, OUT refused int[], OUT reason smallint[]';
const DECLARED = 'v_batch bigint; v_xid xid8 := pg_current_xact_id(); v_now timestamptz; v_digest bytea; v_met bigint;';

/** p_out: the common account is debited. p_hash: what stands before owner, between owner and amount, and after the amount in the text of a request hash. */
const COMMON = `
CREATE FUNCTION ledger.fan_out_common(
  p_kind smallint, p_scope int, p_asset smallint, p_out boolean, p_common bigint, p_account bigint[], p_owner text[], p_amount numeric[], p_key uuid[],
  p_effective timestamptz, p_reference uuid, p_hash text[], ${OUTCOME})
${SETTINGS} AS $$
DECLARE ${DECLARED} v_refused bigint[];
BEGIN
  WITH ${moved(
    `d.o = 0 OR t.holds & p_scope <> 0 OR t.balance + d.x < coalesce(t.floor, -${LIMIT}) OR t.balance + d.x > coalesce(t.ceiling, ${LIMIT})`,
    't.balance + d.x',
    `SELECT q.account, CASE WHEN p_out THEN q.x ELSE -q.x END x, q.owner, q.key, q.o FROM unnest(p_account, p_amount, p_owner, p_key) WITH ORDINALITY q(account, x, owner, key, o)
            UNION ALL SELECT p_common, 0, '', NULL, 0`,
    't.account_id account, d.x, d.owner, d.key, d.o',
  )},
  judged AS (SELECT m.*, (CASE WHEN m.holds & p_scope <> 0 THEN 4 WHEN m.version < 0 THEN 2 ELSE 0 END)::smallint s FROM moved m WHERE m.o > 0),
  numbered AS (
    SELECT j.*, (SELECT m.balance FROM moved m WHERE m.o = 0) - sum(CASE WHEN j.s = 0 THEN j.x ELSE 0 END) OVER w cb, (SELECT ~m.version FROM moved m WHERE m.o = 0) + count(*) FILTER (WHERE j.s = 0) OVER w cv
      FROM judged j WINDOW w AS (ORDER BY j.o ROWS UNBOUNDED PRECEDING)),
  line AS MATERIALIZED (
    SELECT q.o::int item, 0 journal, q.s status, p_kind kind, CASE WHEN q.s = 0 THEN p_asset END asset, q.key, p_effective effective_at, p_reference reference, q.account, abs(q.x) amount,
           CASE WHEN p_out THEN p_common ELSE q.account END debit_account, CASE WHEN p_out THEN q.account ELSE p_common END credit_account,
           CASE WHEN q.s <> 0 THEN NULL WHEN p_out THEN q.cb ELSE q.balance END debit_balance, CASE WHEN q.s <> 0 THEN NULL WHEN p_out THEN q.cv ELSE q.version END debit_version,
           CASE WHEN q.s <> 0 THEN NULL WHEN p_out THEN q.balance ELSE q.cb END credit_balance, CASE WHEN q.s <> 0 THEN NULL WHEN p_out THEN q.version ELSE q.cv END credit_version,
           sha256(convert_to(p_hash[1] || octet_length(q.owner) || ':' || q.owner || p_hash[2] || abs(q.x) || p_hash[3], 'UTF8')) request_hash
      FROM numbered q),
  ${stored}
  SELECT ${verdict}, array_agg(d.account) FILTER (WHERE d.status <> 0)
    INTO ${VERDICT}, v_refused FROM line d, base b;
  IF v_met IS DISTINCT FROM cardinality(p_key) + 1 THEN ${NOT_PLAIN}; END IF;
  UPDATE ledger.balance t SET balance = CASE WHEN p_out THEN t.balance - total ELSE t.balance + total END, version = (~t.version) + posted
   WHERE t.account_id = p_common AND t.holds & p_scope = 0
     AND CASE WHEN p_out THEN t.balance - total >= coalesce(t.floor, -${LIMIT}) ELSE t.balance + total <= coalesce(t.ceiling, ${LIMIT}) END;
  IF NOT found THEN ${NOT_PLAIN}; END IF;
  IF v_refused IS NOT NULL THEN UPDATE ledger.balance t SET version = ~t.version WHERE t.account_id = ANY (v_refused); END IF;
  ${store}
END $$`;

/** Both accounts are the line's owner's own. Only for kinds of one owner, or of one sort of owner. */
const OWN = `
CREATE FUNCTION ledger.fan_out_own(
  p_kind smallint, p_scope int, p_asset smallint, p_debit bigint[], p_credit bigint[], p_owner text[], p_amount numeric[], p_key uuid[],
  p_effective timestamptz, p_reference uuid, p_hash text[], ${OUTCOME})
${SETTINGS} AS $$
DECLARE ${DECLARED} v_debit bigint[]; v_credit bigint[]; v_amount numeric[];
BEGIN
  WITH ${moved(
    `t.holds & p_scope <> 0 OR t.balance + d.x < coalesce(t.floor, -${LIMIT}) OR t.balance + d.x > coalesce(t.ceiling, ${LIMIT})`,
    't.balance + d.x',
    `SELECT q.account, -q.x x, '' owner, NULL::uuid AS key, 2 * q.o place FROM unnest(p_debit, p_amount) WITH ORDINALITY q(account, x, o)
            UNION ALL SELECT q.account, q.x, q.owner, q.key, 2 * q.o + 1 FROM unnest(p_credit, p_amount, p_owner, p_key) WITH ORDINALITY q(account, x, owner, key, o)`,
    't.account_id account, d.x, d.owner, d.key, d.place',
  )},
  paired AS (
    SELECT m.*, lag(m.account) OVER w da, lag(m.balance) OVER w db, lag(m.version) OVER w dv, lag(m.holds) OVER w dh FROM moved m WINDOW w AS (ORDER BY m.place)),
  judged AS (
    SELECT p.*, (CASE WHEN (p.holds | p.dh) & p_scope <> 0 THEN 4 WHEN p.version < 0 OR p.dv < 0 THEN 2 ELSE 0 END)::smallint s FROM paired p WHERE p.place % 2 = 1),
  line AS MATERIALIZED (
    SELECT (q.place / 2)::int item, 0 journal, q.s status, p_kind kind, CASE WHEN q.s = 0 THEN p_asset END asset, q.key, p_effective effective_at, p_reference reference, q.x amount,
           q.da debit_account, q.account credit_account, CASE WHEN q.s = 0 THEN q.db END debit_balance, CASE WHEN q.s = 0 THEN q.dv END debit_version,
           CASE WHEN q.s = 0 THEN q.balance END credit_balance, CASE WHEN q.s = 0 THEN q.version END credit_version,
           sha256(convert_to(p_hash[1] || octet_length(q.owner) || ':' || q.owner || p_hash[2] || octet_length(q.owner) || ':' || q.owner || p_hash[3] || q.x || p_hash[4], 'UTF8')) request_hash
      FROM judged q),
  ${stored}
  SELECT ${verdict}, array_agg(d.debit_account) FILTER (WHERE d.status <> 0), array_agg(d.credit_account) FILTER (WHERE d.status <> 0), array_agg(d.amount) FILTER (WHERE d.status <> 0)
    INTO ${VERDICT}, v_debit, v_credit, v_amount FROM line d, base b;
  IF v_met IS DISTINCT FROM 2 * cardinality(p_key) THEN ${NOT_PLAIN}; END IF;
  IF v_debit IS NOT NULL THEN -- what moved on one side of a refused line is taken back, what was only locked is unmarked
    UPDATE ledger.balance t SET balance = CASE WHEN t.version < 0 THEN t.balance ELSE t.balance - q.x END, version = CASE WHEN t.version < 0 THEN ~t.version ELSE t.version - 1 END
      FROM (SELECT u.account, -u.x x FROM unnest(v_debit, v_amount) u(account, x) UNION ALL SELECT u.account, u.x FROM unnest(v_credit, v_amount) u(account, x)) q WHERE t.account_id = q.account;
  END IF;
  ${store}
END $$`;

export const fanOutFunctions: readonly string[] = [COMMON, OWN];
