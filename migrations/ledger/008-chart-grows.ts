import type { MigrationInterface, QueryRunner } from 'typeorm';
import { chartRows } from './chart-rows-008.js';

/**
 * Two policies for kinds (over how many stripes an account is spread, whether a transfer may be reversed), and the chart as it is now: adds the rows
 * that are not there yet.
 */
export class LedgerChartGrows1764000010008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(POLICIES);
    await runner.query(chartRows);
    await runner.query('SELECT ledger.record_chart()');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const POLICIES = `
  ALTER TABLE ledger.account_kind ADD COLUMN stripes smallint NOT NULL DEFAULT 0 CHECK (stripes BETWEEN 0 AND 64);
  ALTER TABLE ledger.transfer_kind ADD COLUMN reversible boolean NOT NULL DEFAULT false;
`;
