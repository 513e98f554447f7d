import { createHash, randomUUID } from 'node:crypto';
import { invariant } from './invariant.js';

/** Ids on the wire are `<prefix>_<uuid>`; in the database they are the bare uuid. One prefix a noun. */
export const prefixes = {
  client: 'cli',
  staff: 'stf',
  apiKey: 'key',
  application: 'app',
  review: 'cas',
  decision: 'dec',
  deposit: 'dep',
  destination: 'dst',
  wallet: 'wal',
  operation: 'op',
  transaction: 'txn',
  unattributed: 'una',
  quote: 'quo',
  report: 'rep',
  payoutRun: 'run',
  scheduleChange: 'psc',
  hold: 'hld',
  event: 'evt',
  request: 'req',
  statement: 'stm',
} as const;
export type Prefix = keyof typeof prefixes;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const isUuid = (text: string): boolean => UUID.test(text);

export const newUuid = (): string => randomUUID();

export const publicId = (prefix: Prefix, uuid: string): string => `${prefixes[prefix]}_${uuid}`;

/** The uuid inside a public id, or null when the text is no such id (a caller answers 404, as for an id that does not exist). */
export function uuidOf(prefix: Prefix, id: string): string | null {
  const head = `${prefixes[prefix]}_`;
  if (!id.startsWith(head)) return null;
  const uuid = id.slice(head.length);
  return isUuid(uuid) ? uuid : null;
}

/** The namespace of every derived id in this system. */
export const NAMESPACE = '5b1f6f0e-6a0b-5d5e-9c38-0b2a0b41ce5a';

/** Name-based uuid, version 5 (RFC 9562 §5.5): the same parts always give the same id, so a replay can never post twice. */
export function uuid5(...parts: readonly string[]): string {
  invariant(parts.length > 0, 'uuid5.parts');
  const name = parts.map((p) => `${Buffer.byteLength(p)}:${p}`).join('/'); // length-prefixed: no two lists of parts share a name
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest();
  hash[6] = (hash.readUInt8(6) & 0x0f) | 0x50;
  hash[8] = (hash.readUInt8(8) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
