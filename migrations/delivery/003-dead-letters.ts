import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an operator does with dead deliveries is kept for ever, with who and why; and a delivery says how long it was under way. */
export class DeliveryDeadLetters1764000030003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(replaying);
    await runner.query(taking);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the deliveries have no way back: correct it with a new migration'));
  }
}

const replaying = `
-- One row a replay: what the delivery was when it lay aside, who let it be tried again and why.
CREATE TABLE delivery.replayed (
  id            bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
  delivery      uuid        NOT NULL,
  subscriber    text        NOT NULL,
  producer      text        NOT NULL,
  message       text        NOT NULL,
  aggregate     text        NOT NULL,
  seq           bigint      NOT NULL,
  attempts      integer     NOT NULL,
  last_error    text,
  dead_at       timestamptz NOT NULL,
  replayed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
  replayed_by   text        NOT NULL CHECK (length(btrim(replayed_by)) BETWEEN 1 AND 200),
  database_role text        NOT NULL DEFAULT session_user,
  reason        text        NOT NULL CHECK (length(btrim(reason)) BETWEEN 3 AND 1000)
);
CREATE INDEX replayed_delivery ON delivery.replayed (delivery);

CREATE FUNCTION delivery.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'delivery.append_only: % on delivery.%', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery.replayed
  FOR EACH STATEMENT EXECUTE FUNCTION delivery.refuse_change();

-- For an operator (not a room): a dead row is tried again, and with it its stream goes on. False when it is not dead.
DROP FUNCTION delivery.replay(uuid);
CREATE FUNCTION delivery.replay(p_id uuid, p_by text, p_reason text)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_row delivery.delivery;
BEGIN
  SELECT * INTO v_row FROM delivery.delivery WHERE id = p_id AND dead_at IS NOT NULL FOR UPDATE;
  IF NOT FOUND THEN RETURN false; END IF;
  INSERT INTO delivery.replayed (delivery, subscriber, producer, message, aggregate, seq, attempts, last_error, dead_at, replayed_by, reason)
  VALUES (v_row.id, v_row.subscriber, v_row.producer, v_row.message, v_row.aggregate, v_row.seq, v_row.attempts, v_row.last_error, v_row.dead_at,
          p_by, p_reason);
  UPDATE delivery.delivery SET dead_at = NULL, attempts = 0, lease_until = NULL WHERE id = p_id;
  PERFORM pg_notify('delivery_' || v_row.subscriber, '');
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION delivery.replay(uuid, text, text) FROM PUBLIC;
`;

const taking = `
DROP FUNCTION delivery.take(uuid);
-- Locks one row for the calling room until its transaction ends. Only 'yours' may be handled; 'busy' is in other hands, 'waiting' has an
-- earlier open row in its stream. age_seconds is since it was emitted.
CREATE FUNCTION delivery.take(p_id uuid)
RETURNS TABLE (state text, message text, aggregate text, seq bigint, producer text, payload jsonb, correlation text, attempts integer,
               age_seconds double precision)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room text := delivery.room();
  v_row  delivery.delivery;
  v_state text := 'yours';
BEGIN
  SELECT * INTO v_row FROM delivery.delivery d WHERE d.id = p_id AND d.subscriber = v_room FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    v_state := CASE WHEN EXISTS (SELECT 1 FROM delivery.delivery d WHERE d.id = p_id AND d.subscriber = v_room) THEN 'busy' ELSE 'unknown' END;
  ELSIF v_row.done_at IS NOT NULL THEN
    v_state := 'done';
  ELSIF v_row.dead_at IS NOT NULL THEN
    v_state := 'dead';
  ELSIF EXISTS (SELECT 1 FROM delivery.delivery e
                 WHERE e.subscriber = v_room AND e.producer = v_row.producer AND e.aggregate = v_row.aggregate
                   AND e.seq < v_row.seq AND e.done_at IS NULL) THEN
    v_state := 'waiting';
  END IF;
  RETURN QUERY SELECT v_state, v_row.message, v_row.aggregate, v_row.seq, v_row.producer, v_row.payload, v_row.correlation, v_row.attempts,
                      extract(epoch FROM clock_timestamp() - v_row.created_at)::double precision;
END $$;
REVOKE ALL ON FUNCTION delivery.take(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delivery.take(uuid) TO bailee_room;
`;
