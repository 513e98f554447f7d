import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Messages from room to room. Rooms hold no right on the tables: a room emits as itself (the producer is the session's role) and reads and
 * completes only what is addressed to it, all through the functions below.
 */
export class Delivery1764000030001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(tables);
    await runner.query(emitting);
    await runner.query(relaying);
    await runner.query(consuming);
    await runner.query(operating);
    await runner.query(rights);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA delivery CASCADE');
  }
}

const tables = `
CREATE SCHEMA delivery;

-- One row a stream. Taking the next number locks the row until the emitting transaction ends, so that numbers are given in commit order:
-- when a number is visible, every smaller one is visible or will never exist. There are no gaps: a rollback gives its number back.
CREATE TABLE delivery.stream (
  subscriber text   NOT NULL,
  producer   text   NOT NULL,
  aggregate  text   NOT NULL CHECK (length(aggregate) BETWEEN 1 AND 200),
  last_seq   bigint NOT NULL CHECK (last_seq > 0),
  PRIMARY KEY (subscriber, producer, aggregate)
) WITH (fillfactor = 80);

CREATE TABLE delivery.delivery (
  id          uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
  -- only for a fair order of handing over; the order that is kept is seq
  position    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
  message     text        NOT NULL,
  subscriber  text        NOT NULL,
  aggregate   text        NOT NULL,
  seq         bigint      NOT NULL,
  producer    text        NOT NULL,
  payload     jsonb       NOT NULL,
  correlation text,
  created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- handed to the queue, or waiting after a failure, until then
  lease_until timestamptz,
  attempts    integer     NOT NULL DEFAULT 0,
  last_error  text,
  done_at     timestamptz,
  dead_at     timestamptz,
  CHECK (done_at IS NULL OR dead_at IS NULL)
) WITH (fillfactor = 80);

-- Both cover open rows only, so that history never slows a hand-over.
CREATE INDEX delivery_open ON delivery.delivery (subscriber, position) WHERE done_at IS NULL;
CREATE UNIQUE INDEX delivery_stream ON delivery.delivery (subscriber, producer, aggregate, seq) WHERE done_at IS NULL;

CREATE FUNCTION delivery.room() RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $$
BEGIN
  IF session_user::text !~ '^bailee_[a-z]+$' THEN
    RAISE EXCEPTION 'delivery.not_a_room: % is not the role of a room', session_user USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN substr(session_user::text, 8);
END $$;
`;

const emitting = `
-- Writes one row a subscriber and item. p_from is what the caller believes to be; the producer is who it is.
CREATE FUNCTION delivery.emit(p_message text, p_from text, p_subscribers text[], p_aggregates text[], p_payloads jsonb, p_correlation text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room text := delivery.room();
BEGIN
  IF p_from IS DISTINCT FROM v_room THEN
    RAISE EXCEPTION 'delivery.wrong_producer: % is a message of %, not of %', p_message, p_from, v_room USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF jsonb_array_length(p_payloads) <> cardinality(p_aggregates) OR cardinality(p_subscribers) = 0 THEN
    RAISE EXCEPTION 'delivery.malformed: % has % payloads for % aggregates', p_message, jsonb_array_length(p_payloads), cardinality(p_aggregates);
  END IF;
  WITH item AS MATERIALIZED (
    SELECT i.aggregate, i.payload, i.ord
      FROM ROWS FROM (unnest(p_aggregates), jsonb_array_elements(p_payloads)) WITH ORDINALITY AS i (aggregate, payload, ord)
  ), head AS (
    INSERT INTO delivery.stream AS s (subscriber, producer, aggregate, last_seq)
    SELECT room, v_room, item.aggregate, count(*)
      FROM item CROSS JOIN unnest(p_subscribers) AS room
     GROUP BY room, item.aggregate
     ORDER BY room, item.aggregate
    ON CONFLICT (subscriber, producer, aggregate) DO UPDATE SET last_seq = s.last_seq + excluded.last_seq
    RETURNING s.subscriber, s.aggregate, s.last_seq
  )
  INSERT INTO delivery.delivery (message, subscriber, aggregate, seq, producer, payload, correlation)
  SELECT p_message, head.subscriber, item.aggregate,
         head.last_seq - count(*) OVER (PARTITION BY head.subscriber, item.aggregate)
                       + row_number() OVER (PARTITION BY head.subscriber, item.aggregate ORDER BY item.ord),
         v_room, item.payload, p_correlation
    FROM item JOIN head ON head.aggregate = item.aggregate
   ORDER BY item.ord;
  PERFORM pg_notify('delivery_' || room, '') FROM unnest(p_subscribers) AS room;
END $$;
`;

