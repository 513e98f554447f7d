import type { MigrationInterface, QueryRunner } from 'typeorm';
import { chartRows } from './chart-rows.js';

/**
 * Kinds for pools whose rewards raise the rate, exits by range, instant exits, cover and recovery. While it is the last to run chart rows, it
 * imports the generated `chart-rows.ts`.
 */
export class LedgerPoolsInFull1764000010014 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(chartRows);
    await runner.query('SELECT ledger.record_chart()');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}
