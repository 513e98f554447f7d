import { createHash, randomBytes } from 'node:crypto';
import type { StaffRole } from '#http';
import { newUuid } from '#kernel';
import type { TestDatabase } from './test-database.js';

/** Somebody whom the doors of every room know by the token. */
export interface Person {
  readonly uuid: string;
  readonly token: string;
}

const stranger = (prefix: string): Person => ({ uuid: newUuid(), token: `${prefix}_${randomBytes(32).toString('base64url')}` });
const hashOf = ({ token }: Person): Buffer => createHash('sha256').update(token).digest();

/** A client with a key, as reception leaves them; no other room has heard of it. */
export async function newClient({ admin }: TestDatabase): Promise<Person> {
  const person = stranger('bk');
  await admin.query('INSERT INTO reception.client (id, created_at) VALUES ($1, now())', [person.uuid]);
  await admin.query(
    'INSERT INTO reception.api_key (id, client_id, label, token_sha256, hint, created_at) VALUES ($1, $2, $3, $4, $5, now())',
    [newUuid(), person.uuid, 'test', hashOf(person), person.token.slice(0, 8)],
  );
  return person;
}

export async function newStaff({ admin }: TestDatabase, ...roles: StaffRole[]): Promise<Person> {
  const person = stranger('bs');
  await admin.query('INSERT INTO reception.staff (id, name, roles, token_sha256, created_at) VALUES ($1, $2, $3, $4, now())', [
    person.uuid,
    person.uuid,
    roles,
    hashOf(person),
  ]);
  return person;
}
