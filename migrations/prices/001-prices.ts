import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What things were worth, kept for ever: who said it, of when, when we heard it. Rooms read through functions; only reception, which hosts the
 * sources, may add.
 */
export class Prices1764000085001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const part of [tables, reading, writing, rights]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA prices CASCADE');
  }
}

const tables = `
CREATE SCHEMA prices;

CREATE TABLE prices.observation (
  id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  asset      text        NOT NULL,
  currency   text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- 10^-18 of the currency for one unit of the asset
  price      numeric     NOT NULL CHECK (price > 0 AND price <= 1e38 AND scale(price) = 0),
  source     text        NOT NULL CHECK (length(source) BETWEEN 1 AND 80),
  as_of      timestamptz NOT NULL,
  fetched_at timestamptz NOT NULL,
  -- suspect: it jumped, and nothing had confirmed it when it came
  standing   text        NOT NULL CHECK (standing IN ('accepted', 'suspect')),
  CHECK (as_of <= fetched_at + interval '1 minute'),
  UNIQUE (asset, currency, source, as_of)
);
CREATE INDEX observation_at ON prices.observation (asset, currency, as_of DESC, standing, id DESC);

CREATE FUNCTION prices.append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'prices.% is append-only: % is refused', tg_table_name, tg_op USING errcode = '23001';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON prices.observation FOR EACH STATEMENT EXECUTE FUNCTION prices.append_only();
`;

const COLUMNS = 'asset text, currency text, price numeric, source text, as_of timestamptz, fetched_at timestamptz, standing text';
const SELECT = 'o.asset, o.currency, o.price, o.source, o.as_of, o.fetched_at, o.standing';
const SETTINGS = 'LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp';

const reading = `
-- The newest at or before a time; of one moment an accepted one first.
CREATE FUNCTION prices.price_at(p_asset text, p_currency text, p_at timestamptz) RETURNS TABLE(${COLUMNS}) ${SETTINGS} AS $$
  SELECT ${SELECT} FROM prices.observation o WHERE o.asset = p_asset AND o.currency = p_currency AND o.as_of <= p_at
   ORDER BY o.as_of DESC, o.standing, o.id DESC LIMIT 1 $$;

-- The same for many moments at once; a moment before all prices has no row.
CREATE FUNCTION prices.prices_at(p_asset text, p_currency text, p_moments timestamptz[]) RETURNS TABLE(moment timestamptz, ${COLUMNS}) ${SETTINGS} AS $$
  SELECT m.at, ${SELECT} FROM unnest(p_moments) m(at), LATERAL (
    SELECT * FROM prices.observation n WHERE n.asset = p_asset AND n.currency = p_currency AND n.as_of <= m.at
     ORDER BY n.as_of DESC, n.standing, n.id DESC LIMIT 1) o ORDER BY m.at $$;

CREATE FUNCTION prices.by_source(p_asset text, p_currency text, p_at timestamptz) RETURNS TABLE(${COLUMNS}) ${SETTINGS} AS $$
  SELECT DISTINCT ON (o.source) ${SELECT} FROM prices.observation o
   WHERE o.asset = p_asset AND o.currency = p_currency AND o.as_of <= p_at AND o.standing = 'accepted' ORDER BY o.source, o.as_of DESC, o.id DESC $$;

-- The last accepted one, and the newest suspects since.
CREATE FUNCTION prices.last_of(p_asset text, p_currency text, p_at timestamptz) RETURNS TABLE(${COLUMNS}) ${SETTINGS} AS $$
  WITH a AS (SELECT * FROM prices.observation o WHERE o.asset = p_asset AND o.currency = p_currency AND o.as_of <= p_at AND o.standing = 'accepted'
              ORDER BY o.as_of DESC, o.id DESC LIMIT 1),
       s AS (SELECT * FROM prices.observation o WHERE o.asset = p_asset AND o.currency = p_currency AND o.as_of <= p_at AND o.standing = 'suspect'
               AND o.as_of >= coalesce((SELECT a.as_of FROM a), '-infinity') ORDER BY o.as_of DESC, o.id DESC LIMIT 2000)
  SELECT ${SELECT} FROM a o UNION ALL SELECT ${SELECT} FROM s o $$;

-- From when to when each of these sources has told of a pair.
CREATE FUNCTION prices.told_by(p_sources text[], p_asset text, p_currency text) RETURNS TABLE("from" timestamptz, "to" timestamptz) ${SETTINGS} AS $$
  SELECT t.first, t.last FROM unnest(p_sources) s(name), LATERAL (
    SELECT min(o.as_of) first, max(o.as_of) last FROM prices.observation o WHERE o.asset = p_asset AND o.currency = p_currency AND o.source = s.name) t
   WHERE t.first IS NOT NULL $$;

CREATE FUNCTION prices.newest_of(p_source text, p_asset text, p_currency text) RETURNS timestamptz ${SETTINGS} AS $$
  SELECT max(o.as_of) FROM prices.observation o WHERE o.asset = p_asset AND o.currency = p_currency AND o.source = p_source $$;
`;

const writing = `
CREATE FUNCTION prices.record(p_asset text[], p_currency text[], p_price numeric[], p_source text[], p_as_of timestamptz[], p_fetched_at timestamptz[], p_standing text[])
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  WITH kept AS (
    INSERT INTO prices.observation (asset, currency, price, source, as_of, fetched_at, standing)
    SELECT * FROM unnest(p_asset, p_currency, p_price, p_source, p_as_of, p_fetched_at, p_standing)
    ON CONFLICT (asset, currency, source, as_of) DO NOTHING RETURNING 1)
  SELECT count(*) FROM kept $$;
`;

const READERS = 'bailee_reception, bailee_compliance, bailee_custody, bailee_staking, bailee_rewards';
const rights = `
REVOKE ALL ON ALL TABLES IN SCHEMA prices FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA prices FROM PUBLIC;
GRANT USAGE ON SCHEMA prices TO ${READERS};
GRANT EXECUTE ON FUNCTION prices.price_at, prices.prices_at, prices.by_source TO ${READERS};
GRANT EXECUTE ON FUNCTION prices.last_of, prices.newest_of, prices.told_by, prices.record TO bailee_reception;
`;
