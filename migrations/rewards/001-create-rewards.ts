import type { MigrationInterface, QueryRunner } from 'typeorm';
import { requestTableSql } from '../../libs/http/request-table.js';

/** Pools and validators as this room knows them, reports with their observations and approvals, payout runs with their lines. */
export class CreateRewards1764000090001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE SCHEMA rewards');
    await db.query('GRANT USAGE ON SCHEMA rewards TO bailee_rewards');
    await db.query(requestTableSql('rewards'));
    for (const statement of [...history, ...pools, ...reports, ...payouts]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP SCHEMA rewards CASCADE');
  }
}

const grant = (table: string, rights = 'SELECT, INSERT, UPDATE'): string => `GRANT ${rights} ON rewards.${table} TO bailee_rewards`;
const APPEND = 'SELECT, INSERT';
const oneOf = (column: string, values: readonly string[]): string => `CHECK (${column} IN (${values.map((v) => `'${v}'`).join(', ')}))`;
/** Whole base units, never negative, below what the ledger can hold. */
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const signed = (name: string): string => `${name} numeric NOT NULL CHECK (scale(${name}) = 0 AND abs(${name}) < 1e38)`;
const hex = (name: string, bytes: number, more = 'NOT NULL'): string =>
  `${name} text ${more} CHECK (${name} ~ '^0x[0-9a-f]{${bytes * 2}}$')`;
const VERSION = 'version integer NOT NULL DEFAULT 1 CHECK (version > 0)';
const ACTORS = ['client', 'staff', 'system'];

const history = [
  // Who moved what, when and why: one row a move of each state-carrying row of this schema. Never changed.
  `CREATE TABLE rewards.history (
    noun text NOT NULL ${oneOf('noun', ['pool', 'report', 'payout_run', 'payout_line'])},
    resource_id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    from_state text NOT NULL,
    to_state text NOT NULL,
    event text NOT NULL,
    actor_kind text NOT NULL ${oneOf('actor_kind', ACTORS)},
    actor_id text NOT NULL,
    reason text,
    at timestamptz NOT NULL,
    PRIMARY KEY (noun, resource_id, version)
  )`,
  grant('history', APPEND),
];

const pools = [
  // A projection of pool.opened, and how far the pool has been reported.
  `CREATE TABLE rewards.pool (
    id text PRIMARY KEY,
    product_id text NOT NULL,
    chain text NOT NULL,
    asset text NOT NULL,
    share_asset text NOT NULL,
    commission_bps integer NOT NULL CHECK (commission_bps BETWEEN 0 AND 10000),
    -- of the last report applied; null before the first
    report_number integer NOT NULL DEFAULT 0 CHECK (report_number >= 0),
    reported_slot bigint,
    reported_epoch bigint,
    -- while held, no report goes out without approval
    state text NOT NULL DEFAULT 'flowing' ${oneOf('state', ['flowing', 'held'])},
    created_at timestamptz NOT NULL,
    ${VERSION},
    CHECK ((report_number = 0) = (reported_slot IS NULL) AND (reported_slot IS NULL) = (reported_epoch IS NULL))
  )`,
  grant('pool'),
  `CREATE TABLE rewards.validator (
    pubkey text PRIMARY KEY CHECK (pubkey ~ '^0x[0-9a-f]{96}$'),
    pool_id text NOT NULL REFERENCES rewards.pool,
    validator_index bigint NOT NULL,
    ${units('principal')},
    activation_epoch bigint NOT NULL,
    -- the next period of this validator opens with this balance, after this slot
    ${units('opening')},
    since_slot bigint NOT NULL,
    -- the report in which it was emptied
    left_in integer,
    created_at timestamptz NOT NULL
  )`,
  'CREATE INDEX validator_pool ON rewards.validator (pool_id) WHERE left_in IS NULL',
  grant('validator'),
];

