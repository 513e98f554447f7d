import { readFileSync } from 'node:fs';
import { assets } from '#kernel';
import { withChartTables } from './document.js';
import { accountKinds, holdScopes, transferKinds, type AccountKind, type TransferKind, type TransferKindName } from './chart.js';
import { differences } from './drift.js';
import { chartModule, chartRows } from './generate.js';

const kinds = Object.entries(transferKinds as Readonly<Record<string, TransferKind>>);
const accounts = Object.entries(accountKinds as Readonly<Record<string, AccountKind>>);

describe('the chart', () => {
  it('gives every code once', () => {
    for (const codes of [accounts.map(([, k]) => k.code), kinds.map(([, k]) => k.code), Object.values(assets).map((a) => a.id)]) {
      expect(new Set(codes).size).toBe(codes.length);
      expect(codes.every((code) => Number.isInteger(code) && code > 0 && code < 32_768)).toBe(true);
    }
  });

  it.each(kinds)('%s stays in one legal entity and one sort of asset', (_, kind) => {
    expect(accountKinds[kind.credit].entity).toBe(accountKinds[kind.debit].entity);
    expect(accountKinds[kind.credit].asset).toBe(accountKinds[kind.debit].asset);
  });

  it('crosses to the house only by kinds that say how, one on each side at least', () => {
    for (const crossing of ['fee', 'top_up'] as const) {
      const sides = kinds.filter(([, k]) => k.crossing === crossing).map(([, k]) => accountKinds[k.debit].entity);
      expect(new Set(sides)).toEqual(new Set(['client_trust', 'house']));
    }
  });

  it('holds only what touches a client', () => {
    for (const [name, kind] of kinds.filter(([, k]) => k.hold !== undefined)) {
      expect({ name, owners: [accountKinds[kind.debit].owner, accountKinds[kind.credit].owner] }).toEqual({
        name,
        owners: expect.arrayContaining(['client']),
      });
    }
    const used = new Set(kinds.flatMap(([, k]) => (k.hold ? [k.hold] : [])));
    expect([...used].sort()).toEqual(Object.keys(holdScopes).sort());
  });

  it('lends, pledges and rehypothecates nothing: a client’s own money leaves only by these', () => {
    const leaving = kinds
      .filter(([, k]) => accountKinds[k.debit].owner === 'client' && accountKinds[k.credit].owner !== 'client')
      .map(([name]) => name as TransferKindName);
    expect(leaving.sort()).toEqual(['instant.take', 'share.burn', 'stake.mint', 'stake.net', 'withdrawal.settle']);
  });

  it('never moves from one client to another, nor from one pool to another', () => {
    const rows = chartRows()
      .transfer_kind.filter((row) => row.same_owner)
      .map((row) => row.name);
    expect(rows).toEqual(expect.arrayContaining(['stake.reserve', 'deposit.release', 'payout.pay', 'reward.collect']));
    expect(rows).not.toContain('wallet.sweep');
  });
});

describe('what is generated from the chart', () => {
  it('is what the migration runs', () => {
    expect(readFileSync('migrations/ledger/chart-rows.ts', 'utf8')).toBe(chartModule());
  });
  it('is what docs/ledger.md shows', () => {
    const page = readFileSync('docs/ledger.md', 'utf8');
    expect(page).toBe(withChartTables(page));
  });
});

describe('chart drift', () => {
  const stored = (): Parameters<typeof differences>[0] => structuredClone(chartRows()) as unknown as Parameters<typeof differences>[0];
  it('is none between a chart and itself', () => {
    expect(differences(stored())).toEqual([]);
  });
  it('names what is missing, unknown and changed', () => {
    const other = stored() as unknown as Record<string, Record<string, unknown>[]>;
    other['entity']?.pop();
    other['asset']?.push({ id: 9, code: 'DOGE', decimals: 8, kind: 'native' });
    Object.assign(other['transfer_kind']?.[0] ?? {}, { role: 'bailee_rewards' });
    expect(differences(other as unknown as Parameters<typeof differences>[0])).toEqual([
      'entity 2 is missing in the database',
      'asset 9 is unknown to this code',
      'transfer_kind 1.role is bailee_rewards, the code says bailee_custody',
    ]);
  });
});
