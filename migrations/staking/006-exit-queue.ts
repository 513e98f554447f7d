import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The exit queue apart from the orders: requests with cumulative sums, the groups whose nominals one report fixed, the ranges that reports
 * paid, what is published of the order, and instant exits. Exits under way are moved in: each whose nominal was fixed as a group of its own,
 * at the price that its nominal is, with a negative number where later groups have that of their report.
 */
export class ExitQueue1764000080006 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...requests, ...groups, ...ranges, ...cover, ...checkpoints, ...instant, ...moved]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

/** Whole base units, never negative, below what the ledger can hold. */
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
/** Sums over all there ever was. */
const sum = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e48)`;
const hash = (name: string, more = 'NOT NULL'): string => `${name} bytea ${more} CHECK (length(${name}) = 32)`;
const grant = (table: string, rights: string): string => `GRANT ${rights} ON staking.${table} TO bailee_staking`;

const requests = [
  `CREATE TABLE staking.exit_request (
    -- of the operation that the client asked for
    order_id uuid PRIMARY KEY,
    -- no reference: it would lock the pool's row, and who places an order never waits for a report
    pool_id text NOT NULL,
    -- as it arrived; the place is given under the pool's lock, so that nobody who commits late comes before somebody whose rate is fixed
    seq bigint GENERATED ALWAYS AS IDENTITY,
    place bigint CHECK (place > 0),
    -- null: the instant buffer, which has paid the client already
    client_id uuid,
    ${units('shares')},
    accepted_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'fixed', 'paid', 'cancelled')),
    -- the report that fixed it; negative: before there were groups
    group_report integer,
    ${units('nominal', '')},
    -- over the whole queue, up to and with this one
    ${sum('cum_shares', '')},
    ${sum('cum_nominal', '')},
    ${units('payout', '')},
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    CHECK (shares > 0),
    CHECK ((state IN ('fixed', 'paid')) = (cum_shares IS NOT NULL)),
    CHECK ((cum_shares IS NULL) = (cum_nominal IS NULL) AND (cum_shares IS NULL) = (nominal IS NULL) AND (cum_shares IS NULL) = (group_report IS NULL)),
    CHECK (cum_shares IS NULL OR place IS NOT NULL),
    CHECK ((state = 'paid') = (payout IS NOT NULL)),
    CHECK (payout <= nominal)
  ) WITH (fillfactor = 70)`,
  `CREATE INDEX exit_request_of_client ON staking.exit_request (client_id, pool_id, seq) WHERE client_id IS NOT NULL AND state IN ('waiting', 'fixed')`,
  // who waits for a place; the queue by place
  'CREATE INDEX exit_request_arrived ON staking.exit_request (pool_id, seq) WHERE place IS NULL',
  `CREATE INDEX exit_request_waiting ON staking.exit_request (pool_id, seq) INCLUDE (shares) WHERE state = 'waiting'`,
  `CREATE INDEX exit_request_cancelled ON staking.exit_request (pool_id, place) WHERE state = 'cancelled'`,
  'CREATE UNIQUE INDEX exit_request_placed ON staking.exit_request (pool_id, place) WHERE place IS NOT NULL',
  grant('exit_request', 'SELECT, INSERT'),
  grant('exit_request', 'UPDATE (place, state, group_report, nominal, cum_shares, cum_nominal, payout, version)'),
];

const price = (name: string): string[] => [units(`${name}_value`), units(`${name}_shares`)];
const sums = (name: string): string[] => [
  `${name}_place bigint NOT NULL CHECK (${name}_place >= 0)`,
  sum(`${name}_shares`),
  sum(`${name}_nominal`),
];

const groups = [
  `CREATE TABLE staking.exit_group (
    pool_id text NOT NULL REFERENCES staking.pool,
    report integer NOT NULL,
    ${price('price').join(', ')},
    ${sums('end').join(', ')},
    requests integer NOT NULL CHECK (requests > 0),
    fixed_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, report)
  )`,
  'CREATE UNIQUE INDEX exit_group_by_end ON staking.exit_group (pool_id, end_place)',
  grant('exit_group', 'SELECT, INSERT'),
];

const ranges = [
  `CREATE TABLE staking.exit_range (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    number integer NOT NULL CHECK (number > 0),
    -- the report that made its rate final, and the group it is of
    report integer NOT NULL,
    group_report integer NOT NULL,
    ${sums('from').join(', ')},
    ${sums('to').join(', ')},
    basis text NOT NULL CHECK (basis IN ('nominal', 'value')),
    ${price('price').join(', ')},
    ${units('set_aside')},
    finalised_at timestamptz NOT NULL,
    -- how far its requests are paid one by one
    settled_place bigint NOT NULL,
    ${units('settled')},
    requests integer NOT NULL DEFAULT 0,
    -- what flooring one by one left over, once all are paid
    ${units('surplus', '')},
    settled_at timestamptz,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    UNIQUE (pool_id, number),
    FOREIGN KEY (pool_id, group_report) REFERENCES staking.exit_group (pool_id, report),
    CHECK (to_place > from_place AND settled_place BETWEEN from_place AND to_place),
    CHECK ((settled_at IS NULL) = (surplus IS NULL)),
    CHECK (settled + coalesce(surplus, 0) <= set_aside),
    CHECK (surplus IS NULL OR settled + surplus = set_aside)
  )`,
  'CREATE INDEX exit_range_open ON staking.exit_range (pool_id, number) WHERE settled_at IS NULL',
  'CREATE INDEX exit_range_by_end ON staking.exit_range (pool_id, to_place)',
  grant('exit_range', 'SELECT, INSERT'),
  grant('exit_range', 'UPDATE (settled_place, settled, requests, surplus, settled_at, version)'),
];

/** For which source of money each stretch of the queue waits: one row a source, whatever the length of the queue. A projection, rebuilt at will. */
const cover = [
  `CREATE TABLE staking.exit_cover (
    pool_id text NOT NULL REFERENCES staking.pool,
    pubkey text NOT NULL,
    from_place bigint NOT NULL,
    to_place bigint NOT NULL CHECK (to_place > from_place),
    sent boolean NOT NULL,
    -- orders up to here know it
    told_place bigint NOT NULL,
    PRIMARY KEY (pool_id, pubkey)
  )`,
  grant('exit_cover', 'SELECT, INSERT, UPDATE, DELETE'),
];

const checkpoints = [
  `CREATE TABLE staking.exit_checkpoint (
    pool_id text NOT NULL REFERENCES staking.pool,
    number integer NOT NULL CHECK (number > 0),
    report integer NOT NULL,
    published_at timestamptz NOT NULL,
    -- the requests that are new in it: places from_place < place <= to_place
    from_place bigint NOT NULL CHECK (from_place >= 0),
    to_place bigint NOT NULL CHECK (to_place >= from_place),
    ${sums('fixed').join(', ')},
    ${sums('head').join(', ')},
    ${hash('root')},
    ${hash('previous')},
    ${hash('hash')},
    PRIMARY KEY (pool_id, number)
  )`,
  'CREATE INDEX exit_checkpoint_by_place ON staking.exit_checkpoint (pool_id, to_place)',
  grant('exit_checkpoint', 'SELECT, INSERT'),
  // roots of whole blocks of 1,024 leaves: what lies below is hashed again from the requests when somebody asks
  `CREATE TABLE staking.exit_block (
    pool_id text NOT NULL,
    number integer NOT NULL,
    block integer NOT NULL CHECK (block >= 0),
    ${hash('root')},
    PRIMARY KEY (pool_id, number, block),
    FOREIGN KEY (pool_id, number) REFERENCES staking.exit_checkpoint (pool_id, number)
  )`,
  grant('exit_block', 'SELECT, INSERT'),
];

const instant = [
  `CREATE TABLE staking.instant_terms (
    pool_id text NOT NULL REFERENCES staking.pool,
    version integer NOT NULL CHECK (version > 0),
    enabled boolean NOT NULL,
    min_spread_bps integer NOT NULL CHECK (min_spread_bps BETWEEN 1 AND 10000),
    max_spread_bps integer NOT NULL CHECK (max_spread_bps BETWEEN min_spread_bps AND 10000),
    -- the buffer at and above which the spread is least
    ${units('full_buffer')},
    proposal_id uuid NOT NULL,
    since timestamptz NOT NULL,
    CHECK (full_buffer > 0),
    PRIMARY KEY (pool_id, version)
  )`,
  grant('instant_terms', 'SELECT, INSERT'),
  `CREATE TABLE staking.instant_exit (
    order_id uuid PRIMARY KEY REFERENCES staking.exit_request,
    pool_id text NOT NULL REFERENCES staking.pool,
    client_id uuid NOT NULL,
    ${units('shares')},
    ${units('value')},
    ${units('paid')},
    spread_bps integer NOT NULL CHECK (spread_bps BETWEEN 0 AND 10000),
    report integer NOT NULL,
    at timestamptz NOT NULL,
    CHECK (paid <= value)
  )`,
  grant('instant_exit', 'SELECT, INSERT'),
  // an unstake may wait for a place or be paid at once: its order says which
  'ALTER TABLE staking.orders ADD COLUMN instant boolean NOT NULL DEFAULT false',
];

const LEAVING = `type = 'unstake' AND state IN ('accepted', 'exit_scheduled', 'unbonding')`;
const moved = [
  `INSERT INTO staking.exit_request (order_id, pool_id, place, client_id, shares, accepted_at, state, group_report, nominal, cum_shares, cum_nominal)
     SELECT id, pool_id, n, client_id, shares, created_at, CASE WHEN nominal IS NULL THEN 'waiting' ELSE 'fixed' END,
            CASE WHEN nominal IS NOT NULL THEN (n - many - 1)::integer END, nominal,
            CASE WHEN nominal IS NOT NULL THEN sum(shares) OVER w END, CASE WHEN nominal IS NOT NULL THEN sum(nominal) OVER w END
       FROM (SELECT *, row_number() OVER (PARTITION BY pool_id ORDER BY nominal IS NULL, place) AS n, count(*) OVER (PARTITION BY pool_id) AS many
               FROM staking.orders WHERE ${LEAVING}) o
     WINDOW w AS (PARTITION BY pool_id ORDER BY n)
     ORDER BY pool_id, n`,
  `INSERT INTO staking.exit_group (pool_id, report, price_value, price_shares, end_place, end_shares, end_nominal, requests, fixed_at)
     SELECT pool_id, group_report, nominal, shares, place, cum_shares, cum_nominal, 1, accepted_at FROM staking.exit_request WHERE state = 'fixed'`,
  'DROP INDEX staking.orders_to_leave, staking.orders_by_exit',
];

const undo = [
  `UPDATE staking.orders o SET nominal = r.nominal FROM staking.exit_request r WHERE r.order_id = o.id AND r.nominal IS NOT NULL`,
  'ALTER TABLE staking.orders DROP COLUMN instant',
  'DROP TABLE staking.instant_exit, staking.instant_terms, staking.exit_block, staking.exit_checkpoint, staking.exit_cover',
  'DROP TABLE staking.exit_range, staking.exit_group, staking.exit_request',
  `CREATE INDEX orders_to_leave ON staking.orders (pool_id, place) WHERE ${LEAVING}`,
  'CREATE INDEX orders_by_exit ON staking.orders (exit_pubkey) WHERE exit_pubkey IS NOT NULL',
];
