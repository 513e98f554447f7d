import type pg from 'pg';
import type { EntityManager } from 'typeorm';
import { sealHealth } from '#ledger';
import { fail, fine, skip, warn, type Check, type Finding } from './checklist.js';
import { asEntityManager, row, type Surroundings } from './surroundings.js';

const LATE_SECONDS = 60;

/** The invariants that can be asked quickly; `npm run ledger:verify` replays everything. */
export function bookChecks({ database }: Surroundings): Check[] {
  if (database.state !== 'there') return [];
  const { client } = database;
  const check = (name: string, table: string, look: (client: pg.Client) => Promise<Finding>): Check => ({
    group: 'Books',
    name,
    look: async () => {
      const { there } = await row<{ there: boolean }>(client, 'SELECT to_regclass($1) IS NOT NULL AS there', [table]);
      return there ? look(client) : skip('nothing has been booked here yet');
    },
  });
  return [
    check('sums', 'ledger.balance', sums),
    check('limits', 'ledger.balance', limits),
    check('reconciliation', 'custody.reconciliation', reconciled),
    check('seals', 'seal.block', () => asEntityManager(database.url, seals)),
    check('deliveries', 'delivery.delivery', deliveries),
  ];
}

const BROKEN = 'stop the exchange, run npm run ledger:verify, and keep the database as it is: docs/ledger.md says what each finding means';

/** Every entity's books sum to zero in every asset. */
async function sums(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ entity: string; asset: string; sum: string }>(
    `SELECT e.name AS entity, a.code AS asset, sum(b.balance)::text AS sum FROM ledger.balance b JOIN ledger.entity e ON e.code = b.entity
       JOIN ledger.asset a ON a.id = b.asset GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const off = rows.filter(({ sum }) => sum !== '0');
  if (off.length > 0) return fail(off.map(({ entity, asset, sum }) => `${entity} ${asset} is off by ${sum}`).join(', '), BROKEN);
  return rows.length === 0
    ? fine('no account yet')
    : fine(`zero in each: ${rows.map(({ entity, asset }) => `${entity} ${asset}`).join(', ')}`);
}

async function limits(client: pg.Client): Promise<Finding> {
  const { beyond, accounts } = await row<{ beyond: string; accounts: string }>(
    client,
    'SELECT count(*) FILTER (WHERE balance < floor OR balance > ceiling) AS beyond, count(*) AS accounts FROM ledger.balance',
  );
  return beyond === '0'
    ? fine(`none of ${accounts} accounts is beyond its floor or ceiling`)
    : fail(`${beyond} accounts are beyond their limits`, BROKEN);
}

async function reconciled(client: pg.Client): Promise<Finding> {
  const { rows } = await client.query<{ state: string; block: string; at: Date }>(
    'SELECT state, block_number::text AS block, created_at AS at FROM custody.reconciliation ORDER BY created_at DESC LIMIT 1',
  );
  const [last] = rows;
  if (last === undefined) return skip('none was made yet: POST /v1/custody/reconciliations');
  const found = `books and chain ${last.state} at block ${last.block}, ${last.at.toISOString()}`;
  return last.state === 'agreed'
    ? fine(found)
    : fail(found, 'place holds on withdrawals, and read its wallets and clearing accounts: GET /v1/custody/reconciliations');
}

/** What no seal covers yet could still be rewritten unseen. */
async function seals(em: EntityManager): Promise<Finding> {
  const { logs } = await sealHealth(em);
  const refused = logs.filter((one) => one.refused !== null).map(({ log }) => log);
  if (refused.length > 0)
    return fail(
      `the signer refused to seal the ${refused.join(' and the ')}: its past is not what was signed`,
      'npm run ledger:verify names the rows; docs/ledger.md, Sealing',
    );
  const late = logs.filter((one) => Math.max(one.unsealedSeconds, one.unsignedSeconds) > LATE_SECONDS);
  const found = logs.map(({ log, signed, unsealed }) => `${log}: ${signed} blocks signed, ${unsealed} rows under none`).join('; ');
  return late.length === 0
    ? fine(found)
    : warn(found, 'start the exchange if it is stopped; see the logs of custody and the signer, and long transactions above');
}

async function deliveries(client: pg.Client): Promise<Finding> {
  const { open, dead, late, oldest } = await row<{ open: string; dead: string; late: string; oldest: number | null }>(
    client,
    `SELECT count(*) FILTER (WHERE dead_at IS NULL) AS open, count(*) FILTER (WHERE dead_at IS NOT NULL) AS dead,
       count(*) FILTER (WHERE dead_at IS NULL AND created_at < clock_timestamp() - make_interval(secs => ${LATE_SECONDS})) AS late,
       max(extract(epoch FROM clock_timestamp() - created_at)) FILTER (WHERE dead_at IS NULL)::int AS oldest
     FROM delivery.delivery WHERE done_at IS NULL`,
  );
  if (dead !== '0') return fail(`${dead} laid aside, and what follows them waits`, 'npm run delivery -- dead list');
  if (late === '0') return fine(open === '0' ? 'all delivered' : `${open} on their way`);
  return warn(
    `${late} wait, the oldest for ${oldest ?? 0} s`,
    'start the exchange if it is stopped; see the logs of the room that they are for',
  );
}
