import fc from 'fast-check';
import { assets, ok, refuse } from '#kernel';
import { accountKinds, type BusinessLine, transferKinds, type TransferKindName } from '#ledger';
import type { KeptObservation } from '#prices';
import { csvField } from './csv.js';
import { NO_LOTS } from './lots.js';
import { monthAfter, monthAt, monthOf, monthOver, periodOf } from './month.js';
import { formats } from './render.js';
import { meaningOf, rowMeanings, rowTypeNames } from './row-types.js';
import type { StatementRow } from './statement-row.js';
import { balanceKey, StatementBuilder, type Valuer } from './statement.js';
import type { StatementHead } from './statements.store.js';
import { csvRecords, importTaxFile } from './tax-rules.spec-support.js';

const at = (ms: number): Date => new Date(Date.UTC(2026, 0) + ms);
const priced: Valuer = {
  currency: 'HKD',
  at: (asset, moment) => {
    const price: KeptObservation = {
      asset,
      currency: 'HKD',
      price: 20_000n * 10n ** 18n,
      source: 'file:test',
      asOf: moment,
      fetchedAt: moment,
      standing: 'accepted',
    };
    return ok(price);
  },
};
const unpriced: Valuer = { currency: 'HKD', at: () => refuse('price.stale', 'old') };

let batches = 0;
/** One decision: the entries of a client that its transfers make, in the ledger's order. */
const decision = (moment: Date, ...moves: readonly (readonly [TransferKindName, bigint])[]): BusinessLine[] => {
  const batch = String(++batches);
  return moves.flatMap(([kind, units], index) => {
    const { debit, credit } = transferKinds[kind];
    return ([debit, credit] as const).flatMap((account, side): BusinessLine[] => {
      if (!account.startsWith('client.')) return [];
      const asset = accountKinds[account].asset === 'share' ? 'ETH-COMPOUND-1' : 'ETH';
      const counterpart = side === 0 ? credit : debit;
      return [
        {
          owner: 'c',
          id: `${batch}-${index + 1}-${side === 0 ? 'd' : 'c'}`,
          batch,
          kind,
          account,
          asset,
          change: side === 0 ? -units : units,
          counterpart,
          counterpartOwner: counterpart.startsWith('pool.') ? 'eth-compound-1' : 'other',
          reference: '2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a',
          effectiveAt: moment,
          countedAt: moment,
        },
      ];
    });
  });
};

/** A client who only does what balances allow: each step a part of what there is. */
const step = fc.record({ do: fc.nat(11), part: fc.integer({ min: 1, max: 100 }), units: fc.bigInt({ min: 1n, max: 10n ** 20n }) });
function history(steps: readonly { do: number; part: number; units: bigint }[]): BusinessLine[] {
  const has = new Map<string, bigint>();
  const lines: BusinessLine[] = [];
  const of = (account: string, part: number): bigint => ((has.get(account) ?? 0n) * BigInt(part)) / 100n;
  const act = (ms: number, ...moves: readonly (readonly [TransferKindName, bigint])[]): void => {
    if (moves.some(([, units]) => units <= 0n)) return;
    for (const line of decision(at(ms), ...moves)) {
      lines.push(line);
      has.set(line.account, (has.get(line.account) ?? 0n) + line.change);
    }
  };
  steps.forEach(({ do: what, part, units }, ms) => {
    if (what === 0) act(ms, ['deposit.receive', units]);
    if (what === 1) act(ms, ['deposit.release', of('client.suspense', part)]);
    if (what === 2) act(ms, ['stake.reserve', of('client.available', part)]);
    if (what === 3) act(ms, ['stake.net', of('client.reserved', part)], ['share.mint', units]);
    if (what === 4) act(ms, ['stake.submit', of('client.reserved', part)]);
    if (what === 5) act(ms, ['stake.mint', of('client.staking', part)], ['share.mint', units]);
    if (what === 6) act(ms, ['share.lock', of('client.shares', part)]);
    if (what === 7) act(ms, ['share.burn', of('client.shares_locked', part)], ['exit.pay', units]);
    if (what === 8) act(ms, ['instant.take', of('client.shares', part)], ['instant.pay', units]);
    if (what === 9) act(ms, ['reward.settle', units]);
    if (what === 10) act(ms, ['withdrawal.settle', of('client.reserved', part)]);
    if (what === 11) act(ms, ['recovery.pay', units]);
  });
  return lines;
}

