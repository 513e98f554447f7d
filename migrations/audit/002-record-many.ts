import type { MigrationInterface, QueryRunner } from 'typeorm';
import { recordOne } from './001-audit.js';

/** Acts are recorded set by set: a batch of orders costs one call. The single function goes, so that there is one way into the trail. */
export class RecordMany1764000020002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(recordMany);
    await runner.query('DROP FUNCTION audit.record(text, text, text, text, text, jsonb)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION audit.record_many(text[], text[], text[], text[], text[], jsonb[])');
    await runner.query(recordOne);
  }
}

const recordMany = `
-- The acts stand in the trail in the order of the arrays.
CREATE FUNCTION audit.record_many(
  p_actor_kinds text[], p_actor_ids text[], p_actions text[], p_resources text[], p_reasons text[], p_details jsonb[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
DECLARE
  v_bad record;
BEGIN
  SELECT a.action, a.resource INTO v_bad FROM unnest(p_actor_kinds, p_actor_ids, p_actions, p_resources) AS a(kind, id, action, resource)
   WHERE coalesce(btrim(a.kind), '') = '' OR coalesce(btrim(a.id), '') = '' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'audit.actor_missing: % on % has no actor', v_bad.action, v_bad.resource USING ERRCODE = 'not_null_violation';
  END IF;
  IF session_user::text !~ '^bailee_[a-z]+$' THEN
    RAISE EXCEPTION 'audit.not_a_room: % is not the role of a room', session_user USING ERRCODE = 'insufficient_privilege';
  END IF;
  INSERT INTO audit.event (seq, at, actor_kind, actor_id, action, resource, reason, details, room, xid, digest)
  SELECT e.seq, e.at, e.kind, e.id, e.action, e.resource, e.reason, e.details, e.room, e.xid, audit.digest_of(
           ROW(e.seq, e.at, e.kind, e.id, e.action, e.resource, e.reason, e.details, e.room, e.xid, NULL)::audit.event)
    FROM (SELECT nextval('audit.event_seq') AS seq, clock_timestamp() AS at, a.kind, a.id, a.action, a.resource, a.reason,
                 coalesce(a.details, '{}') AS details, substr(session_user::text, 8) AS room, pg_current_xact_id() AS xid
            FROM unnest(p_actor_kinds, p_actor_ids, p_actions, p_resources, p_reasons, p_details)
                 WITH ORDINALITY AS a(kind, id, action, resource, reason, details, place)
           ORDER BY a.place) AS e;
END $$;

REVOKE ALL ON FUNCTION audit.record_many(text[], text[], text[], text[], text[], jsonb[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.record_many(text[], text[], text[], text[], text[], jsonb[]) TO bailee_room;
`;
