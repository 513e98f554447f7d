import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every signature asked for under one transaction's nonce, senders that people have stopped, and the target of a consolidation. */
export class CustodyWholeTransactions1764000060002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of statements) await db.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('signed bytes are not thrown away: correct it with a new migration'));
  }
}

const UNITS = (name: string): string => `${name} numeric CHECK (scale(${name}) = 0 AND ${name} >= 0 AND ${name} < 1e38)`;

const statements = [
  'ALTER TABLE custody.transaction ADD COLUMN target_pubkey text',
  // What the address lacks for a replacement: policies feed it.
  `ALTER TABLE custody.transaction ADD COLUMN ${UNITS('lacks')}`,
  `CREATE TABLE custody.transaction_attempt (
    transaction_id uuid NOT NULL REFERENCES custody.transaction (id),
    number integer NOT NULL CHECK (number >= 1),
    chain text NOT NULL,
    state text NOT NULL CHECK (state IN ('asked', 'signed', 'refused')),
    signature_id uuid NOT NULL UNIQUE,
    ${UNITS('gas_limit')},
    ${UNITS('max_fee_per_gas')},
    ${UNITS('max_priority_fee_per_gas')},
    ${UNITS('worst_cost')} NOT NULL,
    unsigned text NOT NULL,
    signed text,
    hash text,
    code text,
    detail text,
    head_number bigint NOT NULL,
    created_at timestamptz NOT NULL,
    answered_at timestamptz,
    PRIMARY KEY (transaction_id, number),
    CONSTRAINT attempt_signed CHECK ((state = 'signed') = (signed IS NOT NULL AND hash IS NOT NULL))
  )`,
  `CREATE UNIQUE INDEX attempt_hash ON custody.transaction_attempt (chain, hash) WHERE hash IS NOT NULL`,
  `CREATE INDEX attempt_open ON custody.transaction_attempt (transaction_id) WHERE state = 'asked'`,
  'GRANT SELECT, INSERT ON custody.transaction_attempt TO bailee_custody',
  'GRANT UPDATE (state, signed, hash, code, detail, answered_at) ON custody.transaction_attempt TO bailee_custody',
  // The first attempt of what was asked for before attempts were kept; its prices were not.
  `INSERT INTO custody.transaction_attempt
     (transaction_id, number, chain, state, signature_id, worst_cost, unsigned, signed, hash, code, detail, head_number, created_at, answered_at)
   SELECT id, 1, chain, CASE WHEN signed IS NOT NULL THEN 'signed' WHEN state = 'refused' THEN 'refused' ELSE 'asked' END,
          signature_id, worst_cost, unsigned, signed, hash, code, detail,
          coalesce((SELECT c.head_number FROM custody.cursor c WHERE c.chain = t.chain), 0), created_at, updated_at
     FROM custody.transaction t WHERE signature_id IS NOT NULL`,
  // A sender whose nonce somebody else has used: nothing of it is built until people have looked.
  `ALTER TABLE custody.sender ADD COLUMN stopped_at timestamptz, ADD COLUMN stop_code text, ADD COLUMN version integer NOT NULL DEFAULT 1`,
  'ALTER TABLE custody.state_history DROP CONSTRAINT state_history_subject_check',
  `ALTER TABLE custody.state_history ADD CONSTRAINT state_history_subject_check
     CHECK (subject IN ('deposit', 'transaction', 'withdrawal', 'destination', 'chain', 'sender', 'unattributed'))`,
];
