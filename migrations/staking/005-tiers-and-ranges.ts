import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The reward index by tier of clients; what a report gave back of its commission and what covers bore; shares of exits whose rate is final but
 * which are not burnt yet, and what flooring left over of them; batches that never go on chain because those who enter pay those who leave.
 */
export class TiersAndRanges1764000080005 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...tiers, ...pools, ...reports, ...batches]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

const TIER = `tier text NOT NULL DEFAULT 'standard' CHECK (tier ~ '^[a-z][a-z0-9_]{0,31}$')`;
/** Whole base units, never negative, below what the ledger can hold. */
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
/** The reward index and fractions scaled by 10^27. */
const scaled = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e78)`;

const tiers = [
  `CREATE TABLE staking.pool_tier (
    pool_id text NOT NULL REFERENCES staking.pool,
    ${TIER},
    -- of its holders, those that earn
    ${units('shares')},
    ${scaled('reward_index')},
    ${scaled('index_remainder')},
    PRIMARY KEY (pool_id, tier)
  )`,
  'GRANT SELECT, INSERT, UPDATE ON staking.pool_tier TO bailee_staking',
  `INSERT INTO staking.pool_tier (pool_id, tier, shares, reward_index, index_remainder)
     SELECT id, 'standard', shares - fixed_shares, reward_index, index_remainder FROM staking.pool`,
  `ALTER TABLE staking.holder ADD COLUMN ${TIER}`,
  'CREATE INDEX holder_of_tier ON staking.holder (pool_id, tier, client_id)',
];

const pools = [
  `ALTER TABLE staking.pool DROP COLUMN reward_index, DROP COLUMN index_remainder,
     ADD COLUMN ${units('leaving_shares', 'NOT NULL DEFAULT 0')},
     ADD COLUMN ${units('surplus', 'NOT NULL DEFAULT 0')}`,
];

const reports = [
  `ALTER TABLE staking.pool_report ADD COLUMN ${units('rebate', 'NOT NULL DEFAULT 0')}, ADD COLUMN ${units('covered', 'NOT NULL DEFAULT 0')},
     ADD COLUMN ${units('netted', 'NOT NULL DEFAULT 0')}, ADD COLUMN ${units('set_aside', 'NOT NULL DEFAULT 0')},
     ADD COLUMN closed_at timestamptz`,
];

const batches = [
  'ALTER TABLE staking.batch DROP CONSTRAINT batch_kind_check',
  `ALTER TABLE staking.batch ADD CONSTRAINT batch_kind_check CHECK (kind IN ('validator', 'top_up', 'netting'))`,
];

const undo = [
  `UPDATE staking.batch SET kind = 'validator' WHERE kind = 'netting'`,
  'ALTER TABLE staking.batch DROP CONSTRAINT batch_kind_check',
  `ALTER TABLE staking.batch ADD CONSTRAINT batch_kind_check CHECK (kind IN ('validator', 'top_up'))`,
  'ALTER TABLE staking.pool_report DROP COLUMN rebate, DROP COLUMN covered, DROP COLUMN netted, DROP COLUMN set_aside, DROP COLUMN closed_at',
  `ALTER TABLE staking.pool DROP COLUMN leaving_shares, DROP COLUMN surplus, ADD COLUMN ${scaled('reward_index', 'NOT NULL DEFAULT 0')},
     ADD COLUMN ${scaled('index_remainder', 'NOT NULL DEFAULT 0')}`,
  'ALTER TABLE staking.pool ALTER COLUMN reward_index DROP DEFAULT, ALTER COLUMN index_remainder DROP DEFAULT',
  `UPDATE staking.pool p SET reward_index = t.reward_index, index_remainder = t.index_remainder
     FROM staking.pool_tier t WHERE t.pool_id = p.id AND t.tier = 'standard'`,
  'DROP INDEX staking.holder_of_tier',
  'ALTER TABLE staking.holder DROP COLUMN tier',
  'DROP TABLE staking.pool_tier',
];
