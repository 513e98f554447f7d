import type { MigrationInterface, QueryRunner } from 'typeorm';

const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const NONE = 'NOT NULL DEFAULT 0';

/** Execution rewards by pool and block, counted once by a report; what top-ups and consolidation do to a validator's balance. */
export class ExecutionRewards1764000090002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...execution, ...reports]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

const execution = [
  `CREATE TABLE rewards.execution_reward (
    -- the message that brought it: one row, one booking of custody
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES rewards.pool,
    component text NOT NULL CHECK (component IN ('priority_fees', 'mev')),
    ${units('amount')},
    block_number bigint NOT NULL,
    -- the report that counts it; a rejected one lets it go again
    report_id uuid REFERENCES rewards.report,
    received_at timestamptz NOT NULL
  )`,
  'CREATE INDEX execution_reward_open ON rewards.execution_reward (pool_id, block_number) WHERE report_id IS NULL',
  'CREATE INDEX execution_reward_of_report ON rewards.execution_reward (report_id) WHERE report_id IS NOT NULL',
  'GRANT SELECT, INSERT, UPDATE ON rewards.execution_reward TO bailee_rewards',
];

const reports = [
  `ALTER TABLE rewards.report
     ADD COLUMN ${units('priority_fees', NONE)},
     ADD COLUMN ${units('mev', NONE)}`,
  `ALTER TABLE rewards.observation
     ADD COLUMN ${units('deposited', NONE)},
     ADD COLUMN ${units('consolidated_in', NONE)},
     ADD COLUMN ${units('consolidated_out', NONE)},
     DROP CONSTRAINT observation_check,
     ADD CONSTRAINT observation_check CHECK (reward = closing + withdrawn + consolidated_out - opening - deposited - consolidated_in)`,
];

const undo = [
  `ALTER TABLE rewards.observation DROP CONSTRAINT observation_check, DROP COLUMN deposited, DROP COLUMN consolidated_in,
     DROP COLUMN consolidated_out, ADD CONSTRAINT observation_check CHECK (reward = closing + withdrawn - opening)`,
  'ALTER TABLE rewards.report DROP COLUMN priority_fees, DROP COLUMN mev',
  'DROP TABLE rewards.execution_reward',
];
