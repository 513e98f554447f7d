import type { MigrationInterface, QueryRunner } from 'typeorm';
import { entryFunctions } from './entry-functions.js';

/** Reading by both clocks, closed periods, entries that show reversals and whole accounts, and what operations watch. */
export class LedgerReading1764000010012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [...entryFunctions, RECORDED, EFFECTIVE, WATCH]) await runner.query(part);
    await runner.query('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC');
    for (const name of READING)
      await runner.query(
        `GRANT EXECUTE ON FUNCTION ledger.${name} TO bailee_reception, bailee_compliance, bailee_custody, bailee_staking, bailee_rewards`,
      );
    await runner.query('GRANT EXECUTE ON FUNCTION ledger.health TO bailee_custody');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const READING = [
  'entries_before',
  'entries_after',
  'balance_recorded',
  'trial_balance_recorded',
  'balance_effective',
  'trial_balance_effective',
  'periods',
  'closed_trial_balance',
];

const RECORDED = `
  -- The last batch that had its number by then. Halves powers of two, not the range there is now: so the answer for a time stays the same while the ledger grows.
  CREATE FUNCTION ledger.cut_at(p_at timestamptz) RETURNS bigint LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_low bigint := 0; v_newest ledger.batch; v_at timestamptz;
  BEGIN
    SELECT * INTO v_newest FROM ledger.batch b ORDER BY b.id DESC LIMIT 1;
    IF NOT found OR v_newest.created_at <= p_at THEN RETURN coalesce(v_newest.id, 0); END IF;
    FOR v_bit IN REVERSE 62 .. 0 LOOP
      CONTINUE WHEN (1::bigint << v_bit) > v_newest.id - v_low;
      SELECT b.created_at INTO v_at FROM ledger.batch b WHERE b.id <= v_low + (1::bigint << v_bit) ORDER BY b.id DESC LIMIT 1;
      IF NOT found OR v_at <= p_at THEN v_low := v_low + (1::bigint << v_bit); END IF;
    END LOOP;
    RETURN v_low;
  END $$;

  CREATE FUNCTION ledger.balance_recorded(p_kind smallint, p_owner text, p_asset smallint, p_at timestamptz) RETURNS numeric
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.balance FROM ledger.account a, LATERAL ledger.whole_before(a.id, ledger.cut_at(p_at) + 1, 0) w WHERE a.kind = p_kind AND a.owner = p_owner AND a.asset = p_asset AND a.stripe = 0 $$;

  -- The balances of now without what was recorded since: costs what has happened since.
  CREATE FUNCTION ledger.trial_balance_recorded(p_at timestamptz) RETURNS TABLE(entity smallint, kind smallint, asset smallint, balance numeric)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_cut bigint := ledger.cut_at(p_at);
  BEGIN
    RETURN QUERY
      SELECT b.entity, b.kind, b.asset, sum(c.x) FROM (
        SELECT t.account_id account, t.balance x FROM ledger.balance t
        UNION ALL SELECT side.account, side.x FROM ledger.decision d, LATERAL (VALUES (d.debit_account, d.amount), (d.credit_account, -d.amount)) side(account, x)
                   WHERE d.status = 0 AND d.batch_id > v_cut) c
        JOIN ledger.balance b ON b.account_id = c.account GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
  END $$;
`;