const head = (builder: StatementBuilder): StatementHead => ({
  id: '2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a',
  clientId: '2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a',
  kind: 'on_demand',
  month: null,
  from: null,
  to: at(1_000),
  currency: 'HKD',
  provisional: true,
  lines: Number(builder.lines),
  parts: 1,
  unpriced: Number(builder.unpriced),
  unpricedCode: builder.unpricedCode,
  accounts: builder.accounts,
  schemaVersion: 2,
  contentSha256: Buffer.alloc(32),
  madeAt: at(1_000),
});
async function* parts(rows: readonly StatementRow[]): AsyncGenerator<readonly StatementRow[]> {
  for (let i = 0; i < rows.length; i += 3) yield await Promise.resolve(rows.slice(i, i + 3));
}
async function printed(format: keyof typeof formats, builder: StatementBuilder, rows: readonly StatementRow[]): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of formats[format].render(head(builder), parts(rows))) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe('rows', () => {
  it('have a name for every kind of transfer of the chart, of those that are promised', () => {
    expect(Object.keys(rowMeanings).sort()).toEqual(Object.keys(transferKinds).sort());
    for (const { type } of Object.values(rowMeanings)) expect(rowTypeNames).toContain(type);
    const promised = ['staking_reward', 'mev_reward', 'slash', 'cover_reimbursement', 'commission', 'stake_transfer', 'wrap', 'unwrap'];
    expect(rowTypeNames).toEqual(expect.arrayContaining(promised));
  });
  it('have an effect exactly where something crosses the border of what is a client’s own', () => {
    for (const [kind, { debit, credit }] of Object.entries(transferKinds) as [
      TransferKindName,
      (typeof transferKinds)[TransferKindName],
    ][]) {
      const crosses = debit.startsWith('client.') !== credit.startsWith('client.');
      expect({ kind, effect: meaningOf(kind).effect !== 'none' }).toEqual({ kind, effect: crosses });
    }
  });
});

