import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The tables of the ledger. No room has a right on any of them: all work goes through the functions of the next migrations.
 * What happened is append-only by privilege and by trigger, so not even the owner changes it by accident.
 */
export class LedgerTables1764000010001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE SCHEMA ledger');
    for (const part of [CHART, ACCOUNTS, DECISIONS, HOLDS, GUARDS]) await runner.query(part);
  }

  /** Books are never thrown away by a tool. */
  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const CHART = `
  CREATE TABLE ledger.entity(code smallint PRIMARY KEY, name text NOT NULL UNIQUE);
  CREATE TABLE ledger.asset(
    id smallint PRIMARY KEY, code text NOT NULL UNIQUE, decimals smallint NOT NULL, kind text NOT NULL CHECK (kind IN ('native', 'share')));
  -- floor and ceiling are what an account of the kind is opened with: NULL is no limit but what a numeric of the ledger can hold.
  CREATE TABLE ledger.account_kind(
    code smallint PRIMARY KEY, name text NOT NULL UNIQUE, entity smallint NOT NULL REFERENCES ledger.entity, owner text NOT NULL,
    side text NOT NULL CHECK (side IN ('liability', 'holding')), asset text NOT NULL CHECK (asset IN ('native', 'share')),
    floor numeric, ceiling numeric, UNIQUE (code, entity));
  -- Both ends in one entity: a kind that crosses legal entities cannot be written. same_owner: never from one client (or pool) to another.
  CREATE TABLE ledger.transfer_kind(
    code smallint PRIMARY KEY, name text NOT NULL UNIQUE, debit_kind smallint NOT NULL, credit_kind smallint NOT NULL, entity smallint NOT NULL,
    role name NOT NULL, hold_scope int NOT NULL DEFAULT 0, same_owner boolean NOT NULL, crossing text,
    FOREIGN KEY (debit_kind, entity) REFERENCES ledger.account_kind(code, entity),
    FOREIGN KEY (credit_kind, entity) REFERENCES ledger.account_kind(code, entity));
  -- What the chart was after each change of it: a digest over all its rows, and one over this row.
  CREATE TABLE ledger.chart_log(
    seq int PRIMARY KEY, chart_digest bytea NOT NULL, recorded_at timestamptz NOT NULL, recorded_by name NOT NULL, digest bytea NOT NULL);
`;

const ACCOUNTS = `
  CREATE SEQUENCE ledger.account_id;
  CREATE TABLE ledger.account(
    id bigint PRIMARY KEY, kind smallint NOT NULL REFERENCES ledger.account_kind, asset smallint NOT NULL REFERENCES ledger.asset,
    owner text COLLATE "C" NOT NULL, opened_at timestamptz NOT NULL, opened_by name NOT NULL, xid xid8 NOT NULL, digest bytea NOT NULL,
    UNIQUE (kind, asset, owner));
  CREATE INDEX account_of_owner ON ledger.account(owner);
  -- One row an account, and the only rows of the ledger that change. version counts the account's transfers. No index but the key, and room
  -- in each page, so that an update stays in its page. kind, asset, entity, floor and ceiling are copies that spare post() four joins;
  -- party is a number for the account's owner. numeric(38, 0) would round, but only whole amounts are ever added; the CHECK is short on purpose, as
  -- PostgreSQL compiles every CHECK of a table anew in each statement (no limit is NULL, which passes).
  CREATE TABLE ledger.balance(
    account_id bigint PRIMARY KEY REFERENCES ledger.account, version bigint NOT NULL DEFAULT 0, holds int NOT NULL DEFAULT 0,
    kind smallint NOT NULL, asset smallint NOT NULL, entity smallint NOT NULL,
    party bigint NOT NULL, balance numeric(38, 0) NOT NULL DEFAULT 0, floor numeric, ceiling numeric,
    CONSTRAINT within_limits CHECK (balance BETWEEN floor AND ceiling)
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
`;

const DECISIONS = `
  CREATE SEQUENCE ledger.batch_id;
  -- One row a call of post(): the digest covers this row and all its decisions.
  CREATE TABLE ledger.batch(
    id bigint PRIMARY KEY, xid xid8 NOT NULL, items int NOT NULL, role name NOT NULL, created_at timestamptz NOT NULL, digest bytea NOT NULL);
  -- One row a decision. status 0 is a transfer, and the row is its double entry: an unbalanced state cannot be written. Any other status is a
  -- stored refusal, with neither balances nor versions. The idempotency key is the primary key: no second table to claim it in.
  CREATE TABLE ledger.decision(
    batch_id bigint NOT NULL, debit_account bigint NOT NULL, credit_account bigint NOT NULL, debit_version bigint, credit_version bigint,
    effective_at timestamptz NOT NULL, item int NOT NULL, journal int NOT NULL, key uuid PRIMARY KEY, reference uuid NOT NULL,
    status smallint NOT NULL, kind smallint NOT NULL, asset smallint, amount numeric NOT NULL, debit_balance numeric, credit_balance numeric,
    request_hash bytea NOT NULL,
    -- amounts are numeric without a scale: one with a scale would silently round 1.5 to 2
    CONSTRAINT sound CHECK (status <> 0 OR (amount > 0 AND amount < 1e38 AND scale(amount) = 0 AND debit_balance + credit_balance IS NOT NULL)));
  CREATE UNIQUE INDEX statement_debit ON ledger.decision(debit_account, debit_version) WHERE status = 0;
  CREATE UNIQUE INDEX statement_credit ON ledger.decision(credit_account, credit_version) WHERE status = 0;
`;

const HOLDS = `
  -- A row a placement and a row a release, chained by owner: each digest covers the one before it.
  CREATE TABLE ledger.hold(
    owner text COLLATE "C" NOT NULL, seq int NOT NULL, hold_id uuid NOT NULL, action text NOT NULL CHECK (action IN ('placed', 'released')),
    scopes int NOT NULL, reason text NOT NULL, legal_basis text NOT NULL, actor text NOT NULL,
    role name NOT NULL, xid xid8 NOT NULL, recorded_at timestamptz NOT NULL, previous bytea NOT NULL, digest bytea NOT NULL,
    PRIMARY KEY (owner, seq), CONSTRAINT hold_once UNIQUE (hold_id, action));
`;

const appendOnly = ['entity', 'asset', 'account_kind', 'transfer_kind', 'chart_log', 'account', 'batch', 'decision', 'hold'];
const GUARDS = `
  CREATE FUNCTION ledger.append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    RAISE EXCEPTION 'ledger.% is append-only: % is refused; a correction is a new row', tg_table_name, tg_op USING errcode = '23001';
  END $$;
  ${appendOnly
    .map(
      (table) =>
        `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.${table} FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();`,
    )
    .join('\n  ')}
  CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger.balance FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();
  -- fires only for statements that name these columns, so post() does not pay for it
  CREATE TRIGGER fixed_columns BEFORE UPDATE OF account_id, kind, asset, entity, party, floor, ceiling ON ledger.balance
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.append_only();
`;
