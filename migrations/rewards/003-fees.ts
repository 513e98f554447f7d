import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How a pool pays its rewards, and the fees by tier in the versions that staking announced. */
export class Fees1764000090003 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE rewards.pool ADD COLUMN mode text NOT NULL DEFAULT 'payout' CHECK (mode IN ('payout', 'compound'))`);
    await db.query(`CREATE TABLE rewards.fee_schedule (
      pool_id text NOT NULL REFERENCES rewards.pool,
      tier text NOT NULL CHECK (tier ~ '^[a-z][a-z0-9_]{0,31}$'),
      version integer NOT NULL CHECK (version > 0),
      commission_bps integer NOT NULL CHECK (commission_bps BETWEEN 0 AND 10000),
      effective_at timestamptz NOT NULL,
      PRIMARY KEY (pool_id, tier, version)
    )`);
    await db.query('GRANT SELECT, INSERT ON rewards.fee_schedule TO bailee_rewards');
    await db.query(`INSERT INTO rewards.fee_schedule (pool_id, tier, version, commission_bps, effective_at)
      SELECT id, 'standard', 1, commission_bps, created_at FROM rewards.pool`);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE rewards.fee_schedule');
    await db.query('ALTER TABLE rewards.pool DROP COLUMN mode');
  }
}
