import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Done deliveries are transport that has arrived: who did what stands in the ledger, the audit log and the histories of the rooms. After
 * their retention they are counted, a day and message, and deleted. What was ever laid aside and replayed by hand stays.
 */
export class DeliveryPurge1764000030004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(purging);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the deliveries have no way back: correct it with a new migration'));
  }
}

const purging = `
CREATE TABLE delivery.summary (
  day        date   NOT NULL,
  subscriber text   NOT NULL,
  producer   text   NOT NULL,
  message    text   NOT NULL,
  deliveries bigint NOT NULL,
  failures   bigint NOT NULL,
  PRIMARY KEY (day, subscriber, producer, message)
);
COMMENT ON TABLE delivery.summary IS 'what was delivered and deleted since, by the day (UTC) of its emission';

-- rows lie in the order of time, so this costs a delivery next to nothing
CREATE INDEX delivery_age ON delivery.delivery USING brin (created_at) WITH (pages_per_range = 32, autosummarize = on);

-- Deletes up to p_limit of the calling room's deliveries that were done p_keep_days ago; answers with how many. The streams keep their
-- numbers, so that what comes later goes on counting.
CREATE FUNCTION delivery.purge(p_keep_days integer, p_limit integer)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, delivery AS $$
DECLARE
  v_room   text := delivery.room();
  v_before timestamptz := clock_timestamp() - make_interval(days => p_keep_days);
  v_gone   integer;
BEGIN
  IF p_keep_days < 1 THEN
    RAISE EXCEPTION 'delivery.retention_too_short: % days', p_keep_days;
  END IF;
  WITH old AS (
    SELECT d.id
      FROM delivery.delivery d
     WHERE d.subscriber = v_room AND d.created_at < v_before AND d.done_at < v_before
       AND NOT EXISTS (SELECT 1 FROM delivery.replayed r WHERE r.delivery = d.id)
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM delivery.delivery d USING old WHERE d.id = old.id
    RETURNING d.created_at, d.subscriber, d.producer, d.message, d.attempts
  ), counted AS (
    INSERT INTO delivery.summary AS s (day, subscriber, producer, message, deliveries, failures)
    SELECT (g.created_at AT TIME ZONE 'UTC')::date AS day, g.subscriber, g.producer, g.message, count(*), sum(g.attempts)
      FROM gone g GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (day, subscriber, producer, message)
    DO UPDATE SET deliveries = s.deliveries + excluded.deliveries, failures = s.failures + excluded.failures
  )
  SELECT count(*) INTO v_gone FROM gone;
  RETURN v_gone;
END $$;
REVOKE ALL ON FUNCTION delivery.purge(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delivery.purge(integer, integer) TO bailee_room;
`;
