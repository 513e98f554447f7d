import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import type { AssetCode } from '#kernel';
import { DestinationEntity } from './destination.entity.js';

/** False when the client has this address on its list already. */
export async function insertDestination(em: EntityManager, destination: DestinationEntity): Promise<boolean> {
  const inserted = await em.createQueryBuilder().insert().into(DestinationEntity).values(destination).orIgnore().returning('id').execute();
  return (inserted.raw as unknown[]).length > 0;
}

export const listedDestination = (
  em: EntityManager,
  of: { clientId: string; chain: string; asset: AssetCode; address: string },
): Promise<DestinationEntity | null> => em.findOneBy(DestinationEntity, { ...of, state: 'listed' });

/** Only the client's own: another's is as if it did not exist. */
export const destinationOfClient = (em: EntityManager, clientId: string, id: string): Promise<DestinationEntity | null> =>
  em.findOneBy(DestinationEntity, { id, clientId });

/** Locked in share mode: it cannot be taken off the list while a withdrawal to it is being accepted. */
export const lockDestination = (
  em: EntityManager,
  clientId: string,
  id: string,
  mode: 'pessimistic_read' | 'pessimistic_write',
): Promise<DestinationEntity | null> => em.findOne(DestinationEntity, { where: { id, clientId }, lock: { mode } });

export async function removeDestination(em: EntityManager, destination: DestinationEntity): Promise<void> {
  await em.update(DestinationEntity, { id: destination.id }, { state: 'removed', version: destination.version + 1 });
}

export function listDestinations(
  em: EntityManager,
  clientId: string,
  limit: number,
  before: Position | undefined,
): Promise<DestinationEntity[]> {
  const query = em.createQueryBuilder(DestinationEntity, 'd').where(`d.clientId = :clientId AND d.state = 'listed'`, { clientId });
  if (before) query.andWhere('(d.createdAt, d.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return query.orderBy('d.createdAt', 'DESC').addOrderBy('d.id', 'DESC').limit(limit).getMany();
}
