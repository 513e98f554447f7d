import type { MigrationInterface, QueryRunner } from 'typeorm';
import { chartRows } from './chart-rows-001.js';

/**
 * The first rows of the chart, as they were then. What the chart gained since comes with later migrations: docs/ledger.md, "Changing the chart".
 */
export class LedgerChart1764000010002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FUNCTIONS);
    await runner.query(chartRows);
    await runner.query('SELECT ledger.record_chart()');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const FUNCTIONS = `
  -- All rows of the chart, every column, in the order of their keys: what a room compares with its code when it starts.
  CREATE FUNCTION ledger.chart() RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT jsonb_build_object(
      'entity', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM ledger.entity t),
      'asset', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id) FROM ledger.asset t),
      'account_kind', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM ledger.account_kind t),
      'transfer_kind', (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.code) FROM ledger.transfer_kind t)) $$;

  CREATE FUNCTION ledger.record_chart() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_digest bytea := sha256(convert_to(ledger.chart()::text, 'UTF8')); v_seq int; v_last bytea;
  BEGIN
    SELECT l.seq, l.chart_digest INTO v_seq, v_last FROM ledger.chart_log l ORDER BY l.seq DESC LIMIT 1;
    IF v_last IS DISTINCT FROM v_digest THEN
      v_seq := coalesce(v_seq, 0) + 1;
      INSERT INTO ledger.chart_log(seq, chart_digest, recorded_at, recorded_by, digest)
      VALUES (v_seq, v_digest, now(), session_user, sha256(int4send(v_seq) || v_digest || timestamptz_send(now()) || convert_to(session_user::text, 'UTF8')));
    END IF;
  END $$;
`;
