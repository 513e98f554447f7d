import type { MigrationInterface, QueryRunner } from 'typeorm';

const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const NONE = 'NOT NULL DEFAULT 0';
const VERSION = 'version integer NOT NULL DEFAULT 1 CHECK (version > 0)';
const CRON = `cron text NOT NULL CHECK (length(cron) BETWEEN 9 AND 200)`;
const ZONE = `time_zone text NOT NULL CHECK (length(time_zone) BETWEEN 1 AND 64)`;
const grant = (rights: string, table: string): string => `GRANT ${rights} ON rewards.${table} TO bailee_rewards`;

/** When each pool pays out, how each client wants it, who may not be paid; and dry runs that somebody else has worked out again. */
export class PayoutsInFull1764000090005 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...schedules, ...clients, ...runs, ...lines, nouns(['payout_schedule_change'])]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

/** Adds nouns to the history, whatever stands there already. */
const nouns = (names: readonly string[]): string => `DO $$
  DECLARE v_known text[];
  BEGIN
    SELECT array_agg(DISTINCT m[1]) INTO v_known FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') m
     WHERE c.conrelid = 'rewards.history'::regclass AND c.conname = 'history_noun_check';
    ALTER TABLE rewards.history DROP CONSTRAINT history_noun_check;
    EXECUTE format('ALTER TABLE rewards.history ADD CONSTRAINT history_noun_check CHECK (noun = ANY (%L::text[]))',
      v_known || ARRAY[${names.map((name) => `'${name}'`).join(', ')}]);
  END $$`;

const schedules = [
  `CREATE TABLE rewards.payout_schedule (
    pool_id text PRIMARY KEY REFERENCES rewards.pool,
    ${CRON},
    ${ZONE},
    -- nobody is paid less than this at once
    ${units('min_amount')},
    enabled boolean NOT NULL,
    -- occurrences up to here have had their run, or had nothing to pay
    done_to timestamptz NOT NULL,
    -- nothing is due before; null when it never is again
    next_at timestamptz,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    ${VERSION}
  )`,
  grant('SELECT, INSERT', 'payout_schedule'),
  grant('UPDATE (cron, time_zone, min_amount, enabled, done_to, next_at, changed_at, version)', 'payout_schedule'),
  `CREATE TABLE rewards.payout_schedule_change (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES rewards.payout_schedule,
    -- the version of the schedule that it changes
    based_on integer NOT NULL,
    ${CRON},
    ${ZONE},
    ${units('min_amount')},
    enabled boolean NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by uuid NOT NULL,
    decided_by uuid,
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    ${VERSION},
    CHECK ((state = 'proposed') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CHECK (state <> 'approved' OR decided_by <> proposed_by)
  )`,
  `CREATE UNIQUE INDEX payout_schedule_change_open ON rewards.payout_schedule_change (pool_id) WHERE state = 'proposed'`,
  grant('SELECT, INSERT', 'payout_schedule_change'),
  grant('UPDATE (state, decided_by, decided_at, version)', 'payout_schedule_change'),
];

const clients = [
  // the standing instruction of a client for the rewards of one asset; a client without a row is paid out, whatever the amount
  `CREATE TABLE rewards.preference (
    client_id uuid NOT NULL,
    asset text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('payout', 'restake')),
    -- what is restaked becomes an order for this product
    product_id text,
    ${units('min_amount')},
    changed_at timestamptz NOT NULL,
    ${VERSION},
    PRIMARY KEY (client_id, asset),
    CHECK ((mode = 'restake') = (product_id IS NOT NULL))
  )`,
  grant('SELECT, INSERT', 'preference'),
  grant('UPDATE (mode, product_id, min_amount, changed_at, version)', 'preference'),
  `CREATE TABLE rewards.preference_history (
    client_id uuid NOT NULL,
    asset text NOT NULL,
    version integer NOT NULL,
    mode text NOT NULL,
    product_id text,
    ${units('min_amount')},
    changed_at timestamptz NOT NULL,
    -- by the clock of the database, as drawings are
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (client_id, asset, version)
  )`,
  grant('SELECT, INSERT', 'preference_history'),
  // a projection of standing.changed
  `CREATE TABLE rewards.client_standing (
    client_id uuid PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('applicant', 'approved', 'restricted', 'closed')),
    -- by the clock of the database, as drawings are
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ${VERSION}
  )`,
  `CREATE INDEX client_standing_closed ON rewards.client_standing (client_id) WHERE state = 'closed'`,
  grant('SELECT, INSERT', 'client_standing'),
  grant('UPDATE (state, recorded_at, version)', 'client_standing'),
];

