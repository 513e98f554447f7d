import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Functions that work with their owner's rights look for names in pg_temp last. Where a search_path does not name it PostgreSQL looks there first, for tables
 * and types, and rooms may make temporary ones: a domain called `text` would have run its maker's code as the owner.
 */
export class TempLast1764000990001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DO $$ DECLARE f record; BEGIN
        FOR f IN SELECT p.oid::regprocedure AS name, substr(c, length('search_path=') + 1) AS path
                   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, unnest(p.proconfig) c
                  WHERE n.nspname IN ('ledger', 'seal', 'audit', 'delivery', 'reception', 'compliance', 'custody', 'signer', 'staking', 'rewards')
                    AND c LIKE 'search_path=%' AND c NOT LIKE '%pg_temp'
        LOOP
          EXECUTE format('ALTER FUNCTION %s SET search_path = %s, pg_temp', f.name, f.path);
        END LOOP;
      END $$`);
  }

  /** The way before was a hole. */
  down(): Promise<void> {
    return Promise.resolve();
  }
}
