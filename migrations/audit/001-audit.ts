import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who did what to what, and why: written in the transaction of the act, never altered. */
export class Audit1764000020001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(table);
    await runner.query(functions);
    await runner.query(recordOne);
    await runner.query(rights);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA audit CASCADE');
  }
}

const table = `
CREATE SCHEMA audit;

CREATE TABLE audit.event (
  -- unique and rising, not gap-free: a rolled-back act leaves no event but uses up its number
  seq        bigint      PRIMARY KEY,
  at         timestamptz NOT NULL,
  actor_kind text        NOT NULL CHECK (actor_kind IN ('client', 'staff', 'system')),
  actor_id   text        NOT NULL CHECK (length(actor_id) BETWEEN 1 AND 200),
  action     text        NOT NULL CHECK (action ~ '^[a-z_]+(\\.[a-z_]+)+$'),
  resource   text        NOT NULL CHECK (length(resource) BETWEEN 1 AND 200),
  reason     text,
  details    jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(details) = 'object'),
  room       text        NOT NULL,
  -- the writing transaction, so that a sealer can take only what is settled
  xid        xid8        NOT NULL,
  digest     bytea       NOT NULL
);
CREATE SEQUENCE audit.event_seq OWNED BY audit.event.seq;
CREATE INDEX event_resource ON audit.event (resource, seq);
CREATE INDEX event_actor ON audit.event (actor_kind, actor_id, seq);
CREATE INDEX event_action ON audit.event (action, seq);
`;

const functions = `
-- SHA-256 over every column but itself, as one JSON array: no two rows have one text.
CREATE FUNCTION audit.digest_of(e audit.event) RETURNS bytea LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT sha256(convert_to(jsonb_build_array(
    e.seq::text, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor_kind, e.actor_id, e.action, e.resource, e.reason, e.details,
    e.room, e.xid::text)::text, 'UTF8'));
$$;

-- Rows whose columns no longer give their digest.
CREATE FUNCTION audit.altered(p_after bigint DEFAULT 0)
RETURNS TABLE (seq bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
  SELECT e.seq FROM audit.event e WHERE e.seq > p_after AND e.digest IS DISTINCT FROM audit.digest_of(e) ORDER BY e.seq;
$$;

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'audit.append_only: % on audit.event', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.event FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
`;

/** One act a call. */
export const recordOne = `
CREATE FUNCTION audit.record(p_actor_kind text, p_actor_id text, p_action text, p_resource text, p_reason text, p_details jsonb)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
DECLARE
  v_event audit.event;
BEGIN
  IF coalesce(btrim(p_actor_kind), '') = '' OR coalesce(btrim(p_actor_id), '') = '' THEN
    RAISE EXCEPTION 'audit.actor_missing: % on % has no actor', p_action, p_resource USING ERRCODE = 'not_null_violation';
  END IF;
  IF session_user::text !~ '^bailee_[a-z]+$' THEN
    RAISE EXCEPTION 'audit.not_a_room: % is not the role of a room', session_user USING ERRCODE = 'insufficient_privilege';
  END IF;
  v_event.seq := nextval('audit.event_seq');
  v_event.at := clock_timestamp();
  v_event.actor_kind := p_actor_kind;
  v_event.actor_id := p_actor_id;
  v_event.action := p_action;
  v_event.resource := p_resource;
  v_event.reason := p_reason;
  v_event.details := coalesce(p_details, '{}');
  v_event.room := substr(session_user::text, 8);
  v_event.xid := pg_current_xact_id();
  v_event.digest := audit.digest_of(v_event);
  INSERT INTO audit.event SELECT v_event.*;
  RETURN v_event.seq;
END $$;

REVOKE ALL ON FUNCTION audit.record(text, text, text, text, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.record(text, text, text, text, text, jsonb) TO bailee_room;
`;

const rights = `
REVOKE ALL ON ALL TABLES IN SCHEMA audit FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA audit FROM PUBLIC;
GRANT USAGE ON SCHEMA audit TO bailee_room;
-- the compliance room answers the audit search and checks the trail
GRANT SELECT ON audit.event TO bailee_compliance;
GRANT EXECUTE ON FUNCTION audit.altered(bigint) TO bailee_compliance;
`;
