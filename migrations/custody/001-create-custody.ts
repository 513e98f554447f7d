import type { MigrationInterface, QueryRunner } from 'typeorm';
import { requestTableSql } from '../../libs/http/request-table.js';

/** Keyrings, wallets, standing, address book, followed blocks, deposits, transactions, withdrawals, reconciliations. */
export class CreateCustody1764000060001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE SCHEMA custody');
    await db.query('GRANT USAGE ON SCHEMA custody TO bailee_custody');
    await db.query(requestTableSql('custody'));
    for (const statement of [...wallets, ...clients, ...chain, ...transactions, ...reconciliations, ...history]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP SCHEMA custody CASCADE');
  }
}

const UNITS = (name: string): string => `${name} numeric NOT NULL CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const grant = (table: string, rights = 'SELECT, INSERT, UPDATE'): string => `GRANT ${rights} ON custody.${table} TO bailee_custody`;

const wallets = [
  `CREATE TABLE custody.keyring (
    chain text NOT NULL,
    role text NOT NULL CHECK (role IN ('deposit', 'omnibus', 'vault', 'treasury')),
    path text NOT NULL,
    xpub text NOT NULL,
    next_index integer NOT NULL DEFAULT 0 CHECK (next_index >= 0),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (chain, role)
  )`,
  grant('keyring'),
  `CREATE TABLE custody.wallet (
    id uuid PRIMARY KEY,
    chain text NOT NULL,
    role text NOT NULL,
    address_index integer NOT NULL CHECK (address_index >= 0),
    path text NOT NULL,
    address text NOT NULL,
    client_id uuid,
    pool_id text,
    created_at timestamptz NOT NULL,
    CONSTRAINT wallet_keyring FOREIGN KEY (chain, role) REFERENCES custody.keyring (chain, role),
    CONSTRAINT wallet_address UNIQUE (chain, address),
    CONSTRAINT wallet_index UNIQUE (chain, role, address_index),
    CONSTRAINT wallet_owner CHECK ((role = 'deposit') = (client_id IS NOT NULL) AND (role = 'vault') = (pool_id IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX wallet_client ON custody.wallet (chain, client_id) WHERE role = 'deposit'`,
  `CREATE UNIQUE INDEX wallet_pool ON custody.wallet (chain, pool_id) WHERE role = 'vault'`,
  `CREATE UNIQUE INDEX wallet_single ON custody.wallet (chain, role) WHERE role IN ('omnibus', 'treasury')`,
  grant('wallet', 'SELECT, INSERT'),
  // The next nonce of an address. It moves when signed bytes are stored, so a refused signature leaves no gap.
  `CREATE TABLE custody.sender (
    wallet_id uuid PRIMARY KEY REFERENCES custody.wallet (id),
    next_nonce bigint NOT NULL CHECK (next_nonce >= 0)
  )`,
  grant('sender'),
];

const clients = [
  `CREATE TABLE custody.standing (
    client_id uuid PRIMARY KEY,
    version integer NOT NULL,
    state text NOT NULL,
    may_deposit boolean NOT NULL,
    may_withdraw boolean NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  grant('standing'),
  `CREATE TABLE custody.destination (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    chain text NOT NULL,
    asset text NOT NULL,
    address text NOT NULL,
    label text NOT NULL,
    state text NOT NULL,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    usable_at timestamptz NOT NULL
  )`,
  `CREATE UNIQUE INDEX destination_listed ON custody.destination (client_id, chain, asset, address) WHERE state = 'listed'`,
  `CREATE INDEX destination_client ON custody.destination (client_id, created_at DESC, id DESC)`,
  grant('destination'),
];

const chain = [
  `CREATE TABLE custody.cursor (
    chain text PRIMARY KEY,
    number bigint NOT NULL,
    hash text NOT NULL,
    time timestamptz NOT NULL,
    state text NOT NULL,
    code text,
    detail text,
    state_since timestamptz NOT NULL,
    head_number bigint NOT NULL,
    finalised_number bigint NOT NULL,
    checked_at timestamptz NOT NULL,
    version integer NOT NULL
  )`,
  grant('cursor'),
  `CREATE TABLE custody.deposit (
    id uuid PRIMARY KEY,
    chain text NOT NULL,
    asset text NOT NULL,
    wallet_id uuid NOT NULL REFERENCES custody.wallet (id),
    client_id uuid NOT NULL,
    ${UNITS('amount')},
    sender text NOT NULL,
    transaction_hash text NOT NULL,
    block_number bigint NOT NULL,
    block_hash text NOT NULL,
    block_time timestamptz NOT NULL,
    state text NOT NULL,
    release_basis text,
    release_reference text,
    release_staff uuid,
    release_attempts integer NOT NULL DEFAULT 0,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE INDEX deposit_client ON custody.deposit (client_id, created_at DESC, id DESC)`,
  `CREATE INDEX deposit_open ON custody.deposit (state, wallet_id) WHERE state <> 'credited'`,
  grant('deposit'),
  // What the protocol paid out to a vault, as booked: reconciliation compares it with what reports have classified.
  `CREATE TABLE custody.protocol_credit (
    chain text NOT NULL,
    credit_index bigint NOT NULL,
    validator_index bigint NOT NULL,
    pool_id text NOT NULL,
    wallet_id uuid NOT NULL REFERENCES custody.wallet (id),
    ${UNITS('amount')},
    block_number bigint NOT NULL,
    PRIMARY KEY (chain, credit_index)
  )`,
  `CREATE INDEX protocol_credit_validator ON custody.protocol_credit (chain, validator_index)`,
  grant('protocol_credit', 'SELECT, INSERT'),
];

const transactions = [
  `CREATE TABLE custody.transaction (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL UNIQUE,
    chain text NOT NULL,
    asset text NOT NULL,
    purpose text NOT NULL,
    state text NOT NULL,
    code text,
    detail text,
    from_wallet_id uuid NOT NULL REFERENCES custody.wallet (id),
    to_wallet_id uuid REFERENCES custody.wallet (id),
    to_address text,
    amount numeric CHECK (scale(amount) = 0 AND amount >= 0 AND amount < 1e38),
    client_id uuid,
    pool_id text,
    pubkey text,
    deposit jsonb,
    target text,
    value numeric CHECK (scale(value) = 0 AND value >= 0 AND value < 1e38),
    data text,
    nonce bigint,
    worst_cost numeric CHECK (scale(worst_cost) = 0 AND worst_cost >= 0 AND worst_cost < 1e38),
    ${UNITS('reserved')} DEFAULT 0,
    unsigned text,
    signature_id uuid UNIQUE,
    signed text,
    hash text,
    block_number bigint,
    gas_cost numeric CHECK (scale(gas_cost) = 0 AND gas_cost >= 0 AND gas_cost < 1e38),
    attempts integer NOT NULL DEFAULT 0,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE UNIQUE INDEX transaction_hash ON custody.transaction (chain, hash) WHERE hash IS NOT NULL`,
  `CREATE UNIQUE INDEX transaction_nonce ON custody.transaction (from_wallet_id, nonce) WHERE nonce IS NOT NULL AND state <> 'refused'`,
  `CREATE INDEX transaction_open ON custody.transaction (chain, from_wallet_id, sequence) WHERE state NOT IN ('finalised', 'reverted', 'refused')`,
  `CREATE INDEX transaction_listed ON custody.transaction (created_at DESC, id DESC)`,
  `CREATE INDEX transaction_pubkey ON custody.transaction (pubkey) WHERE pubkey IS NOT NULL`,
  grant('transaction'),
  `CREATE TABLE custody.withdrawal (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    chain text NOT NULL,
    asset text NOT NULL,
    ${UNITS('amount')},
    destination_id uuid NOT NULL REFERENCES custody.destination (id),
    address text NOT NULL,
    transaction_id uuid NOT NULL,
    state text NOT NULL,
    code text,
    hash text,
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE INDEX withdrawal_client ON custody.withdrawal (client_id, created_at DESC, id DESC)`,
  grant('withdrawal'),
];

const reconciliations = [
  `CREATE TABLE custody.reconciliation (
    id uuid PRIMARY KEY,
    chain text NOT NULL,
    block_number bigint NOT NULL,
    block_hash text NOT NULL,
    slot bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('agreed', 'broken')),
    report jsonb NOT NULL,
    requested_by text NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  `CREATE INDEX reconciliation_latest ON custody.reconciliation (chain, created_at DESC)`,
  grant('reconciliation', 'SELECT, INSERT'),
];

const history = [
  `CREATE TABLE custody.state_history (
    subject text NOT NULL CHECK (subject IN ('deposit', 'transaction', 'withdrawal', 'destination', 'chain')),
    subject_id text NOT NULL,
    version integer NOT NULL,
    state text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text,
    transaction_hash text,
    PRIMARY KEY (subject, subject_id, version)
  )`,
  grant('state_history', 'SELECT, INSERT'),
];
