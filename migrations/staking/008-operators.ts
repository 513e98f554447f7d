import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who runs our validators: the registry, what was found of each operator and until when it holds, how much each may run, how each did its
 * duties, and which way money comes back from each key. What runs already belongs to the house's own operator.
 */
export class Operators1764000080008 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of [...registry, ...policy, ...keys, ...record]) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    for (const statement of undo) await db.query(statement);
  }
}

const grant = (table: string, rights = 'SELECT, INSERT'): string => `GRANT ${rights} ON staking.${table} TO bailee_staking`;
const oneOf = (column: string, values: readonly string[]): string => `CHECK (${column} IN (${values.map((v) => `'${v}'`).join(', ')}))`;
/** Whole base units, never negative, below what the ledger can hold. */
const units = (name: string, more = 'NOT NULL'): string =>
  `${name} numeric ${more} CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;
const bps = (name: string): string => `${name} integer NOT NULL CHECK (${name} BETWEEN 0 AND 10000)`;
const count = (name: string): string => `${name} bigint NOT NULL CHECK (${name} >= 0)`;

const registry = [
  `CREATE TABLE staking.operator (
    id text PRIMARY KEY CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,63}$'),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    jurisdiction text NOT NULL CHECK (jurisdiction ~ '^[A-Z]{2}$'),
    -- the consensus client that it runs: a fault of one is a fault of all who run it
    client_type text NOT NULL CHECK (client_type ~ '^[a-z0-9-]{1,64}$'),
    contract_reference text NOT NULL CHECK (length(contract_reference) BETWEEN 1 AND 200),
    contract_from date NOT NULL,
    contract_until date CHECK (contract_until >= contract_from),
    ${bps('sla_effectiveness_bps')},
    ${bps('sla_proposals_bps')},
    ${bps('fee_bps')},
    ${units('self_bond')},
    -- whom its blocks may pay beside the pool's own vault
    fee_recipients text[] NOT NULL,
    mev_policy text NOT NULL ${oneOf('mev_policy', ['any', 'listed', 'none'])},
    relays text[] NOT NULL,
    builders text[] NOT NULL,
    weight integer NOT NULL CHECK (weight BETWEEN 1 AND 10000),
    ${bps('stake_limit_bps')},
    ${bps('exit_threshold_bps')},
    target_kind text ${oneOf('target_kind', ['soft', 'forced'])},
    ${units('target_stake', '')},
    state text NOT NULL ${oneOf('state', ['candidate', 'active', 'suspended', 'retired'])},
    created_at timestamptz NOT NULL,
    state_since timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1 CHECK (version > 0),
    -- the distance between the two keeps stake from wandering to and fro
    CHECK (stake_limit_bps <= exit_threshold_bps),
    CHECK ((target_kind IS NULL) = (target_stake IS NULL))
  )`,
  grant('operator'),
  // an operator keeps its name in the books and the day it was entered
  `GRANT UPDATE (name, jurisdiction, client_type, contract_reference, contract_from, contract_until, sla_effectiveness_bps, sla_proposals_bps,
     fee_bps, self_bond, fee_recipients, mev_policy, relays, builders, weight, stake_limit_bps, exit_threshold_bps, target_kind, target_stake,
     state, state_since, version) ON staking.operator TO bailee_staking`,
  `CREATE TABLE staking.operator_assessment (
    id uuid PRIMARY KEY,
    operator_id text NOT NULL REFERENCES staking.operator,
    -- each line of the card, 0 to 100
    scores jsonb NOT NULL,
    score integer NOT NULL CHECK (score BETWEEN 0 AND 100),
    evidence text NOT NULL,
    -- null: as the registry was opened
    proposal_id uuid,
    assessed_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > assessed_at)
  )`,
  'CREATE INDEX operator_assessment_of ON staking.operator_assessment (operator_id, assessed_at)',
  grant('operator_assessment'),
];

const policy = [
  // Versions; the newest of a pool counts, and where it has none that of all pools ('*').
  `CREATE TABLE staking.allocation_caps (
    pool_id text NOT NULL CHECK (pool_id ~ '^([a-z0-9-]{1,64}|[*])$'),
    version integer NOT NULL CHECK (version > 0),
    caps jsonb NOT NULL,
    proposal_id uuid,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, version)
  )`,
  grant('allocation_caps'),
];

const keys = [
  'ALTER TABLE staking.batch ADD COLUMN operator_id text REFERENCES staking.operator, ADD COLUMN allocation jsonb',
  'ALTER TABLE staking.validator ADD COLUMN operator_id text REFERENCES staking.operator',
  'CREATE INDEX validator_operator ON staking.validator (operator_id)',
  'CREATE INDEX validator_age ON staking.validator (created_at, pubkey)',
  // The way by which money comes back from a key: whose the credentials are that the chain holds for it.
  `CREATE TABLE staking.withdrawal_medium (
    pubkey text NOT NULL CHECK (pubkey ~ '^0x[0-9a-f]{96}$'),
    type text NOT NULL ${oneOf('type', ['withdrawal_credentials'])},
    pool_id text NOT NULL REFERENCES staking.pool,
    operator_id text REFERENCES staking.operator,
    value text NOT NULL,
    state text NOT NULL ${oneOf('state', ['verified', 'foreign'])},
    how text NOT NULL,
    verified_at timestamptz NOT NULL,
    PRIMARY KEY (pubkey, type)
  )`,
  'CREATE INDEX withdrawal_medium_age ON staking.withdrawal_medium (pool_id, verified_at)',
  'CREATE INDEX withdrawal_medium_operator ON staking.withdrawal_medium (operator_id)',
  grant('withdrawal_medium'),
  'GRANT UPDATE (operator_id, value, state, how, verified_at) ON staking.withdrawal_medium TO bailee_staking',
  `INSERT INTO staking.operator (id, name, jurisdiction, client_type, contract_reference, contract_from, contract_until, sla_effectiveness_bps,
     sla_proposals_bps, fee_bps, self_bond, fee_recipients, mev_policy, relays, builders, weight, stake_limit_bps, exit_threshold_bps,
     state, created_at, state_since)
   SELECT 'house-1', 'House operator', 'HK', 'lodestar', 'in-house', date(now()), NULL, 9500, 9500, 0, 0, '{}', 'any', '{}', '{}', 100, 10000, 10000,
     'active', now(), now()
    WHERE EXISTS (SELECT FROM staking.batch)`,
  // nobody has looked into it: what runs goes on, and within a month people assess it or it is given nothing more
  `INSERT INTO staking.operator_assessment (id, operator_id, scores, score, evidence, assessed_at, expires_at)
   SELECT gen_random_uuid(), id, '{"technology": 70, "security": 70, "finance": 70, "record": 70, "insurance": 70}', 70,
     'as the registry was opened', now(), now() + interval '30 days' FROM staking.operator`,
  `UPDATE staking.batch SET operator_id = 'house-1'`,
  `UPDATE staking.validator SET operator_id = 'house-1'`,
  `INSERT INTO staking.withdrawal_medium (pubkey, type, pool_id, operator_id, value, state, how, verified_at)
   SELECT v.pubkey, 'withdrawal_credentials', v.pool_id, v.operator_id, b.withdrawal_credentials, 'verified', 'finalised_state', now()
     FROM staking.validator v JOIN staking.batch b ON b.id = v.batch_id WHERE v.state <> 'withdrawn' AND b.withdrawal_credentials IS NOT NULL`,
];

const record = [
  // Which epochs of a pool's validators were looked at: a window after the other.
  `CREATE TABLE staking.performance_window (
    pool_id text NOT NULL REFERENCES staking.pool,
    from_epoch bigint NOT NULL,
    to_epoch bigint NOT NULL,
    collected_at timestamptz NOT NULL,
    PRIMARY KEY (pool_id, from_epoch),
    CHECK (to_epoch >= from_epoch)
  )`,
  grant('performance_window'),
  `CREATE TABLE staking.performance (
    pubkey text NOT NULL REFERENCES staking.validator,
    from_epoch bigint NOT NULL,
    to_epoch bigint NOT NULL,
    pool_id text NOT NULL REFERENCES staking.pool,
    operator_id text REFERENCES staking.operator,
    ${count('active_epochs')},
    -- effective balance times epochs, wei
    ${units('stake_epochs')},
    ${count('expected_attestations')},
    ${count('included')},
    ${count('source_correct')},
    ${count('target_correct')},
    ${count('expected_heads')},
    ${count('head_correct')},
    -- slots over all votes included; null where the node does not tell
    delay_slots bigint CHECK (delay_slots >= 0),
    ${count('expected_proposals')},
    ${count('proposals')},
    PRIMARY KEY (pubkey, from_epoch),
    CHECK (to_epoch >= from_epoch AND included <= expected_attestations AND head_correct <= expected_heads AND proposals <= expected_proposals)
  )`,
  'CREATE INDEX performance_of_operator ON staking.performance (operator_id, to_epoch)',
  // scores are made of the newest epochs alone
  'CREATE INDEX performance_recent ON staking.performance (to_epoch)',
  grant('performance'),
  // What would have happened had an operator left at once: kept as it was answered.
  `CREATE TABLE staking.exit_drill (
    id uuid PRIMARY KEY,
    operator_id text NOT NULL REFERENCES staking.operator,
    made_by uuid NOT NULL,
    result jsonb NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  'CREATE INDEX exit_drill_of ON staking.exit_drill (operator_id, created_at)',
  grant('exit_drill'),
];

const undo = [
  'DROP TABLE staking.exit_drill, staking.performance, staking.performance_window, staking.withdrawal_medium, staking.allocation_caps',
  'DROP INDEX staking.validator_age',
  'ALTER TABLE staking.validator DROP COLUMN operator_id',
  'ALTER TABLE staking.batch DROP COLUMN operator_id, DROP COLUMN allocation',
  'DROP TABLE staking.operator_assessment, staking.operator',
  `DELETE FROM staking.history WHERE noun = 'operator'`,
];