const EFFECTIVE = `
  -- Changes of one row in the batches of (p_after, p_to] that count at or before p_at and not before p_from.
  CREATE FUNCTION ledger.changes_counted(p_account bigint, p_entity smallint, p_after bigint, p_to bigint, p_from timestamptz, p_at timestamptz) RETURNS numeric
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_from bigint := ledger.versions_before(p_account, p_after + 1, 0); v_to bigint := ledger.versions_before(p_account, p_to + 1, 0);
  BEGIN
    RETURN (SELECT coalesce(sum(l.change), 0) FROM (
        SELECT -d.amount change, d.batch_id, d.effective_at FROM ledger.decision d WHERE d.debit_account = p_account AND d.status = 0 AND d.debit_version > v_from AND d.debit_version <= v_to
        UNION ALL SELECT d.amount, d.batch_id, d.effective_at FROM ledger.decision d WHERE d.credit_account = p_account AND d.status = 0 AND d.credit_version > v_from AND d.credit_version <= v_to) l
       WHERE ledger.business_at(p_entity, l.batch_id, l.effective_at) BETWEEN p_from AND p_at);
  END $$;

  -- Days before, of the rollup; the begun day and what is not rolled up yet, of the transfers themselves.
  CREATE FUNCTION ledger.balance_effective(p_kind smallint, p_owner text, p_asset smallint, p_at timestamptz) RETURNS numeric
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sum(coalesce((SELECT sum(t.credits - t.debits) FROM ledger.day_delta t WHERE t.account_id = a.id AND t.day < ledger.day_of(p_at)), 0)
             + coalesce((SELECT ledger.changes_counted(a.id, k.entity, t.first_batch - 1, t.last_batch, ledger.start_of(t.day), p_at) FROM ledger.day_delta t
                          WHERE t.account_id = a.id AND t.day = ledger.day_of(p_at)), 0)
             + ledger.changes_counted(a.id, k.entity, r.rolled_to, 9223372036854775806, '-infinity', p_at))
      FROM ledger.account a JOIN ledger.account_kind k ON k.code = a.kind, ledger.rollup r WHERE a.kind = p_kind AND a.owner = p_owner AND a.asset = p_asset $$;

  CREATE FUNCTION ledger.trial_balance_effective(p_at timestamptz) RETURNS TABLE(entity smallint, kind smallint, asset smallint, balance numeric)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_rolled bigint; v_first bigint; v_last bigint; v_day date := ledger.day_of(p_at);
  BEGIN
    SELECT r.rolled_to INTO v_rolled FROM ledger.rollup r;
    SELECT min(t.first_batch), max(t.last_batch) INTO v_first, v_last FROM ledger.day_delta t WHERE t.day = v_day;
    RETURN QUERY
      SELECT b.entity, b.kind, b.asset, sum(c.x) FROM (
        SELECT t.account_id account, 0::numeric x FROM ledger.balance t
        UNION ALL SELECT t.account_id, t.credits - t.debits FROM ledger.day_delta t WHERE t.day < v_day
        UNION ALL SELECT side.account, side.x FROM ledger.decision d JOIN ledger.balance e ON e.account_id = d.debit_account,
                    LATERAL ledger.business_at(e.entity, d.batch_id, d.effective_at) counted, LATERAL (VALUES (d.debit_account, -d.amount), (d.credit_account, d.amount)) side(account, x)
                   WHERE d.status = 0 AND d.batch_id BETWEEN v_first AND v_last AND counted BETWEEN ledger.start_of(v_day) AND p_at
        UNION ALL SELECT side.account, side.x FROM ledger.decision d JOIN ledger.balance e ON e.account_id = d.debit_account,
                    LATERAL ledger.business_at(e.entity, d.batch_id, d.effective_at) counted, LATERAL (VALUES (d.debit_account, -d.amount), (d.credit_account, d.amount)) side(account, x)
                   WHERE d.status = 0 AND d.batch_id > v_rolled AND counted <= p_at) c
        JOIN ledger.balance b ON b.account_id = c.account GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
  END $$;
`;

const WATCH = `
  CREATE FUNCTION ledger.periods(p_entity smallint) RETURNS TABLE(seq int, through date, closed_by text, recorded_at timestamptz, digest bytea)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.seq, p.through, p.closed_by, p.recorded_at, p.digest FROM ledger.period p WHERE p.entity = p_entity ORDER BY p.seq $$;

  CREATE FUNCTION ledger.closed_trial_balance(p_entity smallint, p_seq int) RETURNS TABLE(entity smallint, kind smallint, asset smallint, balance numeric)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.entity, p.kind, p.asset, p.balance FROM ledger.period_balance p WHERE p.entity = p_entity AND p.seq = p_seq ORDER BY p.kind, p.asset $$;

  CREATE FUNCTION ledger.health(OUT entity smallint, OUT asset smallint, OUT imbalance numeric, OUT not_rolled_up bigint) RETURNS SETOF record
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.entity, b.asset, sum(b.balance), (SELECT coalesce(sum(t.items), 0) FROM ledger.batch t, ledger.rollup r WHERE t.id > r.rolled_to)
      FROM ledger.balance b GROUP BY 1, 2 ORDER BY 1, 2 $$;
`;
