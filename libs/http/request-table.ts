/**
 * The table of idempotent requests of a room and the function that claims them; for the room's first migration.
 * A claim is an INSERT in the transaction of the effect: a concurrent duplicate waits for that transaction on the primary key, at most 5 s.
 */
export function requestTableSql(schema: string): string {
  if (!/^[a-z_]+$/.test(schema)) throw new Error(`not a schema name: ${schema}`);
  const role = `bailee_${schema}`;
  return `
    CREATE TABLE ${schema}.request (
      id uuid PRIMARY KEY,
      request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
      status smallint CHECK (status BETWEEN 200 AND 499),
      headers json,
      body json,
      created_at timestamptz NOT NULL DEFAULT now()
    ) WITH (fillfactor = 80);
    COMMENT ON TABLE ${schema}.request IS 'one row an idempotent request: its final answer, kept for ever';
    REVOKE ALL ON ${schema}.request FROM PUBLIC;
    GRANT SELECT, INSERT, UPDATE (status, headers, body) ON ${schema}.request TO ${role};

    CREATE FUNCTION ${schema}.claim_requests(ids uuid[], hashes bytea[])
    RETURNS TABLE (known_id uuid, known_hash bytea, known_status smallint, known_headers json, known_body json)
    LANGUAGE plpgsql SET lock_timeout = '5s' AS $claim$
    DECLARE
      claimed uuid[];
    BEGIN
      WITH asked AS (
        SELECT DISTINCT ON (a.id) a.id, a.hash FROM unnest(ids, hashes) WITH ORDINALITY AS a (id, hash, place) ORDER BY a.id, a.place
      ), made AS (
        INSERT INTO ${schema}.request AS r (id, request_hash) SELECT asked.id, asked.hash FROM asked ORDER BY asked.id
        ON CONFLICT (id) DO NOTHING RETURNING r.id
      )
      SELECT coalesce(array_agg(made.id), '{}') INTO claimed FROM made;
      IF cardinality(claimed) = cardinality(ids) THEN RETURN; END IF;
      RETURN QUERY SELECT r.id, r.request_hash, r.status, r.headers, r.body
        FROM ${schema}.request r WHERE r.id = ANY (ids) AND r.id <> ALL (claimed);
    END $claim$;
    COMMENT ON FUNCTION ${schema}.claim_requests IS 'claims what is new and returns what is known already';
    REVOKE ALL ON FUNCTION ${schema}.claim_requests FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ${schema}.claim_requests TO ${role};`;
}
