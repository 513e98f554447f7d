/** For the drills: what a room does in one transaction, and everything it leaves behind. */
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import type { Transactor } from '#database';
import { emit } from '#delivery';
import { hashOf, Problems, Requests, type Answer } from '#http';
import { amount, newUuid, ok, uuid5 } from '#kernel';
import { entries, mustPost, trialBalance, type Posting } from '#ledger';
import { OperationStateChanged } from '#messages';
import { createTestDatabase, type TestDatabase } from '#testing';

export interface Order {
  readonly key: string;
  readonly clientId: string;
  /** Wei. */
  readonly units: string;
  readonly at: string;
}

/** A state row, a message, an act and money move, and the answer is kept: all or nothing, and once for one key. */
export function placeOnce(transactor: Transactor, order: Order): Promise<Answer> {
  const operation = { id: uuid5('drill', order.key), requestHash: hashOf(order) };
  const { clientId, units } = order;
  return new Requests('staking', transactor, new Problems({})).once(operation, async (em) => {
    await em.query('INSERT INTO public.drill_order (id, client, units) VALUES ($1, $2, $3)', [operation.id, clientId, units]);
    await emit(em, OperationStateChanged, { aggregate: operation.id, payload: announcement(operation.id, order) });
    await record(em, { actor: { kind: 'client', id: clientId }, action: 'stake.place', resource: operation.id, details: { units } });
    await mustPost(em, [reservation(operation.id, order)]);
    return ok({ status: 202, body: { id: operation.id, units } });
  });
}

const announcement = (operationId: string, { clientId, units }: Order) =>
  ({ operationId, clientId, type: 'stake', state: 'reserved', productId: 'eth-payout', asset: 'ETH', amount: units }) as const;

const reservation = (id: string, { clientId, units, at }: Order): Posting => ({
  key: uuid5('drill', id, 'reserve'),
  kind: 'stake.reserve',
  debit: { kind: 'client.available', owner: clientId, asset: 'ETH' },
  credit: { kind: 'client.reserved', owner: clientId, asset: 'ETH' },
  amount: amount(BigInt(units)),
  effectiveAt: new Date(at),
  reference: id,
});

const WALLET = uuid5('wallet', 'drill');

/** A database whose client has money, with the drill's own table. */
export async function openBooks(clientId: string, funds: bigint): Promise<TestDatabase> {
  const database = await createTestDatabase();
  await database.admin.query(`CREATE TABLE public.drill_order (id uuid PRIMARY KEY, client uuid NOT NULL, units numeric NOT NULL);
    GRANT SELECT, INSERT ON public.drill_order TO bailee_staking`);
  const custody = await database.transactor('custody');
  const of = (kind: 'deposit.receive' | 'deposit.release', debit: Posting['debit'], credit: Posting['credit']): Posting => ({
    key: newUuid(),
    kind,
    debit,
    credit,
    amount: amount(funds),
    effectiveAt: new Date('2026-01-01T00:00:00Z'),
    reference: newUuid(),
  });
  const suspense = { kind: 'client.suspense', owner: clientId, asset: 'ETH' } as const;
  await custody.run((em) =>
    mustPost(em, [
      of('deposit.receive', { kind: 'trust.wallet', owner: WALLET, asset: 'ETH' }, suspense),
      of('deposit.release', suspense, { kind: 'client.available', owner: clientId, asset: 'ETH' }),
    ]),
  );
  return database;
}

/** All that was left behind, without what differs between two runs by nature: times, correlations, numbers of rows. */
export async function tracesOf(database: TestDatabase, staking: Transactor, clientId: string): Promise<object> {
  const rows = (sql: string): Promise<object[]> => database.admin.query(sql);
  return {
    orders: await rows('SELECT id, client, units::text FROM public.drill_order ORDER BY id'),
    messages: await rows(
      'SELECT message, subscriber, aggregate, seq::text, producer, payload FROM delivery.delivery ORDER BY aggregate, seq',
    ),
    acts: await rows(`SELECT actor_id, action, resource, details - 'correlation' AS details FROM audit.event ORDER BY resource, seq`),
    answers: await rows(`SELECT id, encode(request_hash, 'hex') AS hash, status, body FROM staking.request ORDER BY id`),
    ...(await staking.run((em) => books(em, clientId))),
  };
}

async function books(em: EntityManager, owner: string): Promise<object> {
  const page = await entries(em, { owner, limit: 500 });
  return { trial: await trialBalance(em), entries: page.map(({ kind, account, change, balance }) => ({ kind, account, change, balance })) };
}
