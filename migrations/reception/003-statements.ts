import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ledgerLines } from './ledger-lines.js';

/** Statements: made once, never changed; what a client wants its values in; how far the making of a month is. */
export class Statements1764000040003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [tables, guards, wholes, rights, ledgerLines]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX reception.event_deposits');
    await runner.query('DROP FUNCTION ledger.lines_between, ledger.balances_before, ledger.line_days, ledger.position_of');
    await runner.query(
      'DROP TABLE reception.statement_file_part, reception.statement_file, reception.statement_part, reception.statement, reception.statement_ask, reception.statement_failure, reception.statement_failure_history, reception.statement_run, reception.statement_preference, reception.statement_preference_history',
    );
    await runner.query(
      'DROP FUNCTION reception.append_only, reception.statement_part_before_head, reception.statement_has_parts, reception.statement_file_part_before_head, reception.statement_file_has_parts',
    );
  }
}

const tables = `
-- The head of a statement; its lines are in parts, which are there before it and are as many as it says. content_sha256 covers lines, head and lots.
CREATE TABLE reception.statement (
  id             uuid        PRIMARY KEY,
  client_id      uuid        NOT NULL REFERENCES reception.client,
  kind           text        NOT NULL CHECK (kind IN ('monthly', 'on_demand')),
  month          text        CHECK (month ~ '^\\d{4}-(0[1-9]|1[0-2])$'),
  -- [from_at, to_at); from the beginning when null
  from_at        timestamptz,
  to_at          timestamptz NOT NULL,
  currency       text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- the books of its period were not closed: what is recorded later may still count in it
  provisional    boolean     NOT NULL,
  lines          bigint      NOT NULL CHECK (lines >= 0),
  parts          integer     NOT NULL CHECK (parts >= 0),
  -- lines that need a value and have none
  unpriced       bigint      NOT NULL CHECK (unpriced BETWEEN 0 AND lines),
  unpriced_code  text,
  accounts       jsonb       NOT NULL,
  -- open lots at its end: where the next month goes on
  lots           jsonb       NOT NULL,
  schema_version integer     NOT NULL,
  content_sha256 bytea       NOT NULL CHECK (octet_length(content_sha256) = 32),
  made_at        timestamptz NOT NULL,
  CHECK (kind = 'on_demand' OR (month IS NOT NULL AND NOT provisional)),
  CHECK ((unpriced = 0) = (unpriced_code IS NULL))
);
CREATE UNIQUE INDEX statement_month ON reception.statement (client_id, month) WHERE kind = 'monthly';
CREATE INDEX statement_list ON reception.statement (client_id, made_at DESC, id DESC);

-- Lines as JSON, one a line, compressed.
CREATE TABLE reception.statement_part (
  statement_id uuid    NOT NULL,
  seq          integer NOT NULL,
  content      bytea   NOT NULL,
  PRIMARY KEY (statement_id, seq)
);
ALTER TABLE reception.statement_part ALTER COLUMN content SET STORAGE EXTERNAL;

-- What was downloaded once is downloaded again byte for byte.
CREATE TABLE reception.statement_file (
  statement_id uuid        NOT NULL REFERENCES reception.statement,
  format       text        NOT NULL,
  bytes        bigint      NOT NULL,
  parts        integer     NOT NULL CHECK (parts >= 0),
  sha256       bytea       NOT NULL CHECK (octet_length(sha256) = 32),
  made_at      timestamptz NOT NULL,
  PRIMARY KEY (statement_id, format)
);
CREATE TABLE reception.statement_file_part (
  statement_id uuid    NOT NULL,
  format       text    NOT NULL,
  seq          integer NOT NULL,
  content      bytea   NOT NULL,
  PRIMARY KEY (statement_id, format, seq)
);

-- A statement looks for the transactions of deposits among all that a client was told.
CREATE INDEX event_deposits ON reception.event (client_id, resource) WHERE type = 'deposit.credited';

-- The making of a month, client by client in the order of their ids.
CREATE TABLE reception.statement_run (
  month      text        PRIMARY KEY CHECK (month ~ '^\\d{4}-(0[1-9]|1[0-2])$'),
  -- waiting: all were tried, and some are set aside
  state      text        NOT NULL CHECK (state IN ('running', 'waiting', 'done', 'differs')),
  after_id   uuid,
  clients    bigint      NOT NULL DEFAULT 0,
  statements bigint      NOT NULL DEFAULT 0,
  -- closing balances of all statements so far, by account and asset; in the end those of the trial balance
  totals     jsonb       NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  ended_at   timestamptz,
  version    integer     NOT NULL DEFAULT 1
);

-- New statements that a client asked for, by day: so many, and no more.
CREATE TABLE reception.statement_ask (
  client_id    uuid NOT NULL REFERENCES reception.client,
  day          date NOT NULL,
  statement_id uuid NOT NULL,
  PRIMARY KEY (client_id, day, statement_id)
);

-- Whose statement of a month could not be made, and why: tried again until it is.
CREATE TABLE reception.statement_failure (
  month      text        NOT NULL REFERENCES reception.statement_run,
  client_id  uuid        NOT NULL REFERENCES reception.client,
  state      text        NOT NULL CHECK (state IN ('failed', 'made')),
  code       text        NOT NULL,
  detail     text        NOT NULL,
  attempts   integer     NOT NULL CHECK (attempts > 0),
  retry_at   timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  version    integer     NOT NULL DEFAULT 1,
  PRIMARY KEY (month, client_id)
);
CREATE INDEX statement_failure_aside ON reception.statement_failure (month, client_id) WHERE state = 'failed';
CREATE TABLE reception.statement_failure_history (
  month     text        NOT NULL,
  client_id uuid        NOT NULL,
  version   integer     NOT NULL,
  state     text        NOT NULL,
  code      text        NOT NULL,
  detail    text        NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (month, client_id, version)
);

CREATE TABLE reception.statement_preference (
  client_id  uuid        PRIMARY KEY REFERENCES reception.client,
  currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  version    integer     NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE TABLE reception.statement_preference_history (
  client_id uuid        NOT NULL REFERENCES reception.client,
  version   integer     NOT NULL,
  currency  text        NOT NULL,
  actor     text        NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (client_id, version)
);
`;

