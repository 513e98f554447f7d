import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Mergers are watched until the chain heeds them; stake on a key that is not ours is written off by two people. */
export class MergeAndWriteOff1764000080003 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`ALTER TABLE staking.proposal ${kinds(['carry_loss', 'credentials_switch', 'consolidation', 'write_off'])}`);
    await db.query('ALTER TABLE staking.proposal ADD COLUMN sent_epoch bigint, ADD COLUMN batch_id uuid REFERENCES staking.batch');
    await db.query(`CREATE INDEX proposal_merging ON staking.proposal (pool_id) WHERE kind = 'consolidation'`);
    await db.query('DROP INDEX staking.batch_open');
    await db.query(
      `CREATE INDEX batch_open ON staking.batch (pool_id, created_at)
         WHERE state NOT IN ('active', 'compromised', 'written_off', 'dissolved', 'failed')`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX staking.batch_open, staking.proposal_merging');
    await db.query(
      `CREATE INDEX batch_open ON staking.batch (pool_id, created_at) WHERE state NOT IN ('active', 'compromised', 'dissolved', 'failed')`,
    );
    await db.query(`DELETE FROM staking.proposal WHERE kind = 'write_off'`);
    await db.query('ALTER TABLE staking.proposal DROP COLUMN sent_epoch, DROP COLUMN batch_id');
    await db.query(`ALTER TABLE staking.proposal ${kinds(['carry_loss', 'credentials_switch', 'consolidation'])}`);
  }
}

const kinds = (list: readonly string[]): string =>
  `DROP CONSTRAINT proposal_kind_check, ADD CONSTRAINT proposal_kind_check CHECK (kind IN (${list.map((kind) => `'${kind}'`).join(', ')}))`;
