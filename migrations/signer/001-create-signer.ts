import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Published keyrings, signatures, validator keys. Nothing here can be deleted; signatures and keyrings cannot be changed either. */
export class CreateSigner1764000070001 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of statements) await db.query(statement);
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP SCHEMA signer CASCADE');
  }
}

const statements = [
  'CREATE SCHEMA signer',
  'GRANT USAGE ON SCHEMA signer TO bailee_signer',
  `CREATE TABLE signer.keyring (
    chain text NOT NULL,
    role text NOT NULL CHECK (role IN ('deposit', 'omnibus', 'vault', 'treasury')),
    path text NOT NULL,
    xpub text NOT NULL CHECK (xpub LIKE 'xpub%'),
    published_at timestamptz NOT NULL,
    PRIMARY KEY (chain, role)
  )`,
  'GRANT SELECT, INSERT ON signer.keyring TO bailee_signer',
  `CREATE TABLE signer.signature (
    id uuid PRIMARY KEY,
    transaction_id uuid NOT NULL,
    chain text NOT NULL,
    request_hash text NOT NULL,
    purpose text NOT NULL,
    sender text NOT NULL,
    recipient text NOT NULL,
    value numeric NOT NULL CHECK (scale(value) = 0 AND value >= 0 AND value < 1e38),
    nonce numeric NOT NULL CHECK (scale(nonce) = 0 AND nonce >= 0),
    state text NOT NULL CHECK (state IN ('made', 'refused')),
    signed text,
    transaction_hash text,
    code text,
    detail text,
    created_at timestamptz NOT NULL,
    CONSTRAINT signature_answer CHECK (
      (state = 'made') = (signed IS NOT NULL AND transaction_hash IS NOT NULL) AND (state = 'refused') = (code IS NOT NULL AND detail IS NOT NULL)
    )
  )`,
  // One nonce, one transaction: whatever the code above does, a second one cannot be recorded.
  `CREATE UNIQUE INDEX signature_nonce ON signer.signature (chain, sender, nonce) WHERE state = 'made'`,
  'CREATE INDEX signature_transaction ON signer.signature (transaction_id)',
  'GRANT SELECT, INSERT ON signer.signature TO bailee_signer',
  `CREATE TABLE signer.validator_key (
    pubkey text PRIMARY KEY CHECK (pubkey ~ '^0x[0-9a-f]{96}$'),
    chain text NOT NULL,
    key_index integer NOT NULL CHECK (key_index >= 0),
    key_path text NOT NULL,
    request_id uuid NOT NULL UNIQUE,
    pool_id text NOT NULL,
    withdrawal_credentials text NOT NULL,
    amount_gwei numeric NOT NULL CHECK (scale(amount_gwei) = 0 AND amount_gwei > 0),
    signature text NOT NULL,
    deposit_data_root text NOT NULL,
    state text NOT NULL CHECK (state IN ('issued', 'funded', 'leaving')),
    version integer NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT validator_key_index UNIQUE (chain, key_index)
  )`,
  'GRANT SELECT, INSERT ON signer.validator_key TO bailee_signer',
  'GRANT UPDATE (state, version, updated_at) ON signer.validator_key TO bailee_signer',
  `CREATE TABLE signer.validator_key_history (
    pubkey text NOT NULL REFERENCES signer.validator_key (pubkey),
    version integer NOT NULL,
    state text NOT NULL,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (pubkey, version)
  )`,
  'GRANT SELECT, INSERT ON signer.validator_key_history TO bailee_signer',
];
