/** What a list says about a person or an address. Exact: a hit is an equal normalised name or an equal address. */
import { ok, refuse, type Result } from '#kernel';
import { normalisedAddress, normalisedName } from './normalise.js';

/** Changes when the same input and list could give another result; each run keeps it, so that past results can be replayed. */
export const ALGORITHM = 'exact@1';

export interface ListEntry {
  readonly id: string;
  readonly kind: 'person' | 'entity' | 'address';
  readonly names: readonly string[];
  /** YYYY-MM-DD, where the list gives one. */
  readonly dateOfBirth: string | null;
  readonly addresses: readonly string[];
  readonly programme: string;
}

export interface ScreeningList {
  readonly source: string;
  /** Says on the list itself that nobody on it is real. */
  readonly notice: string;
  readonly entries: readonly ListEntry[];
}

/** How the date of birth bears on a name's hit. It never clears one: lists err, so people decide. */
export type BirthEvidence = 'equal' | 'different' | 'unknown';

export const birthEvidence = (listed: string | null, given: string): BirthEvidence =>
  listed === null ? 'unknown' : listed === given ? 'equal' : 'different';

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

function parseEntry(raw: unknown): ListEntry | null {
  if (!isObject(raw)) return null;
  const { id, kind, programme } = raw;
  const names = raw['names'] ?? [];
  const addresses = raw['addresses'] ?? [];
  const dateOfBirth = raw['date_of_birth'] ?? null;
  if (!isText(id) || !isText(programme) || (kind !== 'person' && kind !== 'entity' && kind !== 'address')) return null;
  if (!isTexts(names) || !isTexts(addresses) || names.length + addresses.length === 0) return null;
  if (dateOfBirth !== null && !(isText(dateOfBirth) && /^\d{4}-\d{2}-\d{2}$/.test(dateOfBirth))) return null;
  if (names.some((name) => normalisedName(name) === '') || addresses.some((address) => normalisedAddress(address) === '')) return null;
  return { id, kind, names, dateOfBirth, addresses, programme };
}

/** A list from its JSON. A list that is empty, has a malformed entry or one id twice is refused whole: half a list would let people through. */
export function parseList(raw: unknown): Result<ScreeningList> {
  const malformed = (detail: string) => refuse('screening.list_malformed', detail);
  if (!isObject(raw) || !isText(raw['source']) || !isText(raw['notice']) || !Array.isArray(raw['entries'])) {
    return malformed('A list has a source, a notice and entries.');
  }
  const entries: ListEntry[] = [];
  const ids = new Set<string>();
  for (const [index, item] of raw['entries'].entries()) {
    const entry = parseEntry(item);
    if (!entry) return malformed(`Entry ${index} of ${raw['source']} is malformed.`);
    if (ids.has(entry.id)) return malformed(`Entry ${entry.id} of ${raw['source']} is there twice.`);
    ids.add(entry.id);
    entries.push(entry);
  }
  if (entries.length === 0) return malformed(`${raw['source']} has no entries.`);
  return ok({ source: raw['source'], notice: raw['notice'], entries });
}
