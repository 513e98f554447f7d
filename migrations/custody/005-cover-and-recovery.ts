import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What arrived with no client to credit may also be cover, a recovery, or money for instant exits: where it went can be listed. */
export class CustodyCoverAndRecovery1764000060005 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(
      `ALTER TABLE custody.unattributed ADD CONSTRAINT unattributed_proposal_to CHECK (proposal IS NULL OR coalesce(proposal ->> 'to' IN
         ('client', 'pool', 'sender', 'recovery', 'operator_bond', 'cover_fund', 'first_loss', 'instant_buffer'), false))`,
    );
    await db.query(
      `CREATE INDEX unattributed_by_destination ON custody.unattributed ((proposal ->> 'to'), created_at DESC, id DESC) WHERE proposal IS NOT NULL`,
    );
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP INDEX custody.unattributed_by_destination');
    await db.query('ALTER TABLE custody.unattributed DROP CONSTRAINT unattributed_proposal_to');
  }
}
