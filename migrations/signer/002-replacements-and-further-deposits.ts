import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Replacements under one nonce, each deposit message as signed, what was signed in a day. */
export class SignerReplacements1764000070002 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    for (const statement of statements) await db.query(statement);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('what was signed is not forgotten: correct it with a new migration'));
  }
}

const statements = [
  'ALTER TABLE signer.signature ADD COLUMN replaces uuid',
  // One nonce, one payment: what replaces a signature pays the same to the same from the same, and each signature is replaced once.
  'ALTER TABLE signer.signature ADD CONSTRAINT signature_payment UNIQUE (id, chain, sender, nonce, recipient, value)',
  `ALTER TABLE signer.signature ADD CONSTRAINT signature_replaces
     FOREIGN KEY (replaces, chain, sender, nonce, recipient, value) REFERENCES signer.signature (id, chain, sender, nonce, recipient, value)`,
  'DROP INDEX signer.signature_nonce',
  `CREATE UNIQUE INDEX signature_nonce ON signer.signature (chain, sender, nonce) WHERE state = 'made' AND replaces IS NULL`,
  `CREATE UNIQUE INDEX signature_replaced ON signer.signature (replaces) WHERE state = 'made' AND replaces IS NOT NULL`,
  // A key may be deposited to again and again; each message is funded once.
  `CREATE TABLE signer.deposit_message (
    request_id uuid PRIMARY KEY,
    pubkey text NOT NULL REFERENCES signer.validator_key (pubkey),
    withdrawal_credentials text NOT NULL,
    amount_gwei numeric NOT NULL CHECK (scale(amount_gwei) = 0 AND amount_gwei > 0),
    signature text NOT NULL,
    deposit_data_root text NOT NULL,
    signature_id uuid UNIQUE REFERENCES signer.signature (id),
    created_at timestamptz NOT NULL
  )`,
  'CREATE INDEX deposit_message_root ON signer.deposit_message (pubkey, deposit_data_root, created_at)',
  'GRANT SELECT, INSERT ON signer.deposit_message TO bailee_signer',
  'GRANT UPDATE (signature_id) ON signer.deposit_message TO bailee_signer',
  `INSERT INTO signer.deposit_message
     (request_id, pubkey, withdrawal_credentials, amount_gwei, signature, deposit_data_root, signature_id, created_at)
   SELECT k.request_id, k.pubkey, k.withdrawal_credentials, k.amount_gwei, k.signature, k.deposit_data_root,
          (SELECT substr(h.reason, 11)::uuid FROM signer.validator_key_history h
            WHERE h.pubkey = k.pubkey AND h.state = 'funded' AND h.reason LIKE 'signature %' ORDER BY h.version LIMIT 1), k.created_at
     FROM signer.validator_key k`,
  // When a switch to compounding credentials was signed: from then on they may be of type 0x02 with the same address.
  'ALTER TABLE signer.validator_key ADD COLUMN compounding_at timestamptz',
  'GRANT UPDATE (compounding_at) ON signer.validator_key TO bailee_signer',
  `CREATE TABLE signer.day_use (
    day date NOT NULL,
    kind text NOT NULL CHECK (kind IN ('withdrawal', 'deposit')),
    signatures integer NOT NULL CHECK (signatures > 0),
    amount numeric NOT NULL CHECK (scale(amount) = 0 AND amount >= 0 AND amount < 1e38),
    PRIMARY KEY (day, kind)
  )`,
  'GRANT SELECT, INSERT ON signer.day_use TO bailee_signer',
  'GRANT UPDATE (signatures, amount) ON signer.day_use TO bailee_signer',
];
