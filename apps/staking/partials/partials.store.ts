import { Any, In, MoreThan, type EntityManager } from 'typeorm';
import { amount, smaller, subtract, type Amount } from '#kernel';
import { writeHistory } from '../history/history.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { partialMachine, type PartialEvent } from './partial-withdrawal.js';
import { PartialWithdrawal } from './partial-withdrawal.entity.js';

/** Oldest first. */
export const openPartials = (em: EntityManager, poolId: string): Promise<PartialWithdrawal[]> =>
  em.find(PartialWithdrawal, { where: { poolId, state: In(['requested', 'signed', 'sent']) }, order: { createdAt: 'ASC', id: 'ASC' } });
/** Validators of which something was refused not long ago: the same would be refused again, as while a switch has money in the deposit queue. */
export const refusedSince = async (em: EntityManager, poolId: string, since: Date): Promise<string[]> =>
  (await em.findBy(PartialWithdrawal, { poolId, state: 'refused', stateSince: MoreThan(since) })).map((partial) => partial.pubkey);
export const partialById = (em: EntityManager, id: string): Promise<PartialWithdrawal | null> => em.findOneBy(PartialWithdrawal, { id });
export async function insertPartial(em: EntityManager, partial: PartialWithdrawal): Promise<void> {
  await em.insert(PartialWithdrawal, partial);
}

export async function movePartial(em: EntityManager, partial: PartialWithdrawal, event: PartialEvent, why: Why): Promise<void> {
  const history = step(partialMachine, 'partial_withdrawal', partial, partial.id, event, why);
  partial.reason = why.reason ?? null;
  await em.save(PartialWithdrawal, partial);
  await writeHistory(em, [history]);
}

/** By validator: principal on its way out. From its signature on it may come at any time. */
export async function principalAsked(em: EntityManager, poolId: string): Promise<Map<string, Amount>> {
  const open = (await openPartials(em, poolId)).filter((p) => p.purpose === 'principal' && p.state !== 'requested');
  return new Map(open.map((p) => [p.pubkey, subtract(p.amount, p.received)]));
}

/** A report saw principal come out: the request that asked for it has been served. */
export async function receivePrincipal(em: EntityManager, came: ReadonlyMap<string, Amount>, why: Why): Promise<void> {
  if (came.size === 0) return;
  const open = await em.find(PartialWithdrawal, {
    where: { pubkey: Any([...came.keys()]), purpose: 'principal', state: In(['signed', 'sent']) },
  });
  for (const partial of open) {
    const left = subtract(partial.amount, partial.received);
    partial.received = amount(partial.received + smaller(left, came.get(partial.pubkey) ?? left));
    if (partial.state === 'sent') await movePartial(em, partial, 'pay', why);
    else await em.save(PartialWithdrawal, partial);
  }
}