const relaying = `
-- Leases deliverable rows of the calling room: not done, not dead, not leased, and first of their stream. Instances share the work.
-- 'again' marks a row whose earlier lease ran out.
CREATE FUNCTION delivery.claim(p_limit integer, p_lease_ms integer)
RETURNS TABLE (id uuid, again boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room text := delivery.room();
BEGIN
  RETURN QUERY
  WITH picked AS (
    SELECT c.id, c.lease_until IS NOT NULL AS again
      FROM delivery.delivery c
     WHERE c.subscriber = v_room AND c.done_at IS NULL AND c.dead_at IS NULL
       AND (c.lease_until IS NULL OR c.lease_until <= clock_timestamp())
       AND NOT EXISTS (SELECT 1 FROM delivery.delivery e
                        WHERE e.subscriber = c.subscriber AND e.producer = c.producer AND e.aggregate = c.aggregate
                          AND e.seq < c.seq AND e.done_at IS NULL)
     ORDER BY c.position
     LIMIT p_limit
       FOR UPDATE OF c SKIP LOCKED
  )
  UPDATE delivery.delivery d
     SET lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
    FROM picked
   WHERE d.id = picked.id
  RETURNING d.id, picked.again;
END $$;

-- The queue did not take them: try again soon.
CREATE FUNCTION delivery.release(p_ids uuid[], p_delay_ms integer)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
  UPDATE delivery.delivery
     SET lease_until = clock_timestamp() + make_interval(secs => p_delay_ms / 1000.0)
   WHERE id = ANY (p_ids) AND subscriber = delivery.room() AND done_at IS NULL AND dead_at IS NULL;
$$;
`;

const consuming = `
-- Locks one row for the calling room until its transaction ends. Only 'yours' may be handled; 'busy' is in other hands, 'waiting' has an
-- earlier open row in its stream.
CREATE FUNCTION delivery.take(p_id uuid)
RETURNS TABLE (state text, message text, aggregate text, seq bigint, producer text, payload jsonb, correlation text, attempts integer)
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
  RETURN QUERY SELECT v_state, v_row.message, v_row.aggregate, v_row.seq, v_row.producer, v_row.payload, v_row.correlation, v_row.attempts;
END $$;

CREATE FUNCTION delivery.finish(p_id uuid)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
BEGIN
  UPDATE delivery.delivery SET done_at = clock_timestamp(), lease_until = NULL
   WHERE id = p_id AND subscriber = delivery.room() AND done_at IS NULL AND dead_at IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'delivery.not_open: % cannot be finished', p_id;
  END IF;
END $$;

CREATE FUNCTION delivery.fail(p_id uuid, p_error text, p_delay_ms integer, p_dead boolean)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
  UPDATE delivery.delivery
     SET attempts = attempts + 1,
         last_error = left(p_error, 2000),
         lease_until = clock_timestamp() + make_interval(secs => p_delay_ms / 1000.0),
         dead_at = CASE WHEN p_dead THEN clock_timestamp() END
   WHERE id = p_id AND subscriber = delivery.room() AND done_at IS NULL AND dead_at IS NULL;
$$;

-- The next of the same stream, when nobody has it yet. Asked after the commit of the one before: whatever is emitted later wakes the relay.
CREATE FUNCTION delivery.successor(p_id uuid)
RETURNS uuid LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
  SELECT CASE WHEN n.dead_at IS NULL AND (n.lease_until IS NULL OR n.lease_until <= clock_timestamp()) THEN n.id END
    FROM delivery.delivery d
    JOIN delivery.delivery n ON n.subscriber = d.subscriber AND n.producer = d.producer AND n.aggregate = d.aggregate AND n.done_at IS NULL
   WHERE d.id = p_id AND d.subscriber = delivery.room()
   ORDER BY n.seq
   LIMIT 1;
$$;
`;

const operating = `
CREATE FUNCTION delivery.lag()
RETURNS TABLE (open bigint, dead bigint, oldest_seconds double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
  SELECT count(*) FILTER (WHERE dead_at IS NULL),
         count(*) FILTER (WHERE dead_at IS NOT NULL),
         coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE dead_at IS NULL)), 0)::double precision
    FROM delivery.delivery
   WHERE subscriber = delivery.room() AND done_at IS NULL;
$$;

-- For an operator (not a room): a dead row is tried again, and with it its stream goes on.
CREATE FUNCTION delivery.replay(p_id uuid)
RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room text;
BEGIN
  UPDATE delivery.delivery SET dead_at = NULL, attempts = 0, lease_until = NULL WHERE id = p_id AND dead_at IS NOT NULL RETURNING subscriber INTO v_room;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM pg_notify('delivery_' || v_room, '');
  RETURN true;
END $$;
`;

const rights = `
REVOKE ALL ON ALL TABLES IN SCHEMA delivery FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA delivery FROM PUBLIC;
GRANT USAGE ON SCHEMA delivery TO bailee_room;
GRANT EXECUTE ON FUNCTION
  delivery.emit(text, text, text[], text[], jsonb, text), delivery.claim(integer, integer), delivery.release(uuid[], integer),
  delivery.take(uuid), delivery.finish(uuid), delivery.fail(uuid, text, integer, boolean), delivery.successor(uuid), delivery.lag()
TO bailee_room;
`;
