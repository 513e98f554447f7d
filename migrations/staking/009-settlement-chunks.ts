import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How far the settlement of a run has come: one row a chunk of holders, written with the money that it moved. */
export class SettlementChunks1764000080009 implements MigrationInterface {
  async up(db: QueryRunner): Promise<void> {
    await db.query(`CREATE TABLE staking.settlement_chunk (
      run_id uuid NOT NULL,
      number integer NOT NULL CHECK (number > 0),
      pool_id text NOT NULL REFERENCES staking.pool,
      -- holders up to this client, in the order of clients; NULL where there was none left
      through uuid,
      holders integer NOT NULL CHECK (holders >= 0),
      amount numeric NOT NULL CHECK (scale(amount) = 0 AND amount >= 0 AND amount < 1e38),
      -- whether there may be holders behind it
      more boolean NOT NULL,
      at timestamptz NOT NULL,
      PRIMARY KEY (run_id, number)
    )`);
    await db.query('CREATE INDEX settlement_under_way ON staking.settlement_chunk (run_id) WHERE more');
    await db.query('GRANT SELECT, INSERT ON staking.settlement_chunk TO bailee_staking');
  }

  async down(db: QueryRunner): Promise<void> {
    await db.query('DROP TABLE staking.settlement_chunk');
  }
}