const frozen = [
  'statement',
  'statement_part',
  'statement_file',
  'statement_file_part',
  'statement_preference_history',
  'statement_failure_history',
  'statement_ask',
];
const all = [...frozen, 'statement_run', 'statement_preference', 'statement_failure'];
const guards = `
CREATE FUNCTION reception.append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'reception.% never changes: % is refused', tg_table_name, tg_op USING errcode = '23001';
END $$;
${frozen.map((table) => `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON reception.${table} FOR EACH STATEMENT EXECUTE FUNCTION reception.append_only();`).join('\n')}
`;

// Parts come before their head, in one transaction; after it, none.
const whole = (head: string, id: string, part: string, key: readonly string[]): string => {
  const same = (a: string, b: string): string =>
    key.map((column) => `${a}.${column === 'statement_id' ? id : column} = ${b}.${column}`).join(' AND ');
  return `
CREATE FUNCTION reception.${part}_before_head() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM added n JOIN reception.${head} h ON ${same('h', 'n')}) THEN
    RAISE EXCEPTION 'reception.${head} is whole: a further part is refused' USING errcode = '23001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER before_head AFTER INSERT ON reception.${part} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION reception.${part}_before_head();
CREATE FUNCTION reception.${head}_has_parts() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT FROM added h WHERE h.parts <> (SELECT count(*) FROM reception.${part} n WHERE ${same('h', 'n')})
                OR h.parts <> (SELECT coalesce(max(n.seq) + 1, 0) FROM reception.${part} n WHERE ${same('h', 'n')})) THEN
    RAISE EXCEPTION 'reception.${head} has not the parts it says' USING errcode = '23001';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER has_parts AFTER INSERT ON reception.${head} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION reception.${head}_has_parts();
REVOKE ALL ON FUNCTION reception.${part}_before_head(), reception.${head}_has_parts() FROM PUBLIC;
`;
};
const wholes = [
  whole('statement', 'id', 'statement_part', ['statement_id']),
  whole('statement_file', 'statement_id', 'statement_file_part', ['statement_id', 'format']),
].join('');

const rights = `
REVOKE ALL ON ${all.map((table) => `reception.${table}`).join(', ')} FROM PUBLIC;
REVOKE ALL ON FUNCTION reception.append_only() FROM PUBLIC;
GRANT SELECT, INSERT ON ${all.map((table) => `reception.${table}`).join(', ')} TO bailee_reception;
GRANT UPDATE (state, after_id, clients, statements, totals, updated_at, ended_at, version) ON reception.statement_run TO bailee_reception;
GRANT UPDATE (state, code, detail, attempts, retry_at, updated_at, version) ON reception.statement_failure TO bailee_reception;
GRANT UPDATE (currency, version, updated_at) ON reception.statement_preference TO bailee_reception;
`;
