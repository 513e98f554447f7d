import type { MigrationInterface, QueryRunner } from 'typeorm';
import { requestTableSql } from '#http';

/** Who is at the door: clients, their keys, staff; what reception shows a client: standing, event log, the latest figures of pools. */
export class CreateReception1764000040001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(identity);
    await runner.query(projections);
    await runner.query(authenticate);
    await runner.query(rights);
    await runner.query(requestTableSql('reception'));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA reception CASCADE');
  }
}

const identity = `
CREATE SCHEMA reception;

CREATE TABLE reception.client (
  id         uuid        PRIMARY KEY,
  -- the caller's own name for this client; no personal data
  reference  text        CHECK (length(reference) BETWEEN 1 AND 64),
  created_at timestamptz NOT NULL
);

CREATE TABLE reception.api_key (
  id           uuid        PRIMARY KEY,
  client_id    uuid        NOT NULL REFERENCES reception.client,
  label        text        NOT NULL CHECK (length(label) BETWEEN 1 AND 64),
  -- the secret itself is shown once and kept nowhere
  token_sha256 bytea       NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
  -- its first characters, so that a person can tell keys apart
  hint         text        NOT NULL,
  created_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  version      integer     NOT NULL DEFAULT 1
);
CREATE INDEX api_key_client ON reception.api_key (client_id, created_at, id);

CREATE TABLE reception.api_key_history (
  key_id  uuid        NOT NULL REFERENCES reception.api_key,
  version integer     NOT NULL,
  state   text        NOT NULL CHECK (state IN ('active', 'revoked')),
  actor   text        NOT NULL,
  reason  text        NOT NULL,
  at      timestamptz NOT NULL,
  PRIMARY KEY (key_id, version)
);

CREATE TABLE reception.staff (
  id           uuid        PRIMARY KEY,
  name         text        NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  roles        text[]      NOT NULL,
  token_sha256 bytea       NOT NULL UNIQUE CHECK (octet_length(token_sha256) = 32),
  created_at   timestamptz NOT NULL,
  revoked_at   timestamptz,
  version      integer     NOT NULL DEFAULT 1,
  CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['officer', 'senior_officer', 'mlro', 'treasury', 'signer_admin', 'auditor', 'support'])
);

CREATE TABLE reception.staff_history (
  staff_id uuid        NOT NULL REFERENCES reception.staff,
  version  integer     NOT NULL,
  roles    text[]      NOT NULL,
  actor    text        NOT NULL,
  reason   text        NOT NULL,
  at       timestamptz NOT NULL,
  PRIMARY KEY (staff_id, version)
);
`;

const projections = `
-- what compliance last said; what is older is ignored, what is absent is denied
CREATE TABLE reception.standing (
  client_id    uuid    PRIMARY KEY,
  version      integer NOT NULL,
  state        text    NOT NULL,
  client_class text    NOT NULL,
  may_deposit  boolean NOT NULL,
  may_stake    boolean NOT NULL,
  may_unstake  boolean NOT NULL,
  may_withdraw boolean NOT NULL,
  updated_at   timestamptz NOT NULL
);

-- one counter a client: its lock orders the client's events, so that a sequence number seen means all lower ones are visible
CREATE TABLE reception.event_counter (
  client_id uuid   PRIMARY KEY,
  last      bigint NOT NULL
) WITH (fillfactor = 70);

CREATE TABLE reception.event (
  client_id uuid        NOT NULL,
  seq       bigint      NOT NULL,
  id        uuid        NOT NULL UNIQUE,
  type      text        NOT NULL,
  resource  text        NOT NULL,
  data      json        NOT NULL,
  at        timestamptz NOT NULL,
  PRIMARY KEY (client_id, seq)
);

-- the latest applied report of each pool: what a share is worth
CREATE TABLE reception.pool_figure (
  pool_id     text    PRIMARY KEY,
  number      integer NOT NULL,
  pool_assets numeric NOT NULL CHECK (scale(pool_assets) = 0),
  pool_shares numeric NOT NULL CHECK (scale(pool_shares) = 0),
  updated_at  timestamptz NOT NULL
);

CREATE TABLE reception.payout_run (
  run_id    uuid        PRIMARY KEY,
  pool_id   text        NOT NULL,
  total     numeric     NOT NULL CHECK (scale(total) = 0),
  lines     integer     NOT NULL,
  posted_at timestamptz NOT NULL
);
`;

const authenticate = `
-- Whom these tokens belong to. The one cross-schema door beside the ledger's functions: asked at every request, so a revocation binds at once.
CREATE FUNCTION reception.authenticate_all(tokens bytea[])
RETURNS TABLE (token_sha256 bytea, kind text, subject uuid, key_id uuid, name text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, reception AS $$
  SELECT k.token_sha256, 'client', k.client_id, k.id, NULL::text, '{}'::text[]
    FROM reception.api_key k WHERE k.token_sha256 = ANY (tokens) AND k.revoked_at IS NULL
  UNION ALL
  SELECT s.token_sha256, 'staff', s.id, s.id, s.name, s.roles
    FROM reception.staff s WHERE s.token_sha256 = ANY (tokens) AND s.revoked_at IS NULL;
$$;

CREATE FUNCTION reception.authenticate(token bytea)
RETURNS TABLE (token_sha256 bytea, kind text, subject uuid, key_id uuid, name text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, reception AS $$
  SELECT * FROM reception.authenticate_all(ARRAY[token]);
$$;
`;

const rights = `
REVOKE ALL ON ALL TABLES IN SCHEMA reception FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA reception FROM PUBLIC;
GRANT USAGE ON SCHEMA reception TO bailee_reception, bailee_compliance, bailee_custody, bailee_staking, bailee_rewards;
GRANT EXECUTE ON FUNCTION reception.authenticate(bytea), reception.authenticate_all(bytea[])
  TO bailee_reception, bailee_compliance, bailee_custody, bailee_staking, bailee_rewards;
GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA reception TO bailee_reception;
GRANT UPDATE (revoked_at, version) ON reception.api_key TO bailee_reception;
GRANT UPDATE (roles, token_sha256, revoked_at, version) ON reception.staff TO bailee_reception;
GRANT UPDATE ON reception.standing, reception.event_counter, reception.pool_figure TO bailee_reception;
`;
