import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * First deposits in two steps, execution rewards apart, slashing, compounding validators with partial withdrawals, what staff must look at
 * and what two of them decide. Batches already under way keep the way on which they started.
 */
export class ProtectAndAccount1764000080002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...history, ...products, ...pools, ...batches, ...validators, ...people]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of [...undo]) await db.query(statement);
  }
}

const grant = (table: string): string => `GRANT SELECT, INSERT, UPDATE ON staking.${table} TO bailee_staking`;
const oneOf = (column: string, values: readonly string[]): string => `CHECK (${column} IN (${values.map((v) => `'${v}'`).join(', ')}))`;
/** Whole base units, never negative, below what the ledger can hold. */
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const hex = (name: string, bytes: number, more = ''): string => `${name} text ${more} CHECK (${name} ~ '^0x[0-9a-f]{${bytes * 2}}$')`;
const VERSION = 'version integer NOT NULL DEFAULT 1 CHECK (version > 0)';
const nouns = ['stake', 'unstake', 'part', 'batch', 'validator', 'fee_sweep'];
const historyOf = (list: readonly string[]): string[] => [
  'ALTER TABLE staking.history DROP CONSTRAINT history_noun_check',
  `ALTER TABLE staking.history ADD CONSTRAINT history_noun_check ${oneOf('noun', list)}`,
];

const history = historyOf([...nouns, 'incident', 'proposal', 'partial_withdrawal']);

const products = [
  `ALTER TABLE staking.product ADD COLUMN deposit_protection text NOT NULL DEFAULT 'two_step' ${oneOf('deposit_protection', ['two_step', 'head_checks'])}`,
];

const pools = [
  `ALTER TABLE staking.pool
     ADD COLUMN credentials_type text NOT NULL DEFAULT 'eth1' ${oneOf('credentials_type', ['eth1', 'compounding'])},
     ADD COLUMN ${units('target_balance', 'NOT NULL DEFAULT 32000000000000000000')},
     -- commission booked and not swept yet: fees are owed by pool, though the ledger owes them by chain
     ADD COLUMN ${units('fees_owed', 'NOT NULL DEFAULT 0')},
     -- the loss that two officers let this pool carry though it has too few shares
     ADD COLUMN ${units('loss_permitted', 'NOT NULL DEFAULT 0')},
     -- blocks up to this one were checked for where they paid
     ADD COLUMN checked_block bigint`,
  `UPDATE staking.pool p SET fees_owed =
     (SELECT coalesce(sum(r.commission), 0) FROM staking.pool_report r WHERE r.pool_id = p.id)
     - (SELECT coalesce(sum(f.amount), 0) FROM staking.fee_sweep f WHERE f.pool_id = p.id AND f.state <> 'returned')`,
  `ALTER TABLE staking.pool_report
     ADD COLUMN ${units('priority_fees', 'NOT NULL DEFAULT 0')},
     ADD COLUMN ${units('mev', 'NOT NULL DEFAULT 0')},
     ADD COLUMN ${units('principal', 'NOT NULL DEFAULT 0')}`,
  // until now every validator was of 32 ETH
  'UPDATE staking.pool_report SET principal = validators * 32000000000000000000',
];

const batches = [
  `ALTER TABLE staking.batch
     ADD COLUMN kind text NOT NULL DEFAULT 'validator' ${oneOf('kind', ['validator', 'top_up'])},
     ADD COLUMN protection text NOT NULL DEFAULT 'head_checks' ${oneOf('protection', ['two_step', 'head_checks'])},
     ADD COLUMN top_up_key_request_id uuid UNIQUE,
     ADD COLUMN ${hex('top_up_signature', 96)},
     ADD COLUMN ${hex('top_up_data_root', 32)},
     ADD COLUMN top_up_request_id uuid UNIQUE,
     ADD COLUMN ${hex('top_up_hash', 32)}`,
  'ALTER TABLE staking.batch ALTER COLUMN kind DROP DEFAULT, ALTER COLUMN protection DROP DEFAULT',
  'ALTER TABLE staking.batch DROP CONSTRAINT batch_pubkey_key',
  `CREATE UNIQUE INDEX batch_of_key ON staking.batch (pubkey) WHERE kind = 'validator'`,
  // one top-up of a validator at a time, so that what the chain applied is never ambiguous
  `CREATE UNIQUE INDEX batch_top_up_open ON staking.batch (pubkey)
     WHERE kind = 'top_up' AND state NOT IN ('active', 'compromised', 'dissolved', 'failed')`,
];

