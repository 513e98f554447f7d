import type { MigrationInterface, QueryRunner } from 'typeorm';
import { requestTableSql } from '../../libs/http/request-table.js';

/** Products, pools and their reports, what staking knows of clients, orders and their parts, batches, validators, holders, fee sweeps. */
export class CreateStaking1764000080001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE SCHEMA staking');
    await db.query('GRANT USAGE ON SCHEMA staking TO bailee_staking');
    await db.query(requestTableSql('staking'));
    for (const statement of [...history, ...products, ...pools, ...knowledge, ...orders, ...batches, ...settlement, ...fees])
      await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP SCHEMA staking CASCADE');
  }
}

const grant = (table: string, rights = 'SELECT, INSERT, UPDATE'): string => `GRANT ${rights} ON staking.${table} TO bailee_staking`;
const APPEND = 'SELECT, INSERT';
const oneOf = (column: string, values: readonly string[]): string => `CHECK (${column} IN (${values.map((v) => `'${v}'`).join(', ')}))`;
/** Whole base units, never negative, below what the ledger can hold. */
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const signed = (name: string): string => `${name} numeric NOT NULL CHECK (scale(${name}) = 0 AND abs(${name}) < 1e38)`;
/** The reward index and fractions scaled by 10^27. */
const scaled = (name: string): string => `${name} numeric NOT NULL CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e78)`;
const hex = (name: string, bytes: number, more = ''): string => `${name} text ${more} CHECK (${name} ~ '^0x[0-9a-f]{${bytes * 2}}$')`;
const VERSION = 'version integer NOT NULL DEFAULT 1 CHECK (version > 0)';

const history = [
  // Who moved what, when and why: one row a move of each state-carrying row of this schema. Never changed.
  `CREATE TABLE staking.history (
    noun text NOT NULL ${oneOf('noun', ['stake', 'unstake', 'part', 'batch', 'validator', 'fee_sweep'])},
    resource_id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    from_state text NOT NULL,
    to_state text NOT NULL,
    event text NOT NULL,
    actor_kind text NOT NULL ${oneOf('actor_kind', ['client', 'staff', 'system'])},
    actor_id text NOT NULL,
    reason text,
    transaction_hash text,
    at timestamptz NOT NULL,
    PRIMARY KEY (noun, resource_id, version)
  )`,
  grant('history', APPEND),
];

const products = [
  `CREATE TABLE staking.product (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9-]{1,64}$'),
    asset text NOT NULL,
    kind text NOT NULL ${oneOf('kind', ['pos_staking'])},
    mode text NOT NULL ${oneOf('mode', ['payout'])},
    chain text NOT NULL,
    pool_id text NOT NULL UNIQUE,
    ${units('minimum')},
    commission_bps integer NOT NULL CHECK (commission_bps BETWEEN 0 AND 10000),
    created_at timestamptz NOT NULL
  )`,
  grant('product', APPEND),
];

const pools = [
  `CREATE TABLE staking.pool (
    id text PRIMARY KEY REFERENCES staking.product (pool_id),
    share_asset text NOT NULL,
    ${units('assets')},
    ${units('shares')},
    ${units('fixed_shares')},
    ${scaled('reward_index')},
    ${scaled('index_remainder')},
    ${units('carried_reward')},
    ${units('loss_carried')},
    ${units('buffer')},
    ${units('credited')},
    ${units('collected')},
    report_number integer NOT NULL CHECK (report_number >= 0),
    vault_address text,
    ${hex('withdrawal_credentials', 32)},
    network jsonb,
    created_at timestamptz NOT NULL,
    ${VERSION},
    CHECK (fixed_shares <= shares AND loss_carried <= assets AND collected <= credited)
  )`,
  grant('pool'),
  // One row a report: the published history of A, S and I.
  `CREATE TABLE staking.pool_report (
    pool_id text NOT NULL REFERENCES staking.pool,
    number integer NOT NULL CHECK (number > 0),
    report_id uuid NOT NULL UNIQUE,
    applied_at timestamptz NOT NULL,
    from_slot bigint NOT NULL,
    to_slot bigint NOT NULL CHECK (to_slot > from_slot),
    to_epoch bigint NOT NULL,
    to_block bigint NOT NULL,
    ${hex('to_block_root', 32, 'NOT NULL')},
    ${units('assets')},
    ${units('shares')},
    ${units('earning_shares')},
    ${scaled('reward_index')},
    ${signed('reward')},
    ${units('commission')},
    ${units('loss_carried')},
    ${units('buffer')},
    validators integer NOT NULL,
    PRIMARY KEY (pool_id, number)
  )`,
  grant('pool_report', APPEND),
];

/** What other rooms said, kept to decide by. Rebuildable from their events. */
const knowledge = [
  `CREATE TABLE staking.standing (
    client_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL ${oneOf('state', ['applicant', 'approved', 'restricted', 'closed'])},
    may_stake boolean NOT NULL,
    may_unstake boolean NOT NULL,
    client_class text NOT NULL ${oneOf('client_class', ['retail', 'professional', 'corporate', 'institutional'])},
    updated_at timestamptz NOT NULL
  )`,
  grant('standing'),
  `CREATE TABLE staking.disclosure (
    product_id text PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    ${hex('hash', 32, 'NOT NULL')},
    published_at timestamptz NOT NULL
  )`,
  grant('disclosure'),
  `CREATE TABLE staking.acknowledgement (
    client_id uuid NOT NULL,
    product_id text NOT NULL,
    version integer NOT NULL,
    ${hex('hash', 32, 'NOT NULL')},
    at timestamptz NOT NULL,
    PRIMARY KEY (client_id, product_id, version, hash)
  )`,
  grant('acknowledgement', APPEND),
  `CREATE TABLE staking.quote (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    product_id text NOT NULL REFERENCES staking.product,
    side text NOT NULL ${oneOf('side', ['stake', 'unstake'])},
    ${units('amount')},
    commission_bps integer NOT NULL,
    disclosure_version integer,
    ${hex('disclosure_hash', 32)},
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
  )`,
  grant('quote', APPEND),
];

