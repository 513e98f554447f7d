import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Seals over the ledger and the audit log. A block covers every row whose transaction id lies in its window, and only ids below the oldest
 * one still running are taken: a late commit is never skipped. docs/ledger.md ("Sealing") and ADR 0012 say why each column is there.
 */
export class Seal1764000025001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [TABLES, LEAVES, HASHES, NEXT, ANSWERS, READING, RIGHTS]) await runner.query(part);
  }

  /** What proves that nothing was altered is never thrown away by a tool. */
  down(): Promise<void> {
    return Promise.reject(new Error('seals have no way back: correct them with a new migration'));
  }
}

const TABLES = `
  CREATE SCHEMA seal;
  -- after_xid < xid <= upto_xid is the window. Transaction ids count within one cluster, so they are read with the epoch: floor and top are marks
  -- by kind (ids that a dump carries on): rows of the block lie above the one and not above the other, whatever another cluster gave the same transaction
  -- ids to. chart: rows of the chart's log covered so far.
  CREATE TABLE seal.block(
    log text NOT NULL CHECK (log IN ('ledger', 'audit')), seq bigint NOT NULL, epoch int NOT NULL, cluster text NOT NULL, after_xid xid8 NOT NULL, upto_xid xid8 NOT NULL,
    floor bigint[] NOT NULL, top bigint[] NOT NULL, chart int NOT NULL, rows int NOT NULL, root bytea NOT NULL, previous bytea NOT NULL,
    hash bytea NOT NULL, sealed_at timestamptz NOT NULL, PRIMARY KEY (log, seq));
  CREATE INDEX block_window ON seal.block(log, epoch, upto_xid);
  CREATE TABLE seal.signature(
    log text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL, signature bytea NOT NULL, public_key bytea NOT NULL,
    PRIMARY KEY (log, seq), FOREIGN KEY (log, seq) REFERENCES seal.block(log, seq));
  CREATE TABLE seal.refusal(
    log text NOT NULL, seq bigint NOT NULL, hash bytea NOT NULL, code text NOT NULL, detail text NOT NULL, refused_at timestamptz NOT NULL,
    PRIMARY KEY (log, seq, hash));

  CREATE FUNCTION seal.append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
  BEGIN
    RAISE EXCEPTION 'seal.% is append-only: % is refused', tg_table_name, tg_op USING errcode = '23001';
  END $$;
  ${['block', 'signature', 'refusal']
    .map(
      (table) =>
        `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON seal.${table} FOR EACH STATEMENT EXECUTE FUNCTION seal.append_only();`,
    )
    .join('\n  ')}

  -- how the sealer finds what is not sealed yet
  CREATE INDEX batch_xid ON ledger.batch(xid);
  CREATE INDEX account_xid ON ledger.account(xid);
  CREATE INDEX hold_xid ON ledger.hold(xid);
  CREATE INDEX reversal_xid ON ledger.reversal(xid);
  CREATE INDEX event_xid ON audit.event(xid);
`;

/** mark: a number that a dump and restore carries on. What has no number of its own has its time; the chart's log has no transaction and is covered by its seq. */
const LEAVES = `
  CREATE VIEW seal.leaf AS
    SELECT 'ledger' AS log, 1 AS kind, id AS mark, xid, created_at AS at, digest FROM ledger.batch
    UNION ALL SELECT 'ledger', 2, id, xid, opened_at, digest FROM ledger.account
    UNION ALL SELECT 'ledger', 3, (extract(epoch FROM recorded_at) * 1000000)::bigint, xid, recorded_at, digest FROM ledger.hold
    UNION ALL SELECT 'ledger', 4, seq::bigint, '0'::xid8, recorded_at, digest FROM ledger.chart_log
    UNION ALL SELECT 'ledger', 5, (extract(epoch FROM recorded_at) * 1000000)::bigint, xid, recorded_at, digest FROM ledger.reversal
    UNION ALL SELECT 'ledger', 6, (extract(epoch FROM recorded_at) * 1000000)::bigint, xid, recorded_at, digest FROM ledger.period
    UNION ALL SELECT 'audit', 1, seq, xid, at, digest FROM audit.event;
`;

