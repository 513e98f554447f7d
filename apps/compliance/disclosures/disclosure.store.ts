import type { EntityManager } from 'typeorm';
import { AcknowledgementRow, DisclosureRow } from './disclosure.entity.js';

/** The version in force: the newest. */
export const disclosureInForce = (em: EntityManager, productId: string): Promise<DisclosureRow | null> =>
  em.findOne(DisclosureRow, { where: { productId }, order: { version: 'DESC' } });

export const findDisclosure = (em: EntityManager, productId: string, version: number): Promise<DisclosureRow | null> =>
  em.findOne(DisclosureRow, { where: { productId, version } });

export const insertDisclosure = async (em: EntityManager, row: DisclosureRow): Promise<void> => {
  await em.insert(DisclosureRow, row);
};

/** False when the register has it already. */
export async function insertAcknowledgement(em: EntityManager, row: AcknowledgementRow): Promise<boolean> {
  const result = await em.createQueryBuilder().insert().into(AcknowledgementRow).values(row).orIgnore().returning('id').execute();
  return (result.raw as unknown[]).length === 1;
}

export const acknowledgementsOf = (em: EntityManager, clientId: string): Promise<AcknowledgementRow[]> =>
  em.find(AcknowledgementRow, { where: { clientId }, order: { at: 'DESC', id: 'DESC' } });

export const directAcknowledgement = (
  em: EntityManager,
  key: { clientId: string; productId: string; version: number },
): Promise<AcknowledgementRow> => em.findOneOrFail(AcknowledgementRow, { where: { ...key, channel: 'direct' } });
