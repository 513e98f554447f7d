import type { MigrationInterface, QueryRunner } from 'typeorm';

const NONE = 'NOT NULL DEFAULT 0';
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const hex = (name: string, bytes: number): string => `${name} text CHECK (${name} ~ '^0x[0-9a-f]{${bytes * 2}}$')`;

/** What a report was judged by and when it was sent; what a pool's rate is worth; running totals from which any rate is one subtraction. */
export class ReportsInFull1764000090004 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...pools, ...reports, ...totals]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

const pools = [
  `ALTER TABLE rewards.pool
     -- whether the rate may be traded on, as staking was told, and of which report that speaks
     ADD COLUMN standing text NOT NULL DEFAULT 'current' CHECK (standing IN ('current', 'late', 'held')),
     ADD COLUMN standing_number integer NOT NULL DEFAULT 1 CHECK (standing_number > 0),
     ADD COLUMN standing_since timestamptz,
     -- when the last report was applied
     ADD COLUMN reported_at timestamptz,
     -- how far the pool is below its high-water mark at most: losses that later rewards have not made good
     ADD COLUMN ${units('loss_carried', NONE)},
     -- whom a pool for one client is for
     ADD COLUMN client_id uuid,
     -- why the last look at the chain came to nothing
     ADD COLUMN trouble text,
     ADD COLUMN trouble_at timestamptz,
     ADD CHECK ((trouble IS NULL) = (trouble_at IS NULL))`,
  `UPDATE rewards.pool p SET standing_number = p.report_number + 1,
          reported_at = (SELECT applied_at FROM rewards.report r WHERE r.pool_id = p.id AND r.number = p.report_number AND r.state = 'applied'),
          loss_carried = coalesce((
            SELECT greatest(max(running), 0) - (array_agg(running ORDER BY number DESC))[1]
              FROM (SELECT number, sum(reward) OVER (ORDER BY number) AS running FROM rewards.report r WHERE r.pool_id = p.id AND r.state = 'applied') t), 0)`,
];

const reports = [
  `ALTER TABLE rewards.report
     -- the execution block of the closing checkpoint: asked for again before the report goes out
     ADD COLUMN ${hex('to_block_hash', 32)},
     -- when the period closed, by the chain's clock
     ADD COLUMN closed_at timestamptz,
     -- each limit with its value, what the sources said, who is far from the rest
     ADD COLUMN evidence jsonb,
     -- SHA-256 of all that people are shown and staking is sent
     ADD COLUMN content_hash text CHECK (content_hash ~ '^[0-9a-f]{64}$'),
     ADD COLUMN sent_at timestamptz,
     -- as staking applied it
     ADD COLUMN ${units('covered', NONE)},
     ADD COLUMN ${units('pool_assets', '')},
     ADD COLUMN ${units('pool_shares', '')},
     ADD COLUMN ${units('reward_index', '')}`,
  `UPDATE rewards.report SET sent_at = created_at WHERE state IN ('within_limits', 'approved', 'applied')`,
  `ALTER TABLE rewards.report ADD CHECK (state <> 'applied' OR sent_at IS NOT NULL)`,
  `ALTER TABLE rewards.approval ADD COLUMN content_hash text CHECK (content_hash ~ '^[0-9a-f]{64}$')`,
  // who wants a stop lifted that nobody of the staff made; of the stop that the pool's version tells
  `CREATE TABLE rewards.release_voice (
    pool_id text NOT NULL REFERENCES rewards.pool,
    pool_version integer NOT NULL,
    staff_id uuid NOT NULL,
    comment text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, pool_version, staff_id)
  )`,
  'GRANT SELECT, INSERT ON rewards.release_voice TO bailee_rewards',
];

const totals = [
  // One row an applied report: all sums from the first report up to it. What a window earned is a difference of two rows.
  `CREATE TABLE rewards.rate_total (
    pool_id text NOT NULL REFERENCES rewards.pool,
    number integer NOT NULL CHECK (number > 0),
    applied_at timestamptz NOT NULL,
    seconds numeric NOT NULL,
    exposure numeric NOT NULL,
    reward numeric NOT NULL,
    commission numeric NOT NULL,
    covered numeric NOT NULL,
    priority_fees numeric NOT NULL,
    mev numeric NOT NULL,
    samples integer NOT NULL,
    PRIMARY KEY (pool_id, number)
  )`,
  'CREATE INDEX rate_total_seconds ON rewards.rate_total (pool_id, seconds)',
  'GRANT SELECT, INSERT ON rewards.rate_total TO bailee_rewards',
  `INSERT INTO rewards.rate_total (pool_id, number, applied_at, seconds, exposure, reward, commission, covered, priority_fees, mev, samples)
   SELECT pool_id, number, applied_at, sum(seconds) OVER so_far, sum(principal * seconds) OVER so_far, sum(reward) OVER so_far,
          sum(commission) OVER so_far, 0, sum(priority_fees) OVER so_far, sum(mev) OVER so_far, count(*) OVER so_far
     FROM rewards.report WHERE state = 'applied' WINDOW so_far AS (PARTITION BY pool_id ORDER BY number)`,
];

const undo = [
  'DROP TABLE rewards.rate_total',
  'DROP TABLE rewards.release_voice',
  'ALTER TABLE rewards.approval DROP COLUMN content_hash',
  `ALTER TABLE rewards.report DROP COLUMN to_block_hash, DROP COLUMN closed_at, DROP COLUMN evidence, DROP COLUMN content_hash, DROP COLUMN sent_at,
     DROP COLUMN covered, DROP COLUMN pool_assets, DROP COLUMN pool_shares, DROP COLUMN reward_index`,
  `ALTER TABLE rewards.pool DROP COLUMN standing, DROP COLUMN standing_number, DROP COLUMN standing_since, DROP COLUMN reported_at,
     DROP COLUMN loss_carried, DROP COLUMN trouble, DROP COLUMN trouble_at, DROP COLUMN client_id`,
];
