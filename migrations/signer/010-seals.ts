import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the signer signed of the chains of seals, each position once: its memory is what a rewritten history is caught by. */
export class SignerSeals1764000070020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE signer.seal(
        log text NOT NULL CHECK (log IN ('ledger', 'audit')), seq bigint NOT NULL CHECK (seq > 0), previous text NOT NULL, hash text NOT NULL,
        signature text NOT NULL, public_key text NOT NULL, PRIMARY KEY (log, seq));
      CREATE TABLE signer.seal_refusal(
        log text NOT NULL, seq bigint NOT NULL, previous text NOT NULL, hash text NOT NULL, code text NOT NULL, refused_at timestamptz NOT NULL,
        PRIMARY KEY (log, seq, previous, hash));
      CREATE FUNCTION signer.append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        RAISE EXCEPTION 'signer.% is append-only: % is refused', tg_table_name, tg_op USING errcode = '23001';
      END $$;
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signer.seal FOR EACH STATEMENT EXECUTE FUNCTION signer.append_only();
      CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON signer.seal_refusal FOR EACH STATEMENT EXECUTE FUNCTION signer.append_only();
      GRANT SELECT, INSERT ON signer.seal, signer.seal_refusal TO bailee_signer`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signer.seal, signer.seal_refusal; DROP FUNCTION signer.append_only()');
  }
}
