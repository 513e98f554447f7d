/** Clients with money in a migrated ledger, and the rooms that move it. */
import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { amount, newUuid, uuid5 } from '#kernel';
import { mustPost, type AccountRef, type Posting } from '#ledger';
import { numbers } from '../clients.js';
import type { Bench } from '../row.js';

export const CLIENTS = 10_000;
const AT = new Date('2026-01-01T00:00:00.000Z');
const REFERENCE = uuid5('bench');
const ENOUGH = 10n ** 24n;

export interface LedgerWorld {
  readonly custody: Transactor;
  readonly staking: Transactor;
  readonly owners: readonly string[];
  readonly wallets: readonly AccountRef[];
  /** One unit set aside for a client drawn at random; `units` for another amount. */
  reserve(units?: bigint): Posting;
  /** One unit arriving at a wallet for a client drawn at random. */
  deposit(wallet: AccountRef): Posting;
  readonly randomWallet: () => AccountRef;
}

const eth = (kind: AccountRef['kind'], owner: string): AccountRef => ({ kind, owner, asset: 'ETH' });
const posting = (kind: Posting['kind'], debit: AccountRef, credit: AccountRef, units: bigint): Posting => ({
  key: newUuid(),
  kind,
  debit,
  credit,
  amount: amount(units),
  effectiveAt: AT,
  reference: REFERENCE,
});

let world: Promise<LedgerWorld> | undefined;

/** The rows share one world: it is filled once, and closed with the database. */
export async function ledgerWorld(bench: Bench): Promise<LedgerWorld> {
  world ??= fill(bench);
  return world;
}

async function fill(bench: Bench): Promise<LedgerWorld> {
  const sources = { custody: await open(bench, 'custody'), staking: await open(bench, 'staking') };
  bench.beforeClose(async () => {
    await Promise.all(Object.values(sources).map((source) => source.destroy()));
  });
  const [custody, staking] = [new Transactor(sources.custody), new Transactor(sources.staking)];
  const next = numbers(11);
  const draw = <T>(from: readonly T[]): T => {
    const drawn = from[next(from.length)];
    if (drawn === undefined) throw new Error('nothing to draw from');
    return drawn;
  };
  const owners = Array.from({ length: CLIENTS }, () => newUuid());
  const wallets = owners.map(() => eth('trust.wallet', newUuid()));
  for (let at = 0; at < CLIENTS; at += 500) {
    await custody.run((em) =>
      mustPost(
        em,
        owners
          .slice(at, at + 500)
          .flatMap((owner, index) => [
            posting('deposit.receive', wallets[at + index] ?? eth('trust.wallet', owner), eth('client.suspense', owner), ENOUGH),
            posting('deposit.release', eth('client.suspense', owner), eth('client.available', owner), ENOUGH),
          ]),
      ),
    );
    await staking.run((em) =>
      mustPost(
        em,
        owners
          .slice(at, at + 500)
          .map((owner) => posting('stake.reserve', eth('client.available', owner), eth('client.reserved', owner), 1n)),
      ),
    );
  }
  return {
    custody,
    staking,
    owners,
    wallets,
    reserve: (units = 1n) => {
      const owner = draw(owners);
      return posting('stake.reserve', eth('client.available', owner), eth('client.reserved', owner), units);
    },
    deposit: (wallet) => posting('deposit.receive', wallet, eth('client.suspense', draw(owners)), 1n),
    randomWallet: () => draw(wallets),
  };
}

const open = (bench: Bench, room: string): Promise<DataSource> =>
  new DataSource({ ...dataSourceOptions(room, bench.url(room), [], 16) }).initialize();

/** More than any client has. */
export const TOO_MUCH = 10n ** 30n;