const RUN_STATES = ['planned', 'dry_run', 'disputed', 'approved', 'posting', 'posted', 'reconciled', 'cancelled'];
const LINE_STATES = ['pending', 'paid', 'held', 'below_threshold'];
const oneOf = (column: string, values: readonly string[]): string => `CHECK (${column} IN (${values.map((v) => `'${v}'`).join(', ')}))`;

const runs = [
  `ALTER TABLE rewards.payout_run
     DROP CONSTRAINT payout_run_state_check,
     ADD CONSTRAINT payout_run_state_check ${oneOf('state', RUN_STATES)},
     -- the last occurrence that it stands for, how many it stands for (more than one: it catches up), and by which version of the schedule; null of a run besides it
     ADD COLUMN due_at timestamptz,
     ADD COLUMN occurrences integer CHECK (occurrences > 0),
     ADD COLUMN schedule_version integer,
     -- of the schedule when it was drawn up: no line below it
     ADD COLUMN ${units('min_amount', NONE)},
     -- the moment, by the clock of the database, at which the balances were read
     ADD COLUMN drawn_at timestamptz,
     ADD COLUMN draws integer NOT NULL DEFAULT 0,
     -- chunks have come through this client
     ADD COLUMN paid_through uuid,
     -- what the second worker came to
     ADD COLUMN verified_hash text CHECK (verified_hash ~ '^[0-9a-f]{64}$'),
     ADD COLUMN verified_at timestamptz,
     -- lines that are not paid, and what their clients are owed
     ADD COLUMN lines_held integer NOT NULL DEFAULT 0,
     ADD COLUMN ${units('held', NONE)},
     ADD COLUMN lines_below integer NOT NULL DEFAULT 0,
     ADD COLUMN ${units('below', NONE)},
     ADD CHECK ((due_at IS NULL) = (occurrences IS NULL) AND (due_at IS NULL) = (schedule_version IS NULL)),
     ADD CHECK ((verified_hash IS NULL) = (verified_at IS NULL))`,
];

const lines = [
  // a run remembers how far it came: one index less to keep for each line that is paid
  'DROP INDEX rewards.payout_line_pending',
  `ALTER TABLE rewards.payout_line
     DROP CONSTRAINT payout_line_state_check,
     DROP CONSTRAINT payout_line_check,
     ADD COLUMN reason text CHECK (reason IN ('hold', 'closed')),
     ADD COLUMN restake_product text,
     ADD CONSTRAINT payout_line_state_check ${oneOf('state', LINE_STATES)},
     ADD CONSTRAINT payout_line_check CHECK (amount <= owed AND (state = 'paid') = (paid_at IS NOT NULL)
       AND (amount > 0 OR state IN ('held', 'below_threshold')) AND (amount = 0 OR state <> 'below_threshold'))`,
];

const undo = [
  `CREATE INDEX payout_line_pending ON rewards.payout_line (run_id, client_id) WHERE state = 'pending'`,
  `ALTER TABLE rewards.payout_line DROP COLUMN reason, DROP COLUMN restake_product, DROP CONSTRAINT payout_line_state_check, DROP CONSTRAINT payout_line_check,
     ADD CONSTRAINT payout_line_state_check CHECK (state IN ('pending', 'paid', 'held')),
     ADD CONSTRAINT payout_line_check CHECK (amount > 0 AND amount <= owed AND (state = 'paid') = (paid_at IS NOT NULL))`,
  `ALTER TABLE rewards.payout_run DROP CONSTRAINT payout_run_state_check,
     ADD CONSTRAINT payout_run_state_check CHECK (state IN ('planned', 'dry_run', 'approved', 'posting', 'posted', 'reconciled', 'cancelled')),
     DROP COLUMN due_at, DROP COLUMN occurrences, DROP COLUMN schedule_version, DROP COLUMN min_amount, DROP COLUMN drawn_at, DROP COLUMN draws, DROP COLUMN paid_through,
     DROP COLUMN verified_hash, DROP COLUMN verified_at, DROP COLUMN lines_held, DROP COLUMN held, DROP COLUMN lines_below, DROP COLUMN below`,
  'DROP TABLE rewards.client_standing, rewards.preference_history, rewards.preference, rewards.payout_schedule_change, rewards.payout_schedule',
];
