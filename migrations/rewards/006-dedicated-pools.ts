import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Pools for one client each, of which nobody else is told. Those opened already are known by the names that only they are given. */
export class DedicatedPools1764000090006 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE rewards.pool ADD COLUMN dedicated boolean NOT NULL DEFAULT false');
    await db.query(`UPDATE rewards.pool SET dedicated = true WHERE id LIKE '%-dedicated-%'`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('ALTER TABLE rewards.pool DROP COLUMN dedicated');
  }
}