const reports = [
  `CREATE TABLE rewards.report (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES rewards.pool,
    number integer NOT NULL CHECK (number > 0),
    state text NOT NULL ${oneOf('state', ['collected', 'simulated', 'within_limits', 'held', 'approved', 'applied', 'rejected'])},
    from_slot bigint NOT NULL,
    to_slot bigint NOT NULL CHECK (to_slot > from_slot),
    to_epoch bigint NOT NULL,
    to_block bigint NOT NULL,
    ${hex('to_block_root', 32)},
    seconds bigint NOT NULL CHECK (seconds > 0),
    validators integer NOT NULL CHECK (validators >= 0),
    ${units('principal')},
    ${signed('reward')},
    -- what the simulation expects; what staking booked
    ${units('expected_commission')},
    ${units('commission', '')},
    -- a year's reward at the pace of the trailing window, basis points of the principal
    annual_bps bigint NOT NULL,
    -- which limits it exceeds, why it was held
    exceeded text[] NOT NULL,
    reason text,
    created_at timestamptz NOT NULL,
    applied_at timestamptz,
    ${VERSION},
    CHECK ((state = 'applied') = (applied_at IS NOT NULL AND commission IS NOT NULL))
  )`,
  // one number, one report that counts; one report under way a pool
  `CREATE UNIQUE INDEX report_number ON rewards.report (pool_id, number) WHERE state <> 'rejected'`,
  `CREATE UNIQUE INDEX report_open ON rewards.report (pool_id) WHERE state NOT IN ('applied', 'rejected')`,
  'CREATE INDEX report_listed ON rewards.report (created_at, id)',
  grant('report'),
  `CREATE TABLE rewards.observation (
    report_id uuid NOT NULL REFERENCES rewards.report,
    pubkey text NOT NULL REFERENCES rewards.validator,
    ${units('opening')},
    ${units('closing')},
    ${units('withdrawn')},
    ${signed('reward')},
    emptied boolean NOT NULL,
    PRIMARY KEY (report_id, pubkey),
    CHECK (reward = closing + withdrawn - opening)
  )`,
  grant('observation', APPEND),
  `CREATE TABLE rewards.approval (
    report_id uuid NOT NULL REFERENCES rewards.report,
    staff_id uuid NOT NULL,
    comment text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (report_id, staff_id)
  )`,
  grant('approval', APPEND),
];

const payouts = [
  `CREATE TABLE rewards.payout_run (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES rewards.pool,
    asset text NOT NULL,
    state text NOT NULL ${oneOf('state', ['planned', 'dry_run', 'approved', 'posting', 'posted', 'reconciled', 'cancelled'])},
    planned_by_kind text NOT NULL ${oneOf('planned_by_kind', ACTORS)},
    planned_by_id text NOT NULL,
    -- the last report that was applied when it was planned
    report_number integer NOT NULL,
    report_epoch bigint,
    -- collected rewards at the dry run, what clients were owed, and what the lines pay
    ${units('budget')},
    ${units('owed')},
    ${units('total')},
    ${units('paid')},
    ${units('returned')},
    lines integer NOT NULL DEFAULT 0,
    lines_paid integer NOT NULL DEFAULT 0,
    chunks integer NOT NULL DEFAULT 0,
    dry_run_hash text CHECK (dry_run_hash ~ '^[0-9a-f]{64}$'),
    -- what was left of the collected rewards after the run
    ${units('left_over', '')},
    created_at timestamptz NOT NULL,
    posting_at timestamptz,
    finished_at timestamptz,
    ${VERSION},
    CHECK (total <= budget AND total <= owed AND paid + returned <= total)
  )`,
  // one run under way a pool: client.rewards is an account a client and asset
  `CREATE UNIQUE INDEX payout_run_open ON rewards.payout_run (pool_id) WHERE state NOT IN ('reconciled', 'cancelled')`,
  'CREATE INDEX payout_run_listed ON rewards.payout_run (created_at, id)',
  grant('payout_run'),
  `CREATE TABLE rewards.payout_line (
    id uuid PRIMARY KEY,
    run_id uuid NOT NULL REFERENCES rewards.payout_run,
    client_id uuid NOT NULL,
    ${units('owed')},
    ${units('amount')},
    state text NOT NULL DEFAULT 'pending' ${oneOf('state', ['pending', 'paid', 'held'])},
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    UNIQUE (run_id, client_id),
    CHECK (amount > 0 AND amount <= owed AND (state = 'paid') = (paid_at IS NOT NULL))
  ) WITH (fillfactor = 80)`,
  `CREATE INDEX payout_line_pending ON rewards.payout_line (run_id, client_id) WHERE state = 'pending'`,
  'CREATE INDEX payout_line_client ON rewards.payout_line (client_id, created_at, id)',
  `CREATE INDEX payout_line_paid ON rewards.payout_line (client_id, paid_at, id) WHERE state = 'paid'`,
  // a dry run is drawn up anew by deleting its pending lines; what was paid stays
  `CREATE FUNCTION rewards.keep_paid_line() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF OLD.state = 'paid' THEN RAISE EXCEPTION 'rewards.line_paid: % is history', OLD.id; END IF;
     RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
   END $$`,
  'CREATE TRIGGER keep_paid BEFORE UPDATE OR DELETE ON rewards.payout_line FOR EACH ROW EXECUTE FUNCTION rewards.keep_paid_line()',
  grant('payout_line', 'SELECT, INSERT, UPDATE, DELETE'),
];
