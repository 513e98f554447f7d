import type { MigrationInterface, QueryRunner } from 'typeorm';
import { POST } from './003-post.js';
import { POST_ONE } from './004-post-one.js';

/**
 * The two clocks. System time: a batch says when it took its number, which is after its locks, so time rises with the versions of every account.
 * Business time: the effective time, except where its day was closed when it was recorded: then the start of the first open day. Rolled up by account and
 * day in the background, never on the way of a posting.
 */
export class LedgerPeriods1764000010011 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [...POSTING, TABLES, ROLL_UP, CLOSE]) await runner.query(part);
    await runner.query('REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC');
    await runner.query('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC');
    for (const name of ['roll_up', 'close_period']) await runner.query(`GRANT EXECUTE ON FUNCTION ledger.${name} TO bailee_custody`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

/** post() as it is, but for the time of its batch: when the number was taken, not when the transaction began. */
const timed = (sql: string): string =>
  sql
    .replace('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')
    .replace('DECLARE\n', 'DECLARE\n  v_now timestamptz;\n')
    .replace(`v_batch := nextval('ledger.batch_id');`, `v_batch := nextval('ledger.batch_id'); v_now := clock_timestamp();`)
    .replaceAll('now()', 'v_now');
const POSTING = [timed(POST), timed(POST_ONE)];

const TABLES = `
  -- What was moved on an account by business day (UTC), over all batches up to rollup.rolled_to. first_batch and last_batch say where its transfers lie.
  CREATE TABLE ledger.day_delta(
    account_id bigint NOT NULL, day date NOT NULL, debits numeric NOT NULL, credits numeric NOT NULL, transfers bigint NOT NULL, first_batch bigint NOT NULL, last_batch bigint NOT NULL,
    PRIMARY KEY (account_id, day)) WITH (fillfactor = 80);
  -- One row. rolled_to: every batch up to this number is settled (committed or never to be) and rolled up. The fence is a number of batch and a transaction that
  -- began after it was read: when no transaction up to that one runs, no batch up to that number can appear any more.
  CREATE TABLE ledger.rollup(
    only_row boolean PRIMARY KEY CHECK (only_row), rolled_to bigint NOT NULL, fence_batch bigint NOT NULL, fence_xid xid8 NOT NULL, digest bytea NOT NULL);
  INSERT INTO ledger.rollup SELECT true, 0, 0, x, sha256(int8send(0) || int8send(0) || xid8send(x)) FROM (SELECT '3'::xid8 x) q;

  -- A closed period of an entity: everything up to a day, as of the batches up to cut. Chained by entity. Its trial balance never changes: what is recorded
  -- later counts in the first open day.
  CREATE TABLE ledger.period(
    entity smallint NOT NULL REFERENCES ledger.entity, seq int NOT NULL, through date NOT NULL, cut bigint NOT NULL, closed_by text NOT NULL,
    role name NOT NULL, xid xid8 NOT NULL, recorded_at timestamptz NOT NULL, previous bytea NOT NULL, digest bytea NOT NULL, PRIMARY KEY (entity, seq));
  CREATE TABLE ledger.period_balance(
    entity smallint NOT NULL, seq int NOT NULL, kind smallint NOT NULL, asset smallint NOT NULL, balance numeric NOT NULL,
    PRIMARY KEY (entity, seq, kind, asset), FOREIGN KEY (entity, seq) REFERENCES ledger.period);
  CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.period FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();
  CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.period_balance FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();
  CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger.day_delta FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();
  CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger.rollup FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();

  -- these three are called for each row, so they are left without settings of their own: only then they are expanded in place
  CREATE FUNCTION ledger.day_of(p_at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT (p_at AT TIME ZONE 'UTC')::date $$;
  CREATE FUNCTION ledger.start_of(p_day date) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$ SELECT p_day::timestamp AT TIME ZONE 'UTC' $$;
  -- When a transfer of the entity counts: a period closed before its batch pushes it to the first day after.
  CREATE FUNCTION ledger.business_at(p_entity smallint, p_batch bigint, p_effective timestamptz) RETURNS timestamptz
  LANGUAGE sql STABLE AS $$
    SELECT greatest(p_effective, (SELECT ledger.start_of(max(p.through) + 1) FROM ledger.period p WHERE p.entity = p_entity AND p.cut < p_batch)) $$;
`;

const ROLL_UP = `
  -- Rolls up to the fence, if it is passed. Periods closed so far were cut at or before rolled_to, so each of them was closed before these batches.
  CREATE FUNCTION ledger.roll_to_fence(p_most bigint) RETURNS ledger.rollup LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE s ledger.rollup; v_to bigint;
  BEGIN
    PERFORM pg_advisory_xact_lock(7201505, 0);
    SELECT * INTO s FROM ledger.rollup r;
    -- a fence from the future was set in another cluster, before a restore: all that came with it is settled
    IF s.fence_batch = s.rolled_to OR (s.fence_xid >= pg_snapshot_xmin(pg_current_snapshot()) AND s.fence_xid < pg_snapshot_xmax(pg_current_snapshot())) THEN RETURN s; END IF;
    v_to := least(s.fence_batch, (SELECT q.id FROM (SELECT b.id, sum(b.items) OVER (ORDER BY b.id) - b.items AS before FROM ledger.batch b WHERE b.id > s.rolled_to) q
                                   WHERE q.before >= p_most ORDER BY q.id LIMIT 1) - 1);
    INSERT INTO ledger.day_delta AS t(account_id, day, debits, credits, transfers, first_batch, last_batch)
    SELECT l.account, l.day, sum(l.debit), sum(l.credit), count(*), min(l.batch_id), max(l.batch_id)
      FROM (SELECT side.account, greatest(ledger.day_of(d.effective_at), o.day) AS day, side.debit, side.credit, d.batch_id
              FROM ledger.decision d JOIN ledger.balance b ON b.account_id = d.debit_account
              LEFT JOIN (SELECT p.entity, max(p.through) + 1 AS day FROM ledger.period p GROUP BY p.entity) o ON o.entity = b.entity,
              LATERAL (VALUES (d.debit_account, d.amount, 0::numeric), (d.credit_account, 0, d.amount)) side(account, debit, credit)
             WHERE d.status = 0 AND d.batch_id > s.rolled_to AND d.batch_id <= v_to) l
     GROUP BY 1, 2 ORDER BY 1, 2
    ON CONFLICT (account_id, day) DO UPDATE SET debits = t.debits + EXCLUDED.debits, credits = t.credits + EXCLUDED.credits, transfers = t.transfers + EXCLUDED.transfers,
      first_batch = least(t.first_batch, EXCLUDED.first_batch), last_batch = greatest(t.last_batch, EXCLUDED.last_batch);
    RETURN ledger.set_rollup(v_to, s.fence_batch, s.fence_xid);
  END $$;

  CREATE FUNCTION ledger.set_rollup(p_rolled_to bigint, p_fence_batch bigint, p_fence_xid xid8) RETURNS ledger.rollup LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    UPDATE ledger.rollup r SET rolled_to = p_rolled_to, fence_batch = p_fence_batch, fence_xid = p_fence_xid,
      digest = sha256(int8send(p_rolled_to) || int8send(p_fence_batch) || xid8send(p_fence_xid)) RETURNING r.* $$;

  -- One step of the background work, in a transaction of its own: rolls up whole batches that are settled, until p_most decisions are reached, and sets the next
  -- fence. Returns the batches rolled.
  -- Every batch takes its number in a transaction that has its xid already; so a transaction whose xid comes after the number was read is younger than all of them.
  CREATE FUNCTION ledger.roll_up(p_most bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_number bigint; v_before bigint; s ledger.rollup;
  BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
      RAISE EXCEPTION 'roll_up comes first in its transaction: its fence must be younger than every number before it' USING errcode = '25001';
    END IF;
    SELECT CASE WHEN q.is_called THEN q.last_value ELSE 0 END INTO v_number FROM ledger.batch_id q;
    PERFORM pg_advisory_xact_lock(7201505, 0);
    SELECT r.rolled_to INTO v_before FROM ledger.rollup r;
    s := ledger.roll_to_fence(p_most);
    IF s.rolled_to = s.fence_batch AND v_number > s.rolled_to THEN s := ledger.set_rollup(s.rolled_to, v_number, pg_current_xact_id()); END IF;
    RETURN (SELECT count(*) FROM ledger.batch b WHERE b.id > v_before AND b.id <= s.rolled_to);
  END $$;
`;

const CLOSE = `
  -- outcome: closed (now, or by this very request before) · already_closed (a later day is closed) · not_over (the day is not over) · unsettled (postings of the
  -- period are not rolled up yet: again in a moment)
  CREATE FUNCTION ledger.close_period(p_entity smallint, p_through date, p_closed_by text, OUT outcome text, OUT closed_seq int)
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_last ledger.period; s ledger.rollup; v_lines bytea;
  BEGIN
    IF coalesce(p_closed_by, '') = '' OR p_through IS NULL OR NOT EXISTS (SELECT FROM ledger.entity e WHERE e.code = p_entity) THEN
      RAISE EXCEPTION 'a close names an entity, a day and who closes it' USING errcode = '22023';
    END IF;
    PERFORM pg_advisory_xact_lock(7201505, 0);
    SELECT * INTO v_last FROM ledger.period p WHERE p.entity = p_entity ORDER BY p.seq DESC LIMIT 1;
    IF p_through = v_last.through THEN outcome := 'closed'; closed_seq := v_last.seq; RETURN; END IF;
    IF p_through < v_last.through THEN outcome := 'already_closed'; RETURN; END IF;
    IF p_through >= ledger.day_of(clock_timestamp()) THEN outcome := 'not_over'; RETURN; END IF;
    s := ledger.roll_to_fence(9223372036854775806);
    IF EXISTS (SELECT FROM ledger.decision d JOIN ledger.balance b ON b.account_id = d.debit_account
                WHERE d.batch_id > s.rolled_to AND d.status = 0 AND b.entity = p_entity AND ledger.day_of(d.effective_at) <= p_through) THEN outcome := 'unsettled'; RETURN; END IF;
    closed_seq := coalesce(v_last.seq, 0) + 1;
    WITH line AS (
      SELECT b.kind, b.asset, sum(t.credits - t.debits) balance FROM ledger.day_delta t JOIN ledger.balance b ON b.account_id = t.account_id
       WHERE b.entity = p_entity AND t.day <= p_through GROUP BY 1, 2)
    SELECT coalesce(array_send(array_agg(l.kind ORDER BY l.kind, l.asset)) || array_send(array_agg(l.asset ORDER BY l.kind, l.asset)) || array_send(array_agg(l.balance ORDER BY l.kind, l.asset)), ''::bytea)
      INTO v_lines FROM line l;
    INSERT INTO ledger.period(entity, seq, through, cut, closed_by, role, xid, recorded_at, previous, digest)
    VALUES (p_entity, closed_seq, p_through, s.rolled_to, p_closed_by, session_user, pg_current_xact_id(), now(), coalesce(v_last.digest, ''::bytea),
      sha256(int2send(p_entity) || int4send(closed_seq) || date_send(p_through) || int8send(s.rolled_to) || xid8send(pg_current_xact_id()) || timestamptz_send(now())
        || array_send(array[convert_to(p_closed_by, 'UTF8'), convert_to(session_user::text, 'UTF8'), coalesce(v_last.digest, ''::bytea), v_lines])));
    INSERT INTO ledger.period_balance(entity, seq, kind, asset, balance)
    SELECT p_entity, closed_seq, b.kind, b.asset, sum(t.credits - t.debits) FROM ledger.day_delta t JOIN ledger.balance b ON b.account_id = t.account_id
     WHERE b.entity = p_entity AND t.day <= p_through GROUP BY b.kind, b.asset;
    outcome := 'closed';
  END $$;
`;
