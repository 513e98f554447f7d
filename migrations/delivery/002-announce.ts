import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A correlation for each emission, and no NOTIFY in the emitter's transaction: PostgreSQL holds one lock of the whole server from the
 * NOTIFY of a transaction to the end of its commit, so that commits that wait for the disk would wait for each other.
 */
export class DeliveryAnnounce1764000030002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(emitting);
    await runner.query(announcing);
    await runner.query(relaying);
    await runner.query(rights);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the deliveries have no way back: correct it with a new migration'));
  }
}

const emitting = `
-- Writes one row a subscriber and item. p_from is what the caller believes to be; the producer is who it is. It wakes nobody: see announce().
CREATE FUNCTION delivery.emit(p_message text, p_from text, p_subscribers text[], p_aggregates text[], p_payloads jsonb, p_correlations text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room text := delivery.room();
BEGIN
  IF p_from IS DISTINCT FROM v_room THEN
    RAISE EXCEPTION 'delivery.wrong_producer: % is a message of %, not of %', p_message, p_from, v_room USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF jsonb_array_length(p_payloads) <> cardinality(p_aggregates) OR cardinality(p_correlations) <> cardinality(p_aggregates)
     OR cardinality(p_subscribers) = 0 THEN
    RAISE EXCEPTION 'delivery.malformed: % has % payloads for % aggregates', p_message, jsonb_array_length(p_payloads), cardinality(p_aggregates);
  END IF;
  WITH item AS MATERIALIZED (
    SELECT i.aggregate, i.payload, i.correlation, i.ord
      FROM ROWS FROM (unnest(p_aggregates), jsonb_array_elements(p_payloads), unnest(p_correlations))
           WITH ORDINALITY AS i (aggregate, payload, correlation, ord)
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
         v_room, item.payload, item.correlation
    FROM item JOIN head ON head.aggregate = item.aggregate
   ORDER BY item.ord;
END $$;

-- For rooms of the version before, while they are replaced one by one.
CREATE OR REPLACE FUNCTION delivery.emit(p_message text, p_from text, p_subscribers text[], p_aggregates text[], p_payloads jsonb, p_correlation text)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
BEGIN
  PERFORM delivery.emit(p_message, p_from, p_subscribers, p_aggregates, p_payloads, array_fill(p_correlation, ARRAY[cardinality(p_aggregates)]));
  PERFORM pg_notify('delivery_' || room, '') FROM unnest(p_subscribers) AS room;
END $$;
`;

const announcing = `
-- Wakes the relays of rooms, after the commit of what they are to find, in a transaction of its own that does not wait for the disk. Whoever
-- is not woken finds it by polling.
CREATE FUNCTION delivery.announce(p_rooms text[])
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM pg_notify('delivery_' || room, '') FROM unnest(p_rooms) AS room;
END $$;
`;

const relaying = `
-- As before, in one statement: a lease that is lost is taken again, so its transaction does not wait for the disk.
CREATE OR REPLACE FUNCTION delivery.claim(p_limit integer, p_lease_ms integer)
RETURNS TABLE (id uuid, again boolean) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room text := delivery.room();
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
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
`;

const rights = `
REVOKE ALL ON FUNCTION delivery.emit(text, text, text[], text[], jsonb, text[]), delivery.announce(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delivery.emit(text, text, text[], text[], jsonb, text[]), delivery.announce(text[]) TO bailee_room;
`;
