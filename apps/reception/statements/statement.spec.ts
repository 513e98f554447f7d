import fc from 'fast-check';
import { type Entry, transferKinds, type TransferKindName } from '#ledger';
import { csvColumns, csvField, statementCsv } from './statement-csv.js';
import { lineTypes, statementOf } from './statement.js';
import { periodOf } from './statements.service.js';

const at = (ms: number): Date => new Date(ms);

async function* listed(entries: readonly Entry[]): AsyncIterable<Entry> {
  for (const entry of entries) yield await Promise.resolve(entry);
}

const entry = (id: number, change: bigint, ms: number, more: Partial<Entry> = {}): Entry => ({
  id: `${id}-1-c`,
  kind: 'deposit.release',
  account: 'client.available',
  asset: 'ETH',
  change,
  balance: 0n,
  counterpart: 'client.suspense',
  reference: '2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a',
  effectiveAt: at(ms),
  version: BigInt(id),
  ...more,
});

const anyEntry = fc.record({
  account: fc.constantFrom('client.available' as const, 'client.rewards' as const, 'client.shares' as const),
  change: fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
  ms: fc.integer({ min: 0, max: 1_000 }),
  kind: fc.constantFrom(...(Object.keys(lineTypes) as (keyof typeof lineTypes)[])),
});

describe('a statement', () => {
  it('opens with what was before, closes with what is after, and its lines are the difference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyEntry), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 1_000 }), async (raw, a, b) => {
        const entries = raw.map((r, i) =>
          entry(i + 1, r.change, r.ms, { account: r.account, kind: r.kind, asset: r.account === 'client.shares' ? 'ETH-PAYOUT-1' : 'ETH' }),
        );
        const period = { from: at(Math.min(a, b)), to: at(Math.max(a, b)) };
        const result = await statementOf(listed(entries), period);
        if (!result.ok) throw new Error('refused');
        const before = entries.filter((e) => e.effectiveAt < period.from);
        const until = entries.filter((e) => e.effectiveAt < period.to);
        const sum = (of: readonly Entry[], account: string): bigint =>
          of.filter((e) => e.account === `client.${account}`).reduce((s, e) => s + e.change, 0n);
        for (const summary of result.value.accounts) {
          const lines = result.value.lines.filter((l) => l.account === summary.account);
          expect(summary.opening).toBe(sum(before, summary.account));
          expect(summary.closing).toBe(sum(until, summary.account));
          expect(summary.opening + lines.reduce((s, l) => s + l.change, 0n)).toBe(summary.closing);
          if (lines.length > 0) expect(lines.at(-1)?.balance).toBe(summary.closing);
        }
        expect(result.value.lines).toHaveLength(until.length - before.length);
      }),
    );
  });
  it('refuses to be endless', async () => {
    const result = await statementOf(listed([entry(1, 1n, 1), entry(2, 1n, 2), entry(3, 1n, 3)]), { from: null, to: null }, 2);
    expect(result).toMatchObject({ ok: false, refusal: { code: 'statement.too_long' } });
  });
  it('has a name for every kind of transfer that touches a client', () => {
    const touching = (Object.keys(transferKinds) as TransferKindName[]).filter((name) => {
      const kind = transferKinds[name];
      return kind.debit.startsWith('client.') || kind.credit.startsWith('client.');
    });
    expect(Object.keys(lineTypes).sort()).toEqual([...touching].sort());
    expect(new Set(Object.values(lineTypes)).size).toBe(touching.length);
  });
  it('knows which periods there are', () => {
    expect(periodOf('2026-01-01', '2026-02-01T00:00:00Z').ok).toBe(true);
    expect(periodOf('2026-02-30T25:00:00Z', undefined)).toMatchObject({ ok: false, refusal: { code: 'statement.period_invalid' } });
    expect(periodOf('2026-02-01', '2026-01-01')).toMatchObject({ ok: false, refusal: { code: 'statement.period_invalid' } });
  });
});

describe('its CSV', () => {
  it('gives a spreadsheet no formula to run', () => {
    for (const text of ['=1+1', '+1+cmd', '-1+1', '@SUM(A1)', '\t=1', '\r=1']) expect(csvField(text)).toMatch(/^"?'/);
    expect(csvField('-5.25')).toBe('-5.25');
    expect(csvField('say "hi", twice')).toBe('"say ""hi"", twice"');
  });
  it('holds opening, lines and closing, which add up', async () => {
    const entries = [entry(1, 5n * 10n ** 18n, 10), entry(2, -(10n ** 17n), 20, { kind: 'stake.reserve' })];
    const result = await statementOf(listed(entries), { from: null, to: null });
    if (!result.ok) throw new Error('refused');
    expect(statementCsv(result.value, { from: null, to: null }, at(30)).split('\r\n')).toEqual([
      csvColumns.join(','),
      ',opening_balance,ETH,available,,0,,',
      '1970-01-01T00:00:00.010Z,deposit_release,ETH,available,5,5,2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a,1-1-c',
      '1970-01-01T00:00:00.020Z,stake_reserve,ETH,available,-0.1,4.9,2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a,2-1-c',
      '1970-01-01T00:00:00.030Z,closing_balance,ETH,available,,4.9,,',
      '',
    ]);
  });
});
