/**
 * The plan of post()'s one UPDATE decides its speed and its locks: a nested loop over the changes sorted by account, so that balances are locked in
 * account order. A new version of PostgreSQL, or other statistics, must not change that silently.
 */
import { createTestDatabase, type TestDatabase } from '#testing';
import pg from 'pg';
import { accountNumbers } from './accounts.js';
import { fund, openRooms, type Funded } from './postings.spec-support.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.close());

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Sort Key'?: readonly string[];
  readonly Plans?: readonly PlanNode[];
}
const nodes = (plan: PlanNode): PlanNode[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

/** The plans that auto_explain reports of the statements inside post(), for a batch of `size` items. */
async function plansOfPost(client: pg.Client, accounts: { debit: string; credit: string }[], size: number): Promise<PlanNode[]> {
  const plans: PlanNode[] = [];
  const listen = (notice: { message?: string }): void => {
    const text = notice.message ?? '';
    if (text.includes('plan:')) plans.push((JSON.parse(text.slice(text.indexOf('{'))) as { Plan: PlanNode }).Plan);
  };
  client.on('notice', listen);
  const items = Array.from({ length: size }, (_, index) => accounts[index % accounts.length]);
  await client.query(
    `SELECT ledger.post(k, array_fill('\\x00'::bytea, array[$3::int]), array_fill(0, array[$3::int]), array_fill(30::smallint, array[$3::int]), $1::bigint[], $2::bigint[],
                        array_fill(1::numeric, array[$3::int]), array_fill(now(), array[$3::int]), k) FROM (SELECT array_agg(gen_random_uuid()) k FROM generate_series(1, $3::int)) q`,
    [items.map((i) => i?.debit), items.map((i) => i?.credit), size],
  );
  client.off('notice', listen);
  return plans;
}

it('locks balances in account order, by a nested loop over their index, however many there are', async () => {
  const rooms = await openRooms(database);
  const clients: Funded[] = [];
  for (let n = 0; n < 40; n++) clients.push(await fund(rooms, 1_000_000n));
  const accounts = await rooms.staking.run(async (em) => {
    const numberOf = await accountNumbers(
      em,
      clients.flatMap((c) => [c.available, c.reserved]),
    );
    return clients.map((c) => ({ debit: numberOf(c.available), credit: numberOf(c.reserved) }));
  });
  await database.admin.query('VACUUM ANALYZE ledger.balance');
  const client = new pg.Client({ connectionString: database.adminUrl });
  await client.connect();
  try {
    await client.query(`LOAD 'auto_explain'`);
    for (const [name, value] of Object.entries({
      log_min_duration: '0',
      log_nested_statements: 'on',
      log_format: 'json',
      log_level: 'notice',
    })) {
      await client.query(`SET auto_explain.${name} = '${value}'`);
    }
    await client.query('SET SESSION AUTHORIZATION bailee_staking');
    for (const size of [2, 10, 100, 1_000]) {
      for (let call = 0; call < 7; call++) await plansOfPost(client, accounts, size); // past the five custom plans
      const updates = (await plansOfPost(client, accounts, size))
        .flatMap(nodes)
        .filter((node) => node['Node Type'] === 'ModifyTable' && node['Relation Name'] === 'balance');
      expect({ size, updates: updates.length }).toEqual({ size, updates: 1 });
      const loop = updates[0]?.Plans?.[0];
      const inside = loop ? nodes(loop) : [];
      expect({
        size,
        shape: loop?.['Node Type'],
        outer: loop?.Plans?.[0]?.['Node Type'],
        inner: loop?.Plans?.[1]?.['Index Name'],
      }).toMatchObject({
        size,
        shape: 'Nested Loop',
        inner: 'balance_pkey',
      });
      expect(inside.some((node) => node['Node Type'] === 'Sort')).toBe(true);
    }
  } finally {
    await client.end();
  }
}, 120_000);