const HASHES = `
  CREATE FUNCTION seal.cluster() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT system_identifier::text FROM pg_control_system() $$;

  CREATE FUNCTION seal.leaf_hash(p_kind int, p_mark bigint, p_xid xid8, p_digest bytea) RETURNS bytea LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256('\\x00'::bytea || int2send(p_kind::smallint) || int8send(p_mark) || xid8send(p_xid) || p_digest) $$;

  -- RFC 6962: pairing neighbours level by level and passing an odd last one on gives the same tree as splitting at the largest power of two.
  CREATE FUNCTION seal.merkle_root(p_leaves bytea[]) RETURNS bytea LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v bytea[] := p_leaves;
  BEGIN
    WHILE cardinality(v) > 1 LOOP
      v := array(SELECT CASE WHEN n.b IS NULL THEN n.a ELSE sha256('\\x01'::bytea || n.a || n.b) END
                   FROM (SELECT u.h a, lead(u.h) OVER (ORDER BY u.o) b, u.o FROM unnest(v) WITH ORDINALITY u(h, o)) n WHERE n.o % 2 = 1 ORDER BY n.o);
    END LOOP;
    RETURN v[1];
  END $$;

  -- Every column but itself, as lines of text: anybody can make it again.
  CREATE FUNCTION seal.block_hash(b seal.block) RETURNS bytea LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(convert_to(concat_ws(E'\\n', 'bailee.seal.v1', b.log, b.seq, b.epoch, b.cluster, b.after_xid, b.upto_xid, array_to_string(b.floor, ','), array_to_string(b.top, ','), b.chart, b.rows, encode(b.root, 'hex'), encode(b.previous, 'hex'),
      to_char(b.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')), 'UTF8')) $$;
`;

/** Rows of the window of block b, those of the chart's log apart. */
const IN_WINDOW = `l.log = b.log AND l.kind <> 4 AND l.xid > b.after_xid AND l.mark > b.floor[l.kind]`;

const NEXT = `
  -- The code of a refused block that still stands. Once people have taken it away, what was before it is sealed on; the refusal stays on record.
  CREATE FUNCTION seal.open_refusal(p_log text) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.code FROM seal.refusal r JOIN seal.block b ON b.log = r.log AND b.seq = r.seq AND b.hash = r.hash WHERE r.log = p_log ORDER BY r.seq LIMIT 1 $$;

  -- Seals the next block: at most p_most rows and what is left of the last transaction in it. No row where there is nothing to seal, or while a
  -- block is refused. Reads only, but for its own row: nobody waits for it.
  CREATE FUNCTION seal.next(p_log text, p_most int) RETURNS SETOF seal.block LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE last seal.block; b seal.block; v_settled xid8; v_next xid8; v_leaves bytea[]; v_kinds int[]; v_marks bigint[]; v_ceiling bigint[];
  BEGIN
    PERFORM pg_advisory_xact_lock(7201504, hashtext(p_log));
    -- below v_settled every transaction has ended: what it wrote is visible to each later statement
    SELECT pg_snapshot_xmin(s), pg_snapshot_xmax(s) INTO v_settled, v_next FROM pg_current_snapshot() s;
    SELECT * INTO last FROM seal.block x WHERE x.log = p_log ORDER BY x.seq DESC LIMIT 1;
    IF NOT found THEN
      last := ROW(p_log, 0, 1, seal.cluster(), '0', '0', '{0,0,0,0,0,0}', '{0,0,0,0,0,0}', 0, 0, NULL, NULL, decode(repeat('00', 32), 'hex'), NULL)::seal.block;
    END IF;
    IF seal.open_refusal(p_log) IS NOT NULL THEN RETURN; END IF;
    b := last; b.seq := last.seq + 1; b.previous := last.hash; b.after_xid := last.upto_xid;

    IF last.cluster <> seal.cluster() OR last.upto_xid >= v_next THEN
      -- Restored elsewhere, or the counter was set back. Ids that this cluster has not given out yet are of rows that came along, so no mark up
      -- to the highest of those (or of those sealed) is new: first the old epoch is finished up to it, then the new one begins above it.
      SELECT array_agg(greatest(last.top[k.kind], m.mark) ORDER BY k.kind) INTO v_ceiling FROM generate_series(1, 6) k(kind) LEFT JOIN (
        SELECT l.kind, max(l.mark) mark FROM seal.leaf l
         WHERE l.log = p_log AND l.kind <> 4 AND l.mark > last.floor[l.kind] AND l.xid >= pg_snapshot_xmax(pg_current_snapshot()) GROUP BY l.kind) m ON m.kind = k.kind;
      IF EXISTS (SELECT FROM seal.leaf l WHERE ${IN_WINDOW} AND l.mark <= v_ceiling[l.kind]) THEN
        v_settled := '18446744073709551615';
      ELSE
        b.epoch := last.epoch + 1; b.cluster := seal.cluster(); b.after_xid := '0'; b.floor := v_ceiling; v_ceiling := NULL;
      END IF;
    END IF;

    SELECT coalesce(max(t.xid), b.after_xid) INTO b.upto_xid
      FROM (SELECT l.xid FROM seal.leaf l WHERE ${IN_WINDOW} AND l.xid < v_settled AND (v_ceiling IS NULL OR l.mark <= v_ceiling[l.kind]) ORDER BY l.xid LIMIT greatest(p_most, 1)) t;
    IF p_log = 'ledger' THEN SELECT coalesce(max(c.seq), 0) INTO b.chart FROM ledger.chart_log c; END IF;
    SELECT array_agg(seal.leaf_hash(l.kind, l.mark, l.xid, l.digest) ORDER BY l.xid, l.kind, l.mark, l.digest), array_agg(l.kind), array_agg(l.mark)
      INTO v_leaves, v_kinds, v_marks
      FROM seal.leaf l WHERE ${IN_WINDOW} AND l.xid <= b.upto_xid AND (v_ceiling IS NULL OR l.mark <= v_ceiling[l.kind]) OR l.log = p_log AND l.kind = 4 AND l.mark > last.chart AND l.mark <= b.chart;
    b.rows := coalesce(cardinality(v_leaves), 0);
    IF b.rows = 0 THEN RETURN; END IF;
    SELECT array_agg(greatest(last.top[k.kind], m.mark) ORDER BY k.kind) INTO b.top
      FROM generate_series(1, 6) k(kind) LEFT JOIN (SELECT u.kind, max(u.mark) mark FROM unnest(v_kinds, v_marks) u(kind, mark) WHERE u.kind <> 4 GROUP BY 1) m ON m.kind = k.kind;
    b.root := seal.merkle_root(v_leaves); b.sealed_at := clock_timestamp(); b.hash := seal.block_hash(b);
    INSERT INTO seal.block SELECT b.*;
    RETURN NEXT b;
  END $$;
`;

