/** Ids as they come in over HTTP. One that is malformed is answered like one that does not exist. */
import { accept, ok, refuse, type Result, uuidOf } from '#kernel';

export const required = <T>(value: T | null): Result<T> => (value === null ? refuse('not_found', 'There is no such resource.') : ok(value));

/** Throws Refused `client.unknown`. */
export const clientOf = (id: string): string => {
  const uuid = uuidOf('client', id);
  return accept(uuid === null ? refuse('client.unknown', 'There is no such client.') : ok(uuid));
};
