/** Pools with as many holders as wanted, in a migrated database: rows as the room writes them, written in bulk. */
import 'reflect-metadata';
import { devNull } from 'node:os';
import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { openRoom, type OpenRoom } from '#http';
import { amount, newUuid, uuid5 } from '#kernel';
import { mustPost, type AccountKindName, type Posting } from '#ledger';
import { staking } from '../../apps/staking/room.js';
import type { Bench } from '../row.js';

export const AT = new Date('2026-01-01T00:00:00.000Z');
export const MUCH = 10n ** 34n;
/** Of each holder. */
export const SHARES = 10n ** 18n;

export interface Pools {
  readonly room: OpenRoom;
  readonly staking: Transactor;
  readonly rewards: Transactor;
  readonly custody: Transactor;
  /** A pool of its own with so many holders, all settled, and money for all that is measured; its id. */
  pool(holders: number): Promise<string>;
}

let opened: Promise<Pools> | undefined;

/** The rows share them; they are closed with the database. */
export function pools(bench: Bench): Promise<Pools> {
  return (opened ??= open(bench));
}

/** Nothing happens by itself, and nobody listens at the endpoints. */
const quiet = {
  BAILEE_MODE: 'demo',
  BAILEE_NETWORK: 'localnet',
  ETHEREUM_RPC_URL: 'http://127.0.0.1:1',
  ETHEREUM_BEACON_URL: 'http://127.0.0.1:1',
  ...Object.fromEntries(
    ['ALLOCATE', 'WATCH', 'EXIT', 'FEE_SWEEP', 'SETTLE', 'SETTLE_EXITS', 'DISTRIBUTE', 'REBATE', 'OPERATORS'].map((name) => [
      `${name}_EVERY_MS`,
      '0',
    ]),
  ),
  LOG_FILE: devNull,
};

async function open(bench: Bench): Promise<Pools> {
  const room = await openRoom(staking, { ...quiet, DATABASE_URL: bench.url('staking') });
  const sources = await Promise.all(
    ['rewards', 'custody'].map((name) => new DataSource({ ...dataSourceOptions(name, bench.url(name), [], 4) }).initialize()),
  );
  bench.beforeClose(async () => {
    await room.close();
    for (const source of sources) await source.destroy();
  });
  const [rewards, custody] = sources.map((source) => new Transactor(source));
  if (!rewards || !custody) throw new Error('a room is missing');
  const own = room.app.get(Transactor, { strict: false });
  return { room, staking: own, rewards, custody, pool: (holders) => make(bench, own, custody, holders) };
}

async function make(bench: Bench, own: Transactor, custody: Transactor, holders: number): Promise<string> {
  const id = `bench-${newUuid()}`;
  const units = SHARES * BigInt(holders);
  // one payout pool an asset is a rule of the payouts, which are measured one pool after the other
  await bench.rows('DROP INDEX IF EXISTS staking.product_payout');
  const copy = (table: string, key: string, changes: object): Promise<object[]> =>
    bench.rows(
      `INSERT INTO staking.${table} SELECT (jsonb_populate_record(t, '${JSON.stringify(changes)}')).* FROM staking.${table} t WHERE ${key} LIMIT 1`,
    );
  await copy('product', `id = 'eth-payout'`, { id, pool_id: id, is_default: false });
  await copy('pool', `id = 'eth-payout-1'`, {
    id,
    assets: String(units),
    shares: String(units),
    buffer: String(units),
    rate_standing: 'current',
  });
  await bench.rows(
    `INSERT INTO staking.pool_tier (pool_id, tier, shares, reward_index, index_remainder) VALUES ('${id}', 'standard', ${units}, 0, 0)`,
  );
  await bench.rows(
    `INSERT INTO staking.holder (pool_id, client_id, shares, index_paid, remainder) SELECT '${id}', gen_random_uuid(), ${SHARES}, 0, 0 FROM generate_series(1, ${holders})`,
  );
  await bench.rows('VACUUM ANALYZE staking.holder');
  const much = (kind: Posting['kind'], debit: AccountKindName, of: string, credit: AccountKindName): Posting => ({
    key: newUuid(),
    kind,
    debit: { kind: debit, owner: of, asset: 'ETH' },
    credit: { kind: credit, owner: id, asset: 'ETH' },
    amount: amount(MUCH),
    effectiveAt: AT,
    reference: uuid5('bench'),
  });
  await own.run((em) =>
    mustPost(em, [
      much('reward.accrue', 'stake.validator', id, 'pool.rewards_payable'),
      much('reward.collect', 'pool.collected_contra', id, 'pool.collected'),
    ]),
  );
  const chain = `chain-${id}`;
  const unattributed = { kind: 'trust.unattributed', owner: chain, asset: 'ETH' } as const;
  await custody.run((em) =>
    mustPost(em, [
      much('execution.receive', 'trust.wallet', newUuid(), 'pool.execution_reward'),
      { ...much('deposit.unattributed', 'trust.wallet', newUuid(), 'trust.unattributed'), credit: unattributed },
      { ...much('unattributed.to_recovery', 'trust.unattributed', chain, 'pool.recovery') },
    ]),
  );
  return id;
}