const ANSWERS = `
  -- true: kept now, false: kept before. A signature of a block that is not there as it was signed is an error.
  CREATE FUNCTION seal.keep_signature(p_log text, p_seq bigint, p_hash bytea, p_signature bytea, p_public_key bytea) RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE v_known seal.signature;
  BEGIN
    IF NOT EXISTS (SELECT FROM seal.block b WHERE b.log = p_log AND b.seq = p_seq AND b.hash = p_hash) THEN
      RAISE EXCEPTION 'seal.unknown: % % was signed with another hash than is kept', p_log, p_seq USING errcode = '22023';
    END IF;
    INSERT INTO seal.signature(log, seq, hash, signature, public_key) VALUES (p_log, p_seq, p_hash, p_signature, p_public_key) ON CONFLICT DO NOTHING;
    IF found THEN RETURN true; END IF;
    SELECT * INTO v_known FROM seal.signature s WHERE s.log = p_log AND s.seq = p_seq;
    IF (v_known.hash, v_known.signature, v_known.public_key) IS DISTINCT FROM (p_hash, p_signature, p_public_key) THEN
      RAISE EXCEPTION 'seal.signed_otherwise: % % has another signature', p_log, p_seq USING errcode = '22023';
    END IF;
    RETURN false;
  END $$;

  CREATE FUNCTION seal.keep_refusal(p_log text, p_seq bigint, p_hash bytea, p_code text, p_detail text) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO seal.refusal(log, seq, hash, code, detail, refused_at) VALUES (p_log, p_seq, p_hash, p_code, p_detail, now()) ON CONFLICT DO NOTHING $$;
`;

const BLOCK_VIEW = `b.log, b.seq, b.epoch, b.cluster, b.after_xid, b.upto_xid, b.floor, b.top, b.chart, b.rows, encode(b.root, 'hex'), encode(b.previous, 'hex'), encode(b.hash, 'hex'),
      to_char(b.sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), encode(s.signature, 'hex'), encode(s.public_key, 'hex')`;
const BLOCK_COLUMNS = `log text, seq bigint, epoch int, cluster text, after_xid xid8, upto_xid xid8, floor bigint[], top bigint[], chart int, rows int, root text, previous text, hash text,
      sealed_at text, signature text, public_key text`;

