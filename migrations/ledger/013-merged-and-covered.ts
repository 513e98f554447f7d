import type { MigrationInterface, QueryRunner } from 'typeorm';
import { chartRows } from './chart-rows-013.js';

/** Kinds for validators that are merged and for stake that is lost to a foreign key. */
export class LedgerMergedAndCovered1764000010013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(chartRows);
    await runner.query('SELECT ledger.record_chart()');
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}
