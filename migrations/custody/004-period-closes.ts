import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who asked for a period of the ledger to be closed, and who agreed. The period itself is the ledger's. */
export class CustodyPeriodCloses1764000060004 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of statements) await db.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('who closed what is not forgotten: correct it with a new migration'));
  }
}

const statements = [
  `CREATE TABLE custody.period_close (
    id uuid PRIMARY KEY,
    entity text NOT NULL,
    through date NOT NULL,
    state text NOT NULL,
    proposed_by uuid NOT NULL,
    decided_by uuid CHECK (decided_by <> proposed_by),
    seq integer,
    digest text,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT period_close_done CHECK ((state = 'closed') = (seq IS NOT NULL AND digest IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX period_close_open ON custody.period_close (entity) WHERE state = 'requested'`,
  'CREATE INDEX period_close_listed ON custody.period_close (created_at DESC, id DESC)',
  'GRANT SELECT, INSERT ON custody.period_close TO bailee_custody',
  'GRANT UPDATE (state, decided_by, seq, digest, version, updated_at) ON custody.period_close TO bailee_custody',
  'ALTER TABLE custody.state_history DROP CONSTRAINT state_history_subject_check',
  `ALTER TABLE custody.state_history ADD CONSTRAINT state_history_subject_check
     CHECK (subject IN ('deposit', 'transaction', 'withdrawal', 'destination', 'chain', 'sender', 'unattributed', 'period_close'))`,
];
