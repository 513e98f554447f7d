import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The pause of a pool in trouble; losses with what covered them and who held; reimbursements and their lines; what people say of an incident. */
export class LossesAndRecovery1764000080007 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...bunker, ...losses, ...distributions, ...comments]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE staking.incident_comment, staking.distribution_line, staking.distribution');
    await db.query('DROP TABLE staking.loss_holder, staking.cover_step, staking.loss_part, staking.loss');
    await db.query('ALTER TABLE staking.pool DROP COLUMN bunker_from_place, DROP COLUMN bunker_since, DROP COLUMN bunker_reason');
    await db.query('ALTER TABLE staking.pool DROP COLUMN watched_epoch');
  }
}

const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const grant = (table: string, rights = 'SELECT, INSERT'): string => `GRANT ${rights} ON staking.${table} TO bailee_staking`;
const VERSION = 'version integer NOT NULL DEFAULT 1 CHECK (version > 0)';
const KEY = `text NOT NULL CHECK (pubkey ~ '^0x[0-9a-f]{96}$')`;

/** Whose exit was asked for at or after the place waits, until two people end it. */
const bunker = [
  `ALTER TABLE staking.pool ADD COLUMN bunker_from_place bigint, ADD COLUMN bunker_since timestamptz, ADD COLUMN bunker_reason text,
     -- its validators were compared with the finalised state of this epoch
     ADD COLUMN watched_epoch bigint,
     ADD CONSTRAINT pool_bunker CHECK (num_nulls(bunker_from_place, bunker_since, bunker_reason) IN (0, 3))`,
];

const losses = [
  // One row a report in which a slashed validator lost, or the pool as a whole did; what later reports take of the same validators is added while it
  // is little. Otherwise changed only by what came back of it.
  `CREATE TABLE staking.loss (
    id uuid PRIMARY KEY,
    pool_id text NOT NULL REFERENCES staking.pool,
    report_id uuid NOT NULL UNIQUE,
    report_number integer NOT NULL CHECK (report_number > 0),
    -- the last that added to it
    last_report integer NOT NULL,
    -- what bonds, fund and first loss bore
    ${units('covered')},
    -- what the pool bore, and of it those who are clients
    ${units('borne')},
    -- of it, by later reports
    ${units('added')},
    ${units('of_clients')},
    clients integer NOT NULL CHECK (clients >= 0),
    -- the sum of their weights
    weight numeric NOT NULL CHECK (scale(weight) = 0 AND weight >= 0 AND weight < 1e80),
    -- given or promised by distributions
    ${units('reimbursed')},
    at timestamptz NOT NULL,
    ${VERSION},
    UNIQUE (pool_id, report_number),
    CHECK (of_clients <= borne AND reimbursed <= of_clients AND added <= borne AND last_report >= report_number)
  )`,
  grant('loss'),
  'GRANT UPDATE (last_report, covered, borne, added, of_clients, reimbursed, version) ON staking.loss TO bailee_staking',
  // By slashed validator: what was covered of its loss and what was not.
  `CREATE TABLE staking.loss_part (
    loss_id uuid NOT NULL REFERENCES staking.loss,
    pubkey ${KEY},
    incident_id uuid REFERENCES staking.incident,
    ${units('covered')},
    ${units('borne')},
    PRIMARY KEY (loss_id, pubkey)
  )`,
  'CREATE INDEX loss_part_of_incident ON staking.loss_part (incident_id) WHERE incident_id IS NOT NULL',
  grant('loss_part'),
  'GRANT UPDATE (covered, borne) ON staking.loss_part TO bailee_staking',
  `CREATE TABLE staking.cover_step (
    loss_id uuid NOT NULL REFERENCES staking.loss,
    step integer NOT NULL CHECK (step > 0),
    pubkey ${KEY},
    source text NOT NULL CHECK (source IN ('operator_bond', 'cover_fund', 'first_loss')),
    operator_id text CHECK ((source = 'operator_bond') = (operator_id IS NOT NULL)),
    ${units('amount')} CHECK (amount > 0),
    at timestamptz NOT NULL,
    PRIMARY KEY (loss_id, step)
  )`,
  grant('cover_step'),
  // Who held at the loss: shares that earned and exits not final. Weights, of which each bears its part.
  `CREATE TABLE staking.loss_holder (
    loss_id uuid NOT NULL REFERENCES staking.loss,
    client_id uuid NOT NULL,
    weight numeric NOT NULL CHECK (scale(weight) = 0 AND weight > 0 AND weight < 1e80),
    PRIMARY KEY (loss_id, client_id)
  )`,
  grant('loss_holder'),
];

const distributions = [
  `CREATE TABLE staking.distribution (
    id uuid PRIMARY KEY REFERENCES staking.proposal,
    pool_id text NOT NULL REFERENCES staking.pool,
    loss_id uuid NOT NULL REFERENCES staking.loss,
    state text NOT NULL CHECK (state IN ('posting', 'waiting', 'settled')),
    ${units('total')} CHECK (total > 0),
    lines integer NOT NULL CHECK (lines > 0),
    ${units('largest')},
    -- of all lines in the order of their clients: both people have seen it
    lines_hash text NOT NULL CHECK (lines_hash ~ '^[0-9a-f]{64}$'),
    sources jsonb NOT NULL,
    ${units('paid')},
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    ${VERSION},
    CHECK (paid <= total AND (state <> 'settled' OR paid = total))
  )`,
  'CREATE INDEX distribution_listed ON staking.distribution (created_at DESC, id DESC)',
  `CREATE INDEX distribution_open ON staking.distribution (pool_id) WHERE state <> 'settled'`,
  grant('distribution'),
  'GRANT UPDATE (state, state_since, paid, version) ON staking.distribution TO bailee_staking',
  `CREATE TABLE staking.distribution_line (
    distribution_id uuid NOT NULL REFERENCES staking.distribution,
    client_id uuid NOT NULL,
    ${units('amount')} CHECK (amount > 0),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'held', 'paid')),
    -- why it is held
    reason text,
    created_at timestamptz NOT NULL,
    paid_at timestamptz,
    PRIMARY KEY (distribution_id, client_id),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL))
  ) WITH (fillfactor = 80)`,
  `CREATE INDEX distribution_line_open ON staking.distribution_line (distribution_id, state, client_id) WHERE state <> 'paid'`,
  'CREATE INDEX distribution_line_of_client ON staking.distribution_line (client_id, created_at DESC, distribution_id DESC)',
  grant('distribution_line'),
  'GRANT UPDATE (state, reason, paid_at) ON staking.distribution_line TO bailee_staking',
];

const comments = [
  `CREATE TABLE staking.incident_comment (
    id uuid PRIMARY KEY,
    incident_id uuid NOT NULL REFERENCES staking.incident,
    staff_id uuid NOT NULL,
    -- whether clients of the pool read it too, without a name
    to_clients boolean NOT NULL,
    comment text NOT NULL CHECK (length(comment) BETWEEN 3 AND 2000),
    at timestamptz NOT NULL
  )`,
  'CREATE INDEX incident_comment_of ON staking.incident_comment (incident_id, at)',
  grant('incident_comment'),
];