const orders = [
  `CREATE TABLE staking.orders (
    id uuid PRIMARY KEY,
    place bigint GENERATED ALWAYS AS IDENTITY,
    client_id uuid NOT NULL,
    type text NOT NULL ${oneOf('type', ['stake', 'unstake'])},
    product_id text NOT NULL REFERENCES staking.product,
    pool_id text NOT NULL,
    state text NOT NULL,
    state_since timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    ${units('requested')},
    ${units('accepted')},
    ${units('settled')},
    ${units('unallocated')},
    ${units('cancelled')},
    ${units('shares')},
    ${units('nominal', '')},
    exit_pubkey text,
    quote_id uuid,
    client_ref text CHECK (length(client_ref) <= 128),
    disclosure_version integer,
    ${hex('disclosure_hash', 32)},
    reason_code text,
    reason_detail text,
    ${VERSION}
  ) WITH (fillfactor = 85)`,
  'CREATE INDEX orders_of_client ON staking.orders (client_id, created_at DESC, id DESC)',
  // The two queues, first in, first out.
  'CREATE INDEX orders_to_allocate ON staking.orders (pool_id, place) WHERE unallocated > 0',
  `CREATE INDEX orders_to_leave ON staking.orders (pool_id, place) WHERE type = 'unstake' AND state IN ('accepted', 'exit_scheduled', 'unbonding')`,
  `CREATE INDEX orders_by_exit ON staking.orders (exit_pubkey) WHERE exit_pubkey IS NOT NULL`,
  grant('orders'),
];

const batches = [
  `CREATE TABLE staking.batch (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    state text NOT NULL,
    ${units('amount')},
    ${units('fill')},
    attempt integer NOT NULL DEFAULT 1 CHECK (attempt > 0),
    retry_at timestamptz,
    key_request_id uuid UNIQUE,
    ${hex('pubkey', 48)} UNIQUE,
    ${hex('withdrawal_credentials', 32)},
    ${hex('signature', 96)},
    ${hex('deposit_data_root', 32)},
    key_path text,
    transaction_request_id uuid UNIQUE,
    ${hex('transaction_hash', 32)},
    reason text,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION},
    CHECK (fill <= amount)
  )`,
  `CREATE INDEX batch_open ON staking.batch (pool_id, created_at) WHERE state NOT IN ('active', 'compromised', 'dissolved', 'failed')`,
  grant('batch'),
  `CREATE TABLE staking.order_part (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES staking.orders,
    batch_id uuid NOT NULL REFERENCES staking.batch,
    ${units('amount')},
    state text NOT NULL,
    ${units('shares')},
    ${VERSION},
    UNIQUE (order_id, batch_id)
  )`,
  'CREATE INDEX order_part_of_batch ON staking.order_part (batch_id)',
  grant('order_part'),
  `CREATE TABLE staking.validator (
    pubkey text PRIMARY KEY CHECK (pubkey ~ '^0x[0-9a-f]{96}$'),
    pool_id text NOT NULL REFERENCES staking.pool,
    batch_id uuid NOT NULL UNIQUE REFERENCES staking.batch,
    validator_index bigint NOT NULL,
    activation_epoch bigint NOT NULL,
    ${units('principal')},
    ${units('booked')},
    reported boolean NOT NULL DEFAULT false,
    state text NOT NULL,
    attempt integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    exit_request_id uuid UNIQUE,
    ${hex('exit_transaction_hash', 32)},
    exit_sent_epoch bigint,
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION}
  )`,
  `CREATE INDEX validator_living ON staking.validator (pool_id, activation_epoch, validator_index) WHERE state <> 'withdrawn'`,
  grant('validator'),
];

const settlement = [
  `CREATE TABLE staking.holder (
    pool_id text NOT NULL REFERENCES staking.pool,
    client_id uuid NOT NULL,
    ${units('shares')},
    ${scaled('index_paid')},
    ${scaled('remainder')},
    PRIMARY KEY (pool_id, client_id)
  ) WITH (fillfactor = 80)`,
  grant('holder'),
  `CREATE TABLE staking.settlement (
    run_id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    holders integer NOT NULL,
    ${units('amount')},
    ${scaled('reward_index')},
    at timestamptz NOT NULL
  )`,
  grant('settlement', APPEND),
];

const fees = [
  `CREATE TABLE staking.fee_sweep (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    ${units('amount')},
    state text NOT NULL,
    ${hex('transaction_hash', 32)},
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION}
  )`,
  // At most one under way.
  `CREATE UNIQUE INDEX fee_sweep_open ON staking.fee_sweep (pool_id) WHERE state IN ('requested', 'signed')`,
  grant('fee_sweep'),
];
