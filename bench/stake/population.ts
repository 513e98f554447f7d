/** Clients who may stake: identified, in good standing, informed, with money. Each room's part is written by that room's own store, as that room. */
import { DataSource, type EntityManager } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { amount, newUuid, uuid5 } from '#kernel';
import { mustPost, type AccountRef, type Posting } from '#ledger';
import { addClient } from '../../apps/reception/clients/clients.store.js';
import { mintKey } from '../../apps/reception/keys/api-key.js';
import { addKey } from '../../apps/reception/keys/keys.store.js';
import { projectAcknowledgements, projectDisclosure, projectStanding } from '../../apps/staking/standing/standing.store.js';
import type { Bench } from '../row.js';

const AT = new Date('2026-01-01T00:00:00.000Z');
const ENOUGH = 10n ** 24n;
const DISCLOSURE = { productId: 'eth-payout', version: 1, hash: `0x${'d1'.repeat(32)}` };
const AT_ONCE = 500;

interface Newcomer {
  readonly clientId: string;
  /** The client's API key. */
  readonly token: string;
}

/** Returns their API keys. */
export async function populate(bench: Bench, count: number): Promise<string[]> {
  const people = Array.from({ length: count }, (): Newcomer => ({ clientId: newUuid(), token: '' }));
  const known: Newcomer[] = [];
  await as(bench, 'reception', people, async (em, some) => {
    for (const { clientId } of some) known.push({ clientId, token: await identify(em, clientId) });
  });
  await as(bench, 'staking', people, async (em, some) => {
    await projectDisclosure(em, DISCLOSURE, AT);
    for (const { clientId } of some) {
      const may = { mayDeposit: true, mayStake: true, mayUnstake: true, mayWithdraw: true };
      await projectStanding(em, { clientId, version: 1, state: 'approved', ...may, clientClass: 'retail' }, AT);
    }
    await projectAcknowledgements(
      em,
      some.map(({ clientId }) => ({ clientId, ...DISCLOSURE })),
      AT,
    );
  });
  await as(bench, 'custody', people, async (em, some) => {
    await mustPost(em, some.flatMap(deposited));
  });
  return known.map(({ token }) => token);
}

async function identify(em: EntityManager, clientId: string): Promise<string> {
  const minted = mintKey();
  await addClient(em, { id: clientId, reference: null, createdAt: AT });
  await addKey(em, { id: newUuid(), clientId, label: 'bench', made: minted, at: AT });
  return minted.secret;
}

function deposited({ clientId }: Newcomer): Posting[] {
  const eth = (kind: AccountRef['kind'], owner: string): AccountRef => ({ kind, owner, asset: 'ETH' });
  const common = { amount: amount(ENOUGH), effectiveAt: AT, reference: uuid5('bench') };
  const suspense = eth('client.suspense', clientId);
  return [
    { ...common, key: newUuid(), kind: 'deposit.receive', debit: eth('trust.wallet', newUuid()), credit: suspense },
    { ...common, key: newUuid(), kind: 'deposit.release', debit: suspense, credit: eth('client.available', clientId) },
  ];
}

async function as<T>(
  bench: Bench,
  room: string,
  all: readonly T[],
  work: (em: EntityManager, some: readonly T[]) => Promise<void>,
): Promise<void> {
  const source = await new DataSource({ ...dataSourceOptions(room, bench.url(room), [], 2) }).initialize();
  try {
    const transactor = new Transactor(source);
    for (let at = 0; at < all.length; at += AT_ONCE) await transactor.run((em) => work(em, all.slice(at, at + AT_ONCE)));
  } finally {
    await source.destroy();
  }
}
