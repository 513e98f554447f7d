import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Vaults of pools for one client each, of which nobody else is told. Those opened already are known by the names that only they are given. */
export class CustodyDedicatedVaults1764000060006 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE custody.wallet ADD COLUMN dedicated boolean NOT NULL DEFAULT false');
    await db.query(`UPDATE custody.wallet SET dedicated = true WHERE pool_id LIKE '%-dedicated-%'`);
    await db.query(`ALTER TABLE custody.wallet ADD CONSTRAINT wallet_dedicated CHECK (NOT dedicated OR role = 'vault')`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE custody.wallet DROP COLUMN dedicated');
  }
}
