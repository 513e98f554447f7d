import type { MigrationInterface, QueryRunner } from 'typeorm';
import { requestTableSql } from '#http';

/** Standing, onboarding, screening, decisions, disclosures, deposits under review, holds, and the history of them all. */
export class CreateCompliance1764000050001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query('CREATE SCHEMA compliance');
    await db.query('GRANT USAGE ON SCHEMA compliance TO bailee_compliance');
    await db.query(requestTableSql('compliance'));
    for (const statement of [...history, ...clients, ...onboarding, ...lists, ...screening, ...decisions, ...disclosures, ...deposits]) {
      await db.query(statement);
    }
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP SCHEMA compliance CASCADE');
  }
}

const grant = (table: string, rights = 'SELECT, INSERT, UPDATE'): string => `GRANT ${rights} ON compliance.${table} TO bailee_compliance`;
const APPEND = 'SELECT, INSERT';
const oneOf = (column: string, values: readonly string[]): string => `CHECK (${column} IN (${values.map((v) => `'${v}'`).join(', ')}))`;
/** SHA-256 or HMAC-SHA-256, lower-case hex. */
const HASH = (name: string): string => `${name} text NOT NULL CHECK (${name} ~ '^[0-9a-f]{64}$')`;

const history = [
  // Who moved what, when and why: one row a version of each state-carrying row of this schema. Never changed.
  `CREATE TABLE compliance.history (
    noun text NOT NULL,
    resource_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    from_state text,
    to_state text NOT NULL,
    event text NOT NULL,
    actor_kind text NOT NULL ${oneOf('actor_kind', ['client', 'staff', 'system'])},
    actor_id text NOT NULL,
    reason text,
    at timestamptz NOT NULL,
    PRIMARY KEY (noun, resource_id, version)
  )`,
  grant('history', APPEND),
];

const clients = [
  `CREATE TABLE compliance.standing (
    client_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    relationship text NOT NULL ${oneOf('relationship', ['applicant', 'approved', 'closed'])},
    state text NOT NULL ${oneOf('state', ['applicant', 'approved', 'restricted', 'closed'])},
    may_deposit boolean NOT NULL,
    may_stake boolean NOT NULL,
    may_unstake boolean NOT NULL,
    may_withdraw boolean NOT NULL,
    client_class text NOT NULL ${oneOf('client_class', ['retail', 'professional', 'corporate', 'institutional'])},
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT standing_denies CHECK (relationship = 'approved' OR NOT (may_deposit OR may_stake OR may_unstake OR may_withdraw))
  )`,
  grant('standing'),
  // The register of holds; the ledger enforces them. reason: sealed, people write freely there.
  `CREATE TABLE compliance.hold (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES compliance.standing (client_id),
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL ${oneOf('state', ['placed', 'release_proposed', 'released'])},
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0 AND scopes <@ '{deposit,stake,unstake,withdraw,payout}'),
    reason bytea NOT NULL,
    legal_basis text NOT NULL,
    match_id uuid,
    placed_by text NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE INDEX hold_client ON compliance.hold (client_id) WHERE state <> 'released'`,
  `CREATE INDEX hold_page ON compliance.hold (created_at DESC, id DESC)`,
  grant('hold'),
];

const onboarding = [
  `CREATE TABLE compliance.application (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL ${oneOf('state', ['draft', 'submitted', 'screening', 'officer_review', 'rfi', 'second_review', 'approved', 'rejected'])},
    ${HASH('input_hash')},
    screening_run_id uuid,
    assigned_to uuid,
    created_at timestamptz NOT NULL,
    submitted_at timestamptz,
    updated_at timestamptz NOT NULL
  )`,
  `CREATE UNIQUE INDEX application_open ON compliance.application (client_id) WHERE state <> 'rejected'`,
  `CREATE INDEX application_page ON compliance.application (created_at DESC, id DESC)`,
  grant('application'),
  // Every field sealed (AES-256-GCM); key_id says by which key.
  `CREATE TABLE compliance.personal_data (
    application_id uuid PRIMARY KEY REFERENCES compliance.application (id),
    key_id text NOT NULL,
    full_name bytea NOT NULL,
    date_of_birth bytea NOT NULL,
    nationality bytea NOT NULL,
    residence bytea NOT NULL,
    occupation bytea,
    source_of_funds bytea NOT NULL,
    updated_at timestamptz NOT NULL
  )`,
  grant('personal_data'),
  `CREATE TABLE compliance.data_key (key_id text PRIMARY KEY, first_used_at timestamptz NOT NULL)`,
  grant('data_key', APPEND),
  // What officers write down and ask for; the texts sealed.
  `CREATE TABLE compliance.case_note (
    id uuid PRIMARY KEY,
    application_id uuid NOT NULL REFERENCES compliance.application (id),
    kind text NOT NULL ${oneOf('kind', ['note', 'request', 'answer'])},
    text bytea NOT NULL,
    author_kind text NOT NULL ${oneOf('author_kind', ['client', 'staff'])},
    author_id text NOT NULL,
    created_at timestamptz NOT NULL
  )`,
  `CREATE INDEX case_note_application ON compliance.case_note (application_id, created_at, id)`,
  grant('case_note', APPEND),
];