describe('a statement', () => {
  it('sums: opening + lines = closing, and its lots are what its accounts hold', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), fc.nat(50), (steps, cut) => {
        const lines = history(steps);
        const middle = lines.findIndex((line) => line.effectiveAt >= at(cut));
        const [early, late] = middle < 0 ? [lines, []] : [lines.slice(0, middle), lines.slice(middle)];
        const first = new StatementBuilder(new Map(), NO_LOTS, priced);
        first.add(early);
        const second = new StatementBuilder(first.closing, first.lots, priced);
        const rows = second.add(late);
        for (const account of second.accounts) {
          const sum = rows
            .filter((r) => r.account === account.account && r.asset === account.asset)
            .reduce((s, r) => s + BigInt(r.change_atomic), BigInt(account.opening_atomic));
          expect(sum).toBe(BigInt(account.closing_atomic));
        }
        const whole = new StatementBuilder(new Map(), NO_LOTS, priced);
        const all = whole.add(lines);
        expect(all.slice(all.length - rows.length)).toEqual(rows);
        expect(second.lots).toEqual(whole.lots);
        for (const [key, units] of whole.closing) expect(second.closing.get(key) ?? 0n).toBe(units);
      }),
      { numRuns: 200 },
    );
  });
  it('of any history is a file that a tax tool imports, whose sums are what came and went', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const builder = new StatementBuilder(new Map(), NO_LOTS, priced);
        const rows = builder.add(history(steps));
        const tax = importTaxFile((await printed('tax', builder, rows)).toString());
        const units = (text: string): bigint => {
          const [whole = '0', fraction = ''] = (text || '0').split('.');
          return BigInt(whole + fraction.padEnd(18, '0'));
        };
        const imported = tax.reduce((sum, row) => sum + units(row.received) - units(row.sent), 0n);
        const { free, pools } = builder.lots;
        const held = [...free, ...Object.values(pools).flatMap((p) => p.lots)].reduce((sum, lot) => sum + lot.quantity, 0n);
        expect(imported).toBe(held);
        expect(csvRecords((await printed('csv', builder, rows)).toString())).toHaveLength(1 + rows.length + 2 * builder.accounts.length);
        const json = JSON.parse((await printed('json', builder, rows)).toString()) as { lines: StatementRow[] };
        expect(json.lines).toEqual(JSON.parse(JSON.stringify(rows)));
      }),
      { numRuns: 60 },
    );
  });
  it('says why a line has no value', () => {
    const builder = new StatementBuilder(new Map(), NO_LOTS, unpriced);
    const rows = builder.add(decision(at(1), ['deposit.receive', 5n]));
    expect(rows[0]).toMatchObject({ value: null, no_price: 'price.stale' });
    expect([builder.unpriced, builder.unpricedCode]).toEqual([1n, 'price.stale']);
    expect(builder.lots.free[0]).toMatchObject({ basis: null });
  });
  it('shows a slashing as what did not come back', () => {
    const builder = new StatementBuilder(new Map([[balanceKey('client.available', 'ETH'), 0n]]), NO_LOTS, priced);
    const eth = 10n ** BigInt(assets.ETH.decimals);
    builder.add(decision(at(1), ['deposit.receive', 4n * eth]));
    builder.add(decision(at(2), ['deposit.release', 4n * eth]));
    builder.add(decision(at(3), ['stake.reserve', 4n * eth]));
    builder.add(decision(at(4), ['stake.net', 4n * eth], ['share.mint', 4n * eth]));
    const rows = builder.add(decision(at(5), ['instant.take', 4n * eth], ['instant.pay', 3n * eth]));
    expect(rows.at(-1)).toMatchObject({ type: 'instant_exit', gain: { type: 'slash', quantity: '-1', value: { amount: '-20000' } } });
  });
  it('is printed the same each time', async () => {
    const builder = new StatementBuilder(new Map(), NO_LOTS, priced);
    const rows = Array.from({ length: 120 }, (_, i) => builder.add(decision(at(i), ['deposit.receive', 5n]))).flat();
    const first = await printed('pdf', builder, rows);
    expect(first.subarray(0, 5).toString()).toBe('%PDF-');
    expect((await printed('pdf', builder, rows)).equals(first)).toBe(true);
  });
});

describe('its CSV', () => {
  it('gives a spreadsheet no formula to run', () => {
    for (const text of ['=1+1', '+1+cmd', '-1+1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '+5']) expect(csvField(text)).toMatch(/^"?'/);
    expect(csvField('-5.25')).toBe('-5.25');
    expect(csvField('say "hi", twice')).toBe('"say ""hi"", twice"');
  });
});

describe('months and periods', () => {
  it('are those of the calendar in UTC', () => {
    expect(monthOf('2024-02')).toMatchObject({ ok: true, value: { through: '2024-02-29' } });
    expect(monthAfter(monthAt(new Date('2025-12-31T23:59:59.999Z'))).name).toBe('2026-01');
    for (const name of ['2026-00', '2026-13', '26-01', '', '2026-1', '1999-12']) expect(monthOf(name)).toMatchObject({ ok: false });
    const now = new Date('2026-02-01T00:00:00Z');
    expect(monthOver('2026-01', now).ok).toBe(true);
    expect(monthOver('2026-02', now)).toMatchObject({ refusal: { code: 'statement.month_not_over' } });
    expect(monthOver('2026-03', now)).toMatchObject({ refusal: { code: 'statement.month_future' } });
  });
  it('are refused when they are none', () => {
    const now = new Date('2026-06-01');
    expect(periodOf('2026-01-01', '2026-02-01T00:00:00Z', now).ok).toBe(true);
    for (const [from, to] of [
      ['2026-02-30T25:00:00Z', undefined],
      ['2026-02-31', undefined],
      ['2026-02-01', '2026-01-01'],
      [undefined, '2026-07-01'],
    ] as const)
      expect(periodOf(from, to, now)).toMatchObject({ refusal: { code: 'statement.period_invalid' } });
  });
});
