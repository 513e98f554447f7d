import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys get scopes, may expire, and may be public keys whose owners sign their requests. Keys from before keep doing everything. */
export class SigningKeys1764000040002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(columns);
    await runner.query(identify);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION reception.identify(bytea[], uuid[])');
    await runner.query(
      'DELETE FROM reception.api_key_history WHERE key_id IN (SELECT id FROM reception.api_key WHERE token_sha256 IS NULL)',
    );
    await runner.query('DELETE FROM reception.api_key WHERE token_sha256 IS NULL');
    await runner.query('ALTER TABLE reception.api_key DROP COLUMN public_key, DROP COLUMN scopes, DROP COLUMN expires_at');
    await runner.query('ALTER TABLE reception.api_key ALTER COLUMN token_sha256 SET NOT NULL');
  }
}

const columns = `
ALTER TABLE reception.api_key
  ALTER COLUMN token_sha256 DROP NOT NULL,
  -- Ed25519; its owner signs each request and never shows us a secret
  ADD COLUMN public_key bytea UNIQUE CHECK (octet_length(public_key) = 32),
  ADD COLUMN scopes text[] NOT NULL DEFAULT '{read,account,stake,withdraw}'
    CHECK (cardinality(scopes) > 0 AND scopes <@ '{read,account,stake,withdraw}'::text[]),
  ADD COLUMN expires_at timestamptz,
  ADD CONSTRAINT api_key_secret CHECK ((token_sha256 IS NULL) <> (public_key IS NULL));
`;

const identify = `
-- Whom these tokens belong to, and whose signatures these keys check. Takes the place of authenticate_all, which rooms of the version before
-- still ask while they are replaced.
CREATE FUNCTION reception.identify(tokens bytea[], keys uuid[])
RETURNS TABLE (looked_for text, kind text, subject uuid, key_id uuid, name text, roles text[], scopes text[], public_key bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, reception AS $$
  SELECT encode(k.token_sha256, 'hex'), 'client', k.client_id, k.id, NULL::text, '{}'::text[], k.scopes, NULL::bytea
    FROM reception.api_key k
   WHERE k.token_sha256 = ANY (tokens) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
  UNION ALL
  SELECT k.id::text, 'client', k.client_id, k.id, NULL, '{}', k.scopes, k.public_key
    FROM reception.api_key k
   WHERE k.id = ANY (keys) AND k.public_key IS NOT NULL AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
  UNION ALL
  SELECT encode(s.token_sha256, 'hex'), 'staff', s.id, s.id, s.name, s.roles, '{}', NULL
    FROM reception.staff s WHERE s.token_sha256 = ANY (tokens) AND s.revoked_at IS NULL;
$$;
REVOKE ALL ON FUNCTION reception.identify(bytea[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reception.identify(bytea[], uuid[])
  TO bailee_reception, bailee_compliance, bailee_custody, bailee_staking, bailee_rewards;
-- the version before asked with these: a key that expires must not live on behind them
CREATE OR REPLACE FUNCTION reception.authenticate_all(tokens bytea[])
RETURNS TABLE (token_sha256 bytea, kind text, subject uuid, key_id uuid, name text, roles text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, reception AS $$
  SELECT k.token_sha256, 'client', k.client_id, k.id, NULL::text, '{}'::text[]
    FROM reception.api_key k
   WHERE k.token_sha256 = ANY (tokens) AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
     AND cardinality(k.scopes) = 4
  UNION ALL
  SELECT s.token_sha256, 'staff', s.id, s.id, s.name, s.roles
    FROM reception.staff s WHERE s.token_sha256 = ANY (tokens) AND s.revoked_at IS NULL;
$$;
`;
