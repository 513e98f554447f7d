import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What arrived with no client to credit, execution rewards as booked, and which wallets have moved since they were last compared. */
export class CustodyFundsWithoutOwner1764000060003 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of statements) await db.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('who got what is not forgotten: correct it with a new migration'));
  }
}

const statements = [
  `CREATE TABLE custody.unattributed (
    id uuid PRIMARY KEY,
    chain text NOT NULL,
    asset text NOT NULL,
    wallet_id uuid NOT NULL REFERENCES custody.wallet (id),
    amount numeric NOT NULL CHECK (scale(amount) = 0 AND amount > 0 AND amount < 1e38),
    cause text NOT NULL CHECK (cause IN ('transfer', 'credit', 'priority_fees', 'balance', 'earlier')),
    sender text,
    transaction_hash text,
    from_block bigint NOT NULL,
    block_number bigint NOT NULL CHECK (block_number >= from_block),
    block_hash text NOT NULL,
    block_time timestamptz NOT NULL,
    state text NOT NULL,
    proposal jsonb,
    proposed_by uuid,
    decided_by uuid CHECK (decided_by <> proposed_by),
    transaction_id uuid,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE INDEX unattributed_listed ON custody.unattributed (created_at DESC, id DESC)`,
  `CREATE INDEX unattributed_transaction ON custody.unattributed (transaction_id) WHERE transaction_id IS NOT NULL`,
  'GRANT SELECT, INSERT ON custody.unattributed TO bailee_custody',
  'GRANT UPDATE (state, proposal, proposed_by, decided_by, transaction_id, version, updated_at) ON custody.unattributed TO bailee_custody',
  // As booked: reconciliation explains with it what no report has counted yet.
  `CREATE TABLE custody.execution_reward (
    chain text NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    block_number bigint NOT NULL,
    component text NOT NULL CHECK (component IN ('priority_fees', 'mev')),
    pool_id text NOT NULL,
    amount numeric NOT NULL CHECK (scale(amount) = 0 AND amount > 0 AND amount < 1e38),
    reference uuid NOT NULL,
    PRIMARY KEY (chain, reference)
  )`,
  `CREATE INDEX execution_reward_pool ON custody.execution_reward (chain, pool_id, sequence DESC)`,
  'GRANT SELECT, INSERT ON custody.execution_reward TO bailee_custody',
  // The last block that moved coins of a wallet, and the last one at which books and chain were found equal.
  `CREATE TABLE custody.wallet_sight (
    wallet_id uuid PRIMARY KEY REFERENCES custody.wallet (id),
    touched_block bigint NOT NULL DEFAULT -1,
    compared_block bigint NOT NULL DEFAULT -1
  )`,
  'GRANT SELECT, INSERT, UPDATE ON custody.wallet_sight TO bailee_custody',
  'ALTER TABLE custody.reconciliation ADD COLUMN whole boolean NOT NULL DEFAULT true',
];