const lists = [
  `CREATE TABLE compliance.watchlist_snapshot (
    version integer PRIMARY KEY CHECK (version > 0),
    ${HASH('sha256')},
    sources jsonb NOT NULL,
    entries integer NOT NULL CHECK (entries > 0),
    loaded_at timestamptz NOT NULL
  )`,
  grant('watchlist_snapshot', APPEND),
  `CREATE TABLE compliance.watchlist_entry (
    snapshot integer NOT NULL REFERENCES compliance.watchlist_snapshot (version),
    entry_id text NOT NULL,
    source text NOT NULL,
    kind text NOT NULL ${oneOf('kind', ['person', 'entity', 'address'])},
    date_of_birth text,
    programme text NOT NULL,
    ${HASH('content_hash')},
    PRIMARY KEY (snapshot, entry_id)
  )`,
  grant('watchlist_entry', APPEND),
  `CREATE TABLE compliance.watchlist_term (
    snapshot integer NOT NULL,
    kind text NOT NULL ${oneOf('kind', ['name', 'address'])},
    term text NOT NULL CHECK (term <> ''),
    entry_id text NOT NULL,
    written text NOT NULL,
    PRIMARY KEY (snapshot, kind, term, entry_id),
    FOREIGN KEY (snapshot, entry_id) REFERENCES compliance.watchlist_entry (snapshot, entry_id)
  )`,
  grant('watchlist_term', APPEND),
];

const screening = [
  `CREATE TABLE compliance.screening_run (
    id uuid PRIMARY KEY,
    subject_kind text NOT NULL ${oneOf('subject_kind', ['application', 'deposit'])},
    subject_id uuid NOT NULL,
    client_id uuid NOT NULL,
    trigger text NOT NULL ${oneOf('trigger', ['customer_added', 'customer_updated', 'list_updated', 'transfer', 'review'])},
    list_version integer,
    algorithm text NOT NULL,
    ${HASH('input_hash')},
    outcome text NOT NULL ${oneOf('outcome', ['no_hit', 'hits', 'error'])},
    match_ids uuid[] NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT run_outcome CHECK ((outcome = 'hits') = (cardinality(match_ids) > 0) AND (outcome = 'error' OR list_version IS NOT NULL))
  )`,
  `CREATE INDEX screening_run_subject ON compliance.screening_run (subject_id, at DESC)`,
  grant('screening_run', APPEND),
  `CREATE TABLE compliance.screening_match (
    id uuid PRIMARY KEY,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    client_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL ${oneOf('state', ['pending', 'false_positive_proposed', 'true_match_proposed', 'false_positive', 'true_match'])},
    entry_id text NOT NULL,
    source text NOT NULL,
    programme text NOT NULL,
    ${HASH('content_hash')},
    ${HASH('input_hash')},
    kind text NOT NULL ${oneOf('kind', ['name', 'address'])},
    birth text ${oneOf('birth', ['equal', 'different', 'unknown'])},
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT match_once UNIQUE (subject_id, entry_id, content_hash, input_hash, kind)
  )`,
  `CREATE INDEX screening_match_page ON compliance.screening_match (created_at DESC, id DESC)`,
  grant('screening_match'),
];

const decisions = [
  `CREATE TABLE compliance.decision (
    id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    action text NOT NULL,
    resource_id uuid NOT NULL,
    client_id uuid NOT NULL,
    state text NOT NULL ${oneOf('state', ['requested', 'approved', 'denied', 'expired', 'executed'])},
    payload jsonb NOT NULL,
    ${HASH('payload_hash')},
    comment bytea,
    answer bytea,
    maker_id uuid NOT NULL,
    checker_id uuid,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    decided_at timestamptz,
    CONSTRAINT decision_four_eyes CHECK (checker_id <> maker_id),
    CONSTRAINT decision_checked CHECK (state NOT IN ('approved', 'denied', 'executed') OR checker_id IS NOT NULL)
  )`,
  `CREATE UNIQUE INDEX decision_open ON compliance.decision (resource_id) WHERE state = 'requested'`,
  `CREATE INDEX decision_page ON compliance.decision (created_at DESC, id DESC)`,
  grant('decision'),
];

const disclosures = [
  `CREATE TABLE compliance.disclosure_document (
    product_id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    ${HASH('hash')},
    text text NOT NULL,
    published_at timestamptz NOT NULL,
    PRIMARY KEY (product_id, version)
  )`,
  grant('disclosure_document', APPEND),
  // The register: who accepted which version, how; where it came over HTTP the address and the agent, sealed.
  `CREATE TABLE compliance.acknowledgement (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    product_id text NOT NULL,
    version integer NOT NULL,
    ${HASH('hash')},
    channel text NOT NULL ${oneOf('channel', ['direct', 'order'])},
    operation_id uuid,
    ip bytea,
    user_agent bytea,
    at timestamptz NOT NULL,
    CONSTRAINT acknowledgement_channel CHECK ((channel = 'order') = (operation_id IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX acknowledgement_direct ON compliance.acknowledgement (client_id, product_id, version) WHERE channel = 'direct'`,
  grant('acknowledgement', APPEND),
];

const deposits = [
  `CREATE TABLE compliance.deposit (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL ${oneOf('state', ['under_review', 'released'])},
    chain text NOT NULL,
    asset text NOT NULL,
    amount numeric NOT NULL CHECK (scale(amount) = 0 AND amount >= 0 AND amount < 1e38),
    sender text NOT NULL,
    sender_known boolean NOT NULL,
    transaction_hash text NOT NULL,
    block_number numeric NOT NULL,
    screening_run_id uuid NOT NULL REFERENCES compliance.screening_run (id),
    reasons text[] NOT NULL,
    basis text ${oneOf('basis', ['rule', 'officer'])},
    reference text,
    comment bytea,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT deposit_released CHECK ((state = 'released') = (basis IS NOT NULL AND reference IS NOT NULL))
  )`,
  `CREATE INDEX deposit_page ON compliance.deposit (created_at DESC, id DESC)`,
  grant('deposit'),
];
