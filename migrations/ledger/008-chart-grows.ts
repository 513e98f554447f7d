import type { MigrationInterface, QueryRunner } from 'typeorm';
import { chartRows } from './chart-rows.js';

/** The chart as it is now: adds the rows that are not there yet. While it is the last to run them, it imports the generated `chart-rows.ts`. */
export class LedgerChartGrows1764000010008 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(chartRows);
    await runner.query('SELECT ledger.record_chart()');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}
