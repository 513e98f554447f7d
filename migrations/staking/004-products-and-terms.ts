import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Products whose rewards raise the rate, or that are for one client; tiers of clients with versioned fees; and proposals of any kind: what a
 * kind needs stands in its terms, which the code that carries it out checks.
 */
export class ProductsAndTerms1764000080004 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...words, ...products, ...pools, ...tiers, ...fees, ...proposals]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

const TIER = `tier text NOT NULL DEFAULT 'standard' CHECK (tier ~ '^[a-z][a-z0-9_]{0,31}$')`;
const nouns = ['stake', 'unstake', 'part', 'batch', 'validator', 'fee_sweep', 'incident', 'proposal', 'partial_withdrawal'];
const list = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(', ');

// which nouns and kinds there are is the code's to say; the database keeps them words
const words = [
  'ALTER TABLE staking.history DROP CONSTRAINT history_noun_check',
  `ALTER TABLE staking.history ADD CONSTRAINT history_noun_check CHECK (noun ~ '^[a-z][a-z_]{0,31}$')`,
];

const products = [
  'ALTER TABLE staking.product DROP CONSTRAINT product_mode_check',
  `ALTER TABLE staking.product ADD CONSTRAINT product_mode_check CHECK (mode IN ('payout', 'compound'))`,
  // the product that an order for the asset alone means; the client that a product is for, where it is for one
  `ALTER TABLE staking.product ADD COLUMN is_default boolean NOT NULL DEFAULT false, ADD COLUMN client_id uuid,
     ADD CONSTRAINT product_default_for_all CHECK (NOT (is_default AND client_id IS NOT NULL))`,
  'UPDATE staking.product SET is_default = true',
  'CREATE UNIQUE INDEX product_default ON staking.product (asset) WHERE is_default',
  // settled rewards are one account a client and asset, so one pool of an asset may settle into it
  `CREATE UNIQUE INDEX product_payout ON staking.product (asset) WHERE mode = 'payout'`,
];

/** Whether the rate of a pool may be traded on, as the rewards room says. */
const pools = [
  `ALTER TABLE staking.pool ADD COLUMN rate_standing text NOT NULL DEFAULT 'current' CHECK (rate_standing IN ('current', 'late', 'held'))`,
];

const tiers = [
  `CREATE TABLE staking.client_tier (
    client_id uuid PRIMARY KEY,
    ${TIER},
    proposal_id uuid NOT NULL,
    since timestamptz NOT NULL
  )`,
  'GRANT SELECT, INSERT, UPDATE ON staking.client_tier TO bailee_staking',
];

const fees = [
  `CREATE TABLE staking.fee_schedule (
    product_id text NOT NULL REFERENCES staking.product,
    ${TIER},
    version integer NOT NULL CHECK (version > 0),
    commission_bps integer NOT NULL CHECK (commission_bps BETWEEN 0 AND 10000),
    effective_at timestamptz NOT NULL,
    -- null: as the product was opened
    proposal_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (product_id, tier, version)
  )`,
  'GRANT SELECT, INSERT ON staking.fee_schedule TO bailee_staking',
  `INSERT INTO staking.fee_schedule (product_id, tier, version, commission_bps, effective_at, created_at)
     SELECT id, 'standard', 1, commission_bps, created_at, created_at FROM staking.product`,
];

const proposals = [
  'ALTER TABLE staking.proposal DROP CONSTRAINT proposal_kind_check',
  `ALTER TABLE staking.proposal ADD CONSTRAINT proposal_kind_check CHECK (kind ~ '^[a-z][a-z_]{0,31}$'),
     ALTER COLUMN pool_id DROP NOT NULL, ADD COLUMN terms jsonb NOT NULL DEFAULT '{}'`,
  // what was proposed and seen by both never changes: only how far it is
  'REVOKE UPDATE ON staking.proposal FROM bailee_staking',
  'GRANT UPDATE (state, state_since, decided_by, transaction_hash, reason, sent_epoch, version) ON staking.proposal TO bailee_staking',
];

const undo = [
  'REVOKE UPDATE (state, state_since, decided_by, transaction_hash, reason, sent_epoch, version) ON staking.proposal FROM bailee_staking',
  'GRANT UPDATE ON staking.proposal TO bailee_staking',
  `DELETE FROM staking.proposal WHERE kind NOT IN ('carry_loss', 'credentials_switch', 'consolidation', 'write_off')`,
  `ALTER TABLE staking.proposal DROP CONSTRAINT proposal_kind_check, DROP COLUMN terms, ALTER COLUMN pool_id SET NOT NULL,
     ADD CONSTRAINT proposal_kind_check CHECK (kind IN ('carry_loss', 'credentials_switch', 'consolidation', 'write_off'))`,
  'DROP TABLE staking.fee_schedule, staking.client_tier',
  'ALTER TABLE staking.pool DROP COLUMN rate_standing',
  'DROP INDEX staking.product_payout, staking.product_default',
  `ALTER TABLE staking.product DROP COLUMN is_default, DROP COLUMN client_id, DROP CONSTRAINT product_mode_check,
     ADD CONSTRAINT product_mode_check CHECK (mode IN ('payout'))`,
  `DELETE FROM staking.history WHERE noun NOT IN (${list(nouns)})`,
  `ALTER TABLE staking.history DROP CONSTRAINT history_noun_check, ADD CONSTRAINT history_noun_check CHECK (noun IN (${list(nouns)}))`,
];