const validators = [
  `ALTER TABLE staking.validator
     ADD COLUMN credentials_type text NOT NULL DEFAULT 'eth1' ${oneOf('credentials_type', ['eth1', 'compounding'])},
     ADD COLUMN ${units('forecast_penalty', '')},
     ADD COLUMN forecast_epoch bigint`,
  `CREATE TABLE staking.partial_withdrawal (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    pubkey text NOT NULL REFERENCES staking.validator,
    purpose text NOT NULL ${oneOf('purpose', ['principal', 'reward'])},
    ${units('amount')},
    -- what came out of it so far
    ${units('received', 'NOT NULL DEFAULT 0')},
    state text NOT NULL,
    ${hex('transaction_hash', 32)},
    sent_epoch bigint,
    reason text,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION},
    CHECK (received <= amount)
  )`,
  `CREATE INDEX partial_open ON staking.partial_withdrawal (pool_id, created_at) WHERE state IN ('requested', 'signed', 'sent')`,
  grant('partial_withdrawal'),
];

const people = [
  // What staff must look at; one open row a matter.
  `CREATE TABLE staking.incident (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    kind text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL ${oneOf('state', ['open', 'closed'])},
    details jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION}
  )`,
  `CREATE UNIQUE INDEX incident_open ON staking.incident (pool_id, kind, subject) WHERE state = 'open'`,
  'CREATE INDEX incident_listed ON staking.incident (created_at, id)',
  grant('incident'),
  // What takes two people: proposed with its dry run by one, agreed to by another.
  `CREATE TABLE staking.proposal (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    kind text NOT NULL ${oneOf('kind', ['carry_loss', 'credentials_switch', 'consolidation'])},
    pubkey text REFERENCES staking.validator,
    target_pubkey text REFERENCES staking.validator,
    ${units('amount', '')},
    state text NOT NULL,
    dry_run jsonb NOT NULL,
    proposed_by uuid NOT NULL,
    decided_by uuid,
    comment text NOT NULL,
    ${hex('transaction_hash', 32)},
    reason text,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION},
    CHECK (decided_by <> proposed_by)
  )`,
  'CREATE INDEX proposal_listed ON staking.proposal (created_at, id)',
  grant('proposal'),
];

const undo = [
  'DROP TABLE staking.proposal, staking.incident, staking.partial_withdrawal',
  'ALTER TABLE staking.validator DROP COLUMN credentials_type, DROP COLUMN forecast_penalty, DROP COLUMN forecast_epoch',
  'DROP INDEX staking.batch_of_key, staking.batch_top_up_open',
  `ALTER TABLE staking.batch DROP COLUMN kind, DROP COLUMN protection, DROP COLUMN top_up_key_request_id, DROP COLUMN top_up_signature,
     DROP COLUMN top_up_data_root, DROP COLUMN top_up_request_id, DROP COLUMN top_up_hash, ADD CONSTRAINT batch_pubkey_key UNIQUE (pubkey)`,
  'ALTER TABLE staking.pool_report DROP COLUMN priority_fees, DROP COLUMN mev, DROP COLUMN principal',
  `ALTER TABLE staking.pool DROP COLUMN credentials_type, DROP COLUMN target_balance, DROP COLUMN fees_owed, DROP COLUMN loss_permitted,
     DROP COLUMN checked_block`,
  'ALTER TABLE staking.product DROP COLUMN deposit_protection',
  `DELETE FROM staking.history WHERE noun IN ('incident', 'proposal', 'partial_withdrawal')`,
  ...historyOf(nouns),
];
