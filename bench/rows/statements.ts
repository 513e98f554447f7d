import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { amount, newUuid, systemClock, uuid5 } from '#kernel';
import { closePeriod, mustPost, rollUp, type Posting } from '#ledger';
import { createLogger, loadConfig } from '#runtime';
import { ReceptionConfig } from '../../apps/reception/config.js';
import { MakingService } from '../../apps/reception/statements/making.service.js';
import { type Month, monthAfter, monthAt } from '../../apps/reception/statements/month.js';
import { MonthlyService } from '../../apps/reception/statements/monthly.service.js';
import { connect } from '../clients.js';
import type { Bench, BenchRow } from '../row.js';

const CLIENTS = 2_000;
const MONTHS = 24;
const LINES = 3;
const AT_ONCE = 6_000;

/** Statements of whole months over all clients, three entries each, lots and the check against the ledger included; the floor copies as many finished ones. */
export const monthlyStatements: BenchRow = {
  name: 'monthly statements / copies of finished ones',
  unit: 'statements',
  target: 0.02,
  gate: 'cpu',
  async prepare(bench) {
    const clients = bench.quick ? 250 : CLIENTS;
    const months = await history(bench, clients);
    const reception = await open(bench, 'reception');
    const service = monthly(bench, new Transactor(reception));
    const first = months.shift();
    if (!first || (await service.makeMonthly(first.name)).statements < clients) throw new Error('statements are missing');
    const copies = await copiesOf(bench, first, clients);
    return {
      ours: async (deadlineMs) => {
        let made = 0;
        do {
          const month = months.shift();
          if (!month) throw new Error('no month is left: more months, or fewer rounds');
          made += (await service.makeMonthly(month.name)).statements;
        } while (performance.now() < deadlineMs);
        return made;
      },
      floor: async (deadlineMs) => {
        let made = 0;
        do made += await copies.once();
        while (performance.now() < deadlineMs);
        return made;
      },
      done: async () => {
        await copies.done();
        await reception.destroy();
      },
    };
  },
};

function monthly(bench: Bench, transactor: Transactor): MonthlyService {
  const config = loadConfig(ReceptionConfig, 'reception', { DATABASE_URL: bench.url('reception'), BAILEE_MODE: 'demo' });
  return new MonthlyService(transactor, new MakingService(transactor, config, systemClock), systemClock, createLogger('bench', 'error'));
}

/** Clients who get something every month; all months are closed. Returns them, oldest first. */
async function history(bench: Bench, clients: number): Promise<Month[]> {
  const ids = (
    await bench.rows<{ id: string }>(
      `INSERT INTO reception.client (id, created_at) SELECT gen_random_uuid(), '2016-01-01' FROM generate_series(1, ${clients}) RETURNING id`,
    )
  ).map((row) => row.id);
  const custody = await open(bench, 'custody');
  const transactor = new Transactor(custody);
  const wallet = { kind: 'trust.wallet', owner: newUuid(), asset: 'ETH' } as const;
  const months: Month[] = [];
  for (let month = monthAt(new Date(Date.UTC(2016, 0))); months.length < MONTHS; month = monthAfter(month)) {
    months.push(month);
    const postings = ids.flatMap((owner) =>
      Array.from({ length: LINES }, (_, day): Posting => ({
        key: newUuid(),
        kind: 'deposit.receive',
        debit: wallet,
        credit: { kind: 'client.suspense', owner, asset: 'ETH' },
        amount: amount(10n ** 17n),
        effectiveAt: new Date(month.from.getTime() + (day + 1) * 86_400_000),
        reference: uuid5('bench'),
      })),
    );
    for (let done = 0; done < postings.length; done += AT_ONCE)
      await transactor.run((em) => mustPost(em, postings.slice(done, done + AT_ONCE)));
  }
  const last = months.at(-1)?.through ?? '';
  for (;;) {
    await transactor.run((em) => rollUp(em));
    const outcome = await transactor.run((em) => closePeriod(em, { entity: 'client_trust', through: last, closedBy: 'bench' }));
    if (outcome.status === 'closed') break;
    if (outcome.reason !== 'unsettled') throw new Error(`the books stay open: ${outcome.reason}`);
  }
  await custody.destroy();
  return months;
}

/** What was made of one month, written again as rows that are there already. */
async function copiesOf(bench: Bench, month: Month, clients: number): Promise<{ once(): Promise<number>; done(): Promise<void> }> {
  await bench.rows('CREATE SCHEMA IF NOT EXISTS bench');
  const pairs = ['statement', 'statement_part'].map((table) => [`reception.${table}`, `bench.${table}`, `bench.${table}_copy`] as const);
  for (const [table, , copy] of pairs) await bench.rows(`CREATE TABLE ${copy} (LIKE ${table} INCLUDING ALL)`);
  for (const [table, finished] of pairs)
    await bench.rows(
      `CREATE TABLE ${finished} AS SELECT t.* FROM ${table} t JOIN reception.statement s ON s.id = t.${table.endsWith('part') ? 'statement_id' : 'id'} AND s.month = '${month.name}'`,
    );
  const client = await connect(bench.adminUrl, 1);
  const run = async (sql: string): Promise<void> => void (await client.all[0]?.query(sql));
  return {
    once: async () => {
      await run('BEGIN');
      for (const [, finished, copy] of pairs) await run(`INSERT INTO ${copy} SELECT * FROM ${finished}`);
      await run('COMMIT');
      for (const [, , copy] of pairs) await run(`TRUNCATE ${copy}`);
      return clients;
    },
    done: async () => {
      await client.close();
      for (const [, finished, copy] of pairs) await bench.rows(`DROP TABLE ${finished}, ${copy}`);
    },
  };
}

const open = (bench: Bench, room: string): Promise<DataSource> =>
  new DataSource({ ...dataSourceOptions(room, bench.url(room), [], 4) }).initialize();
