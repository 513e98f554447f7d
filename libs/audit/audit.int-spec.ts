import type { Transactor } from '#database';
import { createTestDatabase, type TestDatabase } from '#testing';
import { record, search, verifyAudit } from './index.js';

const staff = { kind: 'staff', id: 'stf_1' } as const;

describe('audit on PostgreSQL', () => {
  let database: TestDatabase;
  let custody: Transactor;
  let compliance: Transactor;
  beforeAll(async () => {
    database = await createTestDatabase();
    custody = await database.transactor('custody');
    compliance = await database.transactor('compliance');
  });
  afterAll(() => database.close());

  it('keeps what was done, by whom, in which room, and why', async () => {
    await custody.run((em) =>
      record(em, { actor: staff, action: 'deposit.release', resource: 'dep_1', reason: 'looked at', details: { n: 1 } }),
    );
    const [found] = await compliance.read((em) => search(em, { resource: 'dep_1' }, 10));
    expect(found).toMatchObject({ actor: staff, action: 'deposit.release', room: 'custody', reason: 'looked at', details: { n: 1 } });
  });

  it('vanishes with the act that did not happen', async () => {
    const failing = custody.run(async (em) => {
      await record(em, { actor: staff, action: 'deposit.release', resource: 'dep_2' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await compliance.read((em) => search(em, { resource: 'dep_2' }, 10))).toEqual([]);
  });

  it('refuses an act without an actor, in code and in SQL', async () => {
    await expect(
      custody.run((em) => record(em, { actor: { kind: 'staff', id: ' ' }, action: 'a.b', resource: 'x' })),
    ).rejects.toMatchObject({ code: 'audit.actor_missing' });
    await expect(custody.run((em) => em.query(`SELECT audit.record('staff', '', 'a.b', 'x', NULL, '{}')`))).rejects.toThrow(
      /audit.actor_missing/,
    );
  });

  it('lets no room change, delete or read beside compliance', async () => {
    await expect(custody.run((em) => em.query('SELECT 1 FROM audit.event'))).rejects.toThrow(/permission denied/);
    await expect(compliance.run((em) => em.query('DELETE FROM audit.event'))).rejects.toThrow(/permission denied/);
    await expect(database.admin.query(`UPDATE audit.event SET reason = 'other'`)).rejects.toThrow(/append_only/);
  });

  it('finds a row that was altered behind its back', async () => {
    expect(await compliance.read((em) => verifyAudit(em))).toEqual([]);
    const runner = database.admin.createQueryRunner();
    await runner.query(`SET session_replication_role = replica`);
    await runner.query(`UPDATE audit.event SET actor_id = 'stf_2'`);
    await runner.release();
    expect(await compliance.read((em) => verifyAudit(em))).toHaveLength(1);
  });
});