const READING = `
  -- Blocks with their signatures, newest first.
  CREATE FUNCTION seal.blocks(p_log text, p_before bigint, p_limit int) RETURNS TABLE(${BLOCK_COLUMNS})
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ${BLOCK_VIEW} FROM seal.block b LEFT JOIN seal.signature s ON s.log = b.log AND s.seq = b.seq
     WHERE b.log = p_log AND b.seq < coalesce(p_before, 9223372036854775807) ORDER BY b.seq DESC LIMIT p_limit $$;

  -- Signed blocks after a position, oldest first: what an anchor copies.
  CREATE FUNCTION seal.signed_after(p_log text, p_after bigint, p_limit int) RETURNS TABLE(${BLOCK_COLUMNS})
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ${BLOCK_VIEW} FROM seal.signature s JOIN seal.block b ON b.log = s.log AND b.seq = s.seq
     WHERE s.log = p_log AND s.seq > p_after ORDER BY s.seq LIMIT p_limit $$;

  -- How far sealing and signing have come, and what waits. Counts end at 100,000.
  CREATE FUNCTION seal.standing(p_log text) RETURNS TABLE(sealed bigint, signed bigint, refused text, unsealed bigint, unsealed_seconds double precision, unsigned_seconds double precision)
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE b seal.block;
  BEGIN
    SELECT * INTO b FROM seal.block x WHERE x.log = p_log ORDER BY x.seq DESC LIMIT 1;
    sealed := coalesce(b.seq, 0);
    SELECT coalesce(max(s.seq), 0) INTO signed FROM seal.signature s WHERE s.log = p_log;
    refused := seal.open_refusal(p_log);
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(t.at)), 0) INTO unsealed, unsealed_seconds
      FROM (SELECT l.at FROM seal.leaf l WHERE l.log = p_log AND l.kind <> 4 AND l.xid > coalesce(b.upto_xid, '0') AND l.mark > coalesce(b.floor[l.kind], 0) ORDER BY l.xid LIMIT 100000) t;
    SELECT coalesce(extract(epoch FROM clock_timestamp() - x.sealed_at), 0) INTO unsigned_seconds FROM seal.block x WHERE x.log = p_log AND x.seq = signed + 1;
    unsigned_seconds := coalesce(unsigned_seconds, 0);
    RETURN NEXT;
  END $$;

  -- The open write transaction that holds sealing back, of any database of the cluster. Nothing where the owner may not see others' transactions.
  CREATE FUNCTION seal.oldest_writer() RETURNS TABLE(seconds double precision, application text, database text, state text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT w.* FROM (
      SELECT extract(epoch FROM clock_timestamp() - a.xact_start)::double precision AS seconds, a.application_name AS application, a.datname::text AS database, a.state
        FROM pg_stat_activity a WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()
      UNION ALL SELECT extract(epoch FROM clock_timestamp() - p.prepared), p.gid, p.database::text, 'prepared' FROM pg_prepared_xacts p) w
     ORDER BY w.seconds DESC NULLS LAST LIMIT 1 $$;

  CREATE FUNCTION seal.block_of(p_log text, p_kind int, p_mark bigint) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DECLARE b seal.block; v_xid xid8; v_epoch int;
  BEGIN
    SELECT l.xid INTO v_xid FROM seal.leaf l WHERE l.log = p_log AND l.kind = p_kind AND l.kind <= 2 AND l.mark = p_mark;
    SELECT x.epoch INTO v_epoch FROM seal.block x WHERE x.log = p_log ORDER BY x.seq DESC LIMIT 1;
    FOR e IN REVERSE coalesce(v_epoch, 0) .. 1 LOOP
      SELECT * INTO b FROM seal.block x WHERE x.log = p_log AND x.epoch = e AND x.upto_xid >= v_xid ORDER BY x.upto_xid LIMIT 1;
      IF found AND b.after_xid < v_xid AND p_mark > b.floor[p_kind] AND p_mark <= b.top[p_kind] THEN RETURN b.seq; END IF;
    END LOOP;
    RETURN NULL;
  END $$;

  -- The leaves of a block in their order.
  CREATE FUNCTION seal.leaves(p_log text, p_seq bigint) RETURNS TABLE(kind int, mark bigint, xid xid8, digest text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.kind, l.mark, l.xid, encode(l.digest, 'hex') FROM seal.block b LEFT JOIN seal.block before ON before.log = b.log AND before.seq = b.seq - 1 CROSS JOIN LATERAL (
      SELECT l.* FROM seal.leaf l WHERE ${IN_WINDOW} AND l.xid <= b.upto_xid AND l.mark <= b.top[l.kind] OR l.log = b.log AND l.kind = 4 AND l.mark > coalesce(before.chart, 0) AND l.mark <= b.chart) l
     WHERE b.log = p_log AND b.seq = p_seq ORDER BY l.xid, l.kind, l.mark, l.digest $$;
`;

const RIGHTS = `
  REVOKE ALL ON ALL TABLES IN SCHEMA seal FROM PUBLIC;
  REVOKE ALL ON ALL FUNCTIONS IN SCHEMA seal FROM PUBLIC;
  GRANT USAGE ON SCHEMA seal TO bailee_custody;
  GRANT EXECUTE ON FUNCTION seal.next(text, int), seal.keep_signature(text, bigint, bytea, bytea, bytea), seal.keep_refusal(text, bigint, bytea, text, text),
    seal.blocks(text, bigint, int), seal.signed_after(text, bigint, int), seal.standing(text), seal.oldest_writer(), seal.block_of(text, int, bigint), seal.leaves(text, bigint) TO bailee_custody;
`;
