/** Pages of a history and batches, while the ledger grows from 10^5 to 10^7 transfers. */
import type pg from 'pg';
import { entries, post } from '#ledger';
import { newUuid } from '#kernel';
import { numbers } from '../clients.js';
import type { OpenBench } from '../database.js';
import { ledgerWorld } from '../rows/ledger-world.js';
import { pointAt, type Curve, type Point } from './curve.js';

const PAGE = 50;
const CHUNK = 500_000;
/** One client in this many transfers is the one whose history is read: it holds a tenth of all. */
const EVERY = 10;

export async function growthOfTransfers(
  bench: OpenBench,
  sizes: readonly number[],
  seconds: number,
  say: (line: string) => void,
): Promise<Curve[]> {
  const world = await ledgerWorld(bench);
  const reader = newUuid();
  const wallet = world.randomWallet();
  await world.custody.run((em) =>
    post(em, [{ ...world.deposit(wallet), credit: { kind: 'client.suspense', owner: reader, asset: 'ETH' } }]),
  );
  const pages: Point[] = [];
  const batches: Point[] = [];
  for (const size of sizes) {
    await growTo(bench.admin, size, wallet.owner, reader, say);
    const places = await placesOf(bench.admin, reader);
    const next = numbers(37);
    const page = async (): Promise<number> => {
      const found = await world.custody.read((em) =>
        entries(em, { owner: reader, limit: PAGE, before: { id: places[next(places.length)] ?? '' } }),
      );
      return found.length === PAGE ? 1 : Promise.reject(new Error(`a page of ${found.length} entries`));
    };
    const batch = async (): Promise<number> => {
      const postings = Array.from({ length: 100 }, () => world.reserve());
      return (await world.staking.run((em) => post(em, postings))).length;
    };
    pages.push(await pointAt(size, [1, 2, 3, 4], seconds, page));
    batches.push(await pointAt(size, [1, 2, 3, 4], seconds, batch));
    say(`  ${size.toLocaleString('en')} transfers: measured`);
  }
  return [
    {
      name: 'pages of 50 from anywhere in the history of a client who holds a tenth of all transfers',
      of: 'transfers stored',
      points: pages,
    },
    { name: 'transfers posted in batches of 100', of: 'transfers stored', points: batches },
  ];
}

/**
 * Deposits of 1 written past post(), because ten million decisions would take an hour: rows as post() writes them but for the digest. Only for a database that
 * is thrown away.
 */
async function growTo(admin: pg.Client, size: number, wallet: string, reader: string, say: (line: string) => void): Promise<void> {
  await admin.query('SET session_replication_role = replica');
  for (;;) {
    const { rows } = await admin.query<{ n: string }>('SELECT count(*) AS n FROM ledger.decision');
    const missing = size - Number(rows[0]?.n ?? 0);
    if (missing <= 0) break;
    await admin.query(GROW, [Math.min(CHUNK, missing), wallet, reader]);
    say(`  ${(size - Math.max(0, missing - CHUNK)).toLocaleString('en')} of ${size.toLocaleString('en')} transfers`);
  }
  await admin.query('SET session_replication_role = origin');
  await admin.query('VACUUM ANALYZE ledger.decision');
}

const GROW = `
  WITH wallet AS (SELECT b.* FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.kind = 30 AND a.owner = $2::text),
  client AS MATERIALIZED (
    SELECT b.account_id, b.version, b.balance, (row_number() OVER (ORDER BY a.owner <> $3::text, a.id))::int - 1 place
      FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.kind = 6 AND a.asset = 1),
  clients AS (SELECT count(*) - 1 n FROM client),
  item AS (SELECT i, CASE WHEN i % ${EVERY} = 0 THEN 0 ELSE 1 + (i * 7919) % (SELECT n FROM clients) END place FROM generate_series(1, $1::bigint) i),
  leg AS MATERIALIZED (
    SELECT item.i, c.account_id, c.version + row_number() OVER (PARTITION BY c.account_id ORDER BY item.i) version, c.balance + row_number() OVER (PARTITION BY c.account_id ORDER BY item.i) balance
      FROM item JOIN client c ON c.place = item.place),
  base AS (SELECT nextval('ledger.batch_id') id),
  numbered AS (SELECT setval('ledger.batch_id', base.id + $1::bigint / 1000 + 1) FROM base),
  stored AS (
    INSERT INTO ledger.decision(batch_id, item, journal, status, kind, debit_account, credit_account, debit_version, credit_version, effective_at, key, reference, asset, amount,
      debit_balance, credit_balance, request_hash)
    SELECT base.id + leg.i / 1000, leg.i % 1000 + 1, 0, 0, 1, wallet.account_id, leg.account_id, wallet.version + leg.i, leg.version, '2026-01-01', gen_random_uuid(), gen_random_uuid(), 1, 1,
           wallet.balance - leg.i, leg.balance, sha256(int8send(leg.i))
      FROM leg, wallet, base, numbered),
  batches AS (INSERT INTO ledger.batch(id, xid, items, role, created_at, digest) SELECT base.id + g, pg_current_xact_id(), 1000, 'bailee_custody', now(), '' FROM base, generate_series(0, $1::bigint / 1000) g),
  credited AS (UPDATE ledger.balance b SET version = l.version, balance = l.balance FROM (SELECT account_id, max(version) version, max(balance) balance FROM leg GROUP BY 1) l WHERE b.account_id = l.account_id)
  UPDATE ledger.balance b SET version = b.version + $1::bigint, balance = b.balance - $1::bigint FROM wallet w WHERE b.account_id = w.account_id`;

/** Ids of entries anywhere in the reader's history, with a whole page behind each. */
async function placesOf(admin: pg.Client, reader: string): Promise<string[]> {
  const { rows } = await admin.query<{ id: string }>(
    `WITH mine AS (SELECT b.account_id, b.version FROM ledger.account a JOIN ledger.balance b ON b.account_id = a.id WHERE a.kind = 6 AND a.owner = $1)
     SELECT d.batch_id || '-' || d.item || '-c' AS id FROM mine, generate_series(1, 1000) g, LATERAL (
       SELECT batch_id, item FROM ledger.decision WHERE credit_account = mine.account_id AND status = 0 AND credit_version = ${PAGE + 1} + (g * (mine.version - ${PAGE + 1})) / 1000) d`,
    [reader],
  );
  return rows.map(({ id }) => id);
}
