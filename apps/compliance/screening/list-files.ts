import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accept, invariant } from '#kernel';
import { parseList, type ScreeningList } from './screening.js';

export interface LoadedList {
  /** Of the file as it is. */
  readonly sha256: string;
  readonly list: ScreeningList;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Every list of a folder, in order of name. Throws Refused `screening.list_malformed`; a folder without lists is a broken invariant. */
export async function readLists(folder: string): Promise<LoadedList[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  invariant(names.length > 0, 'screening.no_lists', { folder });
  return Promise.all(names.map(async (name) => loadedList(await readFile(join(folder, name), 'utf8'))));
}

export function loadedList(text: string): LoadedList {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    raw = null;
  }
  return { sha256: sha256(text), list: accept(parseList(raw)) };
}
