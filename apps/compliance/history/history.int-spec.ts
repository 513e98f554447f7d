import { newUuid } from '#kernel';
import { OpenCompliance, type Person } from '../compliance.spec-support.js';

describe('what this room may do to its own rows', () => {
  let open: OpenCompliance;
  let officer: Person;

  beforeAll(async () => {
    open = await OpenCompliance.start();
    officer = await open.staff('officer');
    const client = await open.client();
    await open.propose(officer, await open.apply(client));
  });
  afterAll(() => open.close());

  it.each([
    'UPDATE compliance.history SET event = event',
    'DELETE FROM compliance.history',
    'UPDATE compliance.screening_run SET outcome = outcome',
    'UPDATE compliance.watchlist_term SET term = term',
    'UPDATE compliance.disclosure_document SET text = text',
    'UPDATE compliance.acknowledgement SET version = version',
    'DELETE FROM compliance.application',
    'DELETE FROM compliance.decision',
    'DELETE FROM compliance.hold',
    'UPDATE audit.event SET reason = reason',
    'SELECT 1 FROM reception.api_key',
    'SELECT 1 FROM ledger.balance',
  ])('is refused by the database: %s', async (statement) => {
    await expect(open.run((em) => em.query(statement))).rejects.toThrow('permission denied');
  });

  it('has no row whose maker is its checker, and no approval without a checker', async () => {
    await expect(open.run((em) => em.query('UPDATE compliance.decision SET checker_id = maker_id'))).rejects.toThrow('decision_four_eyes');
    await expect(open.run((em) => em.query("UPDATE compliance.decision SET state = 'executed'"))).rejects.toThrow('decision_checked');
    await expect(open.run((em) => em.query('UPDATE compliance.standing SET may_stake = true'))).rejects.toThrow('standing_denies');
  });

  it('keeps a row of history for each version of each row', async () => {
    for (const [noun, table, id] of [
      ['application', 'application', 'id'],
      ['decision', 'decision', 'id'],
      ['standing', 'standing', 'client_id'],
    ]) {
      const gaps = await open.query(
        `SELECT t.${id} FROM compliance.${table} t WHERE t.version <> (SELECT count(*) FROM compliance.history h WHERE h.noun = $1 AND h.resource_id = t.${id})`,
        [noun],
      );
      expect([noun, gaps]).toEqual([noun, []]);
    }
    expect(await open.query('SELECT 1 FROM compliance.history WHERE resource_id = $1', [newUuid()])).toEqual([]);
  });
});
