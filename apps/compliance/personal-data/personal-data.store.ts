import type { EntityManager } from 'typeorm';
import { invariant } from '#kernel';
import { DataKeyRow, PersonalDataRow } from './personal-data.entity.js';
import type { FieldCipher } from './field-cipher.js';
import { canonical, type PersonalData } from './personal-data.js';

const placeOf = (applicationId: string, field: string): string => `personal_data/${applicationId}/${field}`;

/** Seals and keeps the data of an application; returns the keyed hash of its content. */
export async function sealPersonalData(
  em: EntityManager,
  cipher: FieldCipher,
  applicationId: string,
  data: PersonalData,
  at: Date,
): Promise<string> {
  const sealed = (field: keyof PersonalData): Buffer => cipher.seal(placeOf(applicationId, field), data[field] ?? '');
  await em.upsert(
    PersonalDataRow,
    {
      applicationId,
      keyId: cipher.keyId,
      fullName: sealed('fullName'),
      dateOfBirth: sealed('dateOfBirth'),
      nationality: sealed('nationality'),
      residence: sealed('residence'),
      occupation: data.occupation === null ? null : sealed('occupation'),
      sourceOfFunds: sealed('sourceOfFunds'),
      updatedAt: at,
    },
    ['applicationId'],
  );
  return inputHashOf(cipher, data);
}

export const inputHashOf = (cipher: FieldCipher, data: PersonalData): string => cipher.fingerprint(canonical(data));

/** Opens the data of an application. Who calls this on a person's behalf records the access. */
export async function openPersonalData(em: EntityManager, cipher: FieldCipher, applicationId: string): Promise<PersonalData> {
  const row = await em.findOne(PersonalDataRow, { where: { applicationId } });
  invariant(row !== null, 'personal_data.missing', { applicationId });
  const open = (field: string, value: Buffer): string => cipher.open(placeOf(applicationId, field), value);
  return {
    fullName: open('fullName', row.fullName),
    dateOfBirth: open('dateOfBirth', row.dateOfBirth),
    nationality: open('nationality', row.nationality),
    residence: open('residence', row.residence),
    occupation: row.occupation === null ? null : open('occupation', row.occupation),
    sourceOfFunds: open('sourceOfFunds', row.sourceOfFunds),
  };
}

/**
 * The key of this deployment is the one that sealed what is stored. Another key would leave every stored name unreadable and so
 * unscreened: the room must not open with it.
 */
export async function checkDataKey(em: EntityManager, cipher: FieldCipher, at: Date): Promise<void> {
  await em.createQueryBuilder().insert().into(DataKeyRow).values({ keyId: cipher.keyId, firstUsedAt: at }).orIgnore().execute();
  const foreign = await em.createQueryBuilder(PersonalDataRow, 'p').where('p.keyId <> :keyId', { keyId: cipher.keyId }).getCount();
  invariant(foreign === 0, 'pii.key_changed', { sealedByAnotherKey: foreign });
}
