import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { amount, newUuid, uuid5 } from '#kernel';
import { entries, mustPost, type AccountRef } from '#ledger';
import { numbers, sideBySide } from '../clients.js';
import type { Bench, BenchRow } from '../row.js';

const PAGE = 50;
const AT_ONCE = 1_000;

/** Pages at any depth of a client's history of 100,000 entries, against one of 1,000: a page must cost what it shows, not what there is. */
export const historyPage: BenchRow = {
  name: 'page of a history of 100,000 / of 1,000',
  unit: 'pages',
  target: 0.9,
  gate: 'rate',
  async prepare(bench) {
    const custody = await open(bench, 'custody');
    const reader = new Transactor(custody);
    const long = await historyOf(reader, bench.quick ? 5_000 : 100_000);
    const short = await historyOf(reader, 1_000);
    const next = numbers(23);
    const page = (history: History) => async (): Promise<number> => {
      const before = history.places[next(history.places.length)];
      const found = await reader.read((em) =>
        entries(em, { owner: history.owner, limit: PAGE, ...(before ? { before: { id: before } } : {}) }),
      );
      if (found.length !== PAGE) throw new Error(`a page of ${found.length} entries`);
      return 1;
    };
    return {
      ours: sideBySide([1, 2, 3, 4], page(long)),
      floor: sideBySide([1, 2, 3, 4], page(short)),
      done: () => custody.destroy(),
    };
  },
};

interface History {
  readonly owner: string;
  /** Ids of entries behind which a whole page follows. */
  readonly places: readonly string[];
}

async function historyOf(custody: Transactor, count: number): Promise<History> {
  const owner = newUuid();
  const eth = (kind: AccountRef['kind'], of: string): AccountRef => ({ kind, owner: of, asset: 'ETH' });
  const [wallet, suspense] = [eth('trust.wallet', newUuid()), eth('client.suspense', owner)];
  const common = { amount: amount(1n), effectiveAt: new Date('2026-01-01T00:00:00.000Z'), reference: uuid5('bench') };
  for (let made = 0; made < count; made += AT_ONCE) {
    const deposits = Array.from({ length: AT_ONCE }, () => ({
      ...common,
      key: newUuid(),
      kind: 'deposit.receive' as const,
      debit: wallet,
      credit: suspense,
    }));
    await custody.run((em) => mustPost(em, deposits));
  }
  return { owner, places: await everyHundredth(custody, owner, count) };
}

async function everyHundredth(custody: Transactor, owner: string, count: number): Promise<string[]> {
  const places: string[] = [];
  let before: { id: string } | undefined;
  for (let seen = 0; seen + 100 + PAGE <= count; seen += 100) {
    const read = await custody.read((em) => entries(em, { owner, limit: 100, ...(before ? { before } : {}) }));
    const last = read.at(-1);
    if (!last) break;
    before = { id: last.id };
    places.push(last.id);
  }
  return places;
}

const open = (bench: Bench, room: string): Promise<DataSource> =>
  new DataSource({ ...dataSourceOptions(room, bench.url(room), [], 4) }).initialize();
