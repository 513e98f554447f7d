import type { EntityManager } from 'typeorm';
import { hashOf } from '#http';
import { normalisedAddress, normalisedName } from './normalise.js';
import type { LoadedList } from './list-files.js';
import type { ListEntry } from './screening.js';
import { EntryRow, SnapshotRow, TermRow } from './watchlist.entity.js';

/** The list in force, or null: none was ever loaded. */
export const listInForce = (em: EntityManager): Promise<SnapshotRow | null> =>
  em.findOne(SnapshotRow, { where: {}, order: { version: 'DESC' } });

export const entriesWith = (em: EntityManager, snapshot: number, kind: 'name' | 'address', term: string): Promise<EntryRow[]> =>
  em
    .createQueryBuilder(EntryRow, 'e')
    .where('e.snapshot = :snapshot')
    .andWhere(
      (outer) =>
        `e.entryId IN ${outer.subQuery().select('t.entryId').from(TermRow, 't').where('t.snapshot = :snapshot AND t.kind = :kind AND t.term = :term').getQuery()}`,
    )
    .setParameters({ snapshot, kind, term })
    .orderBy('e.entryId')
    .getMany();

/** Writes a snapshot whole. The caller holds the lock under which versions are numbered. */
export async function insertSnapshot(
  em: EntityManager,
  version: number,
  sha256: string,
  lists: readonly LoadedList[],
  at: Date,
): Promise<void> {
  const entries = lists.flatMap(({ list }) => list.entries.map((entry) => ({ source: list.source, entry })));
  await em.insert(SnapshotRow, {
    version,
    sha256,
    sources: lists.map((loaded) => ({ source: loaded.list.source, entries: loaded.list.entries.length, sha256: loaded.sha256 })),
    entries: entries.length,
    loadedAt: at,
  });
  await em.insert(
    EntryRow,
    entries.map(({ source, entry }) => ({
      snapshot: version,
      entryId: entry.id,
      source,
      kind: entry.kind,
      dateOfBirth: entry.dateOfBirth,
      programme: entry.programme,
      contentHash: hashOf(entry),
    })),
  );
  await em.insert(
    TermRow,
    entries.flatMap(({ entry }) => termsOf(version, entry)),
  );
}

/** Names that have one normalised form are one term. */
function termsOf(snapshot: number, entry: ListEntry): TermRow[] {
  const terms = new Map<string, TermRow>();
  const put = (kind: 'name' | 'address', term: string, written: string): void => {
    const key = `${kind} ${term}`;
    if (!terms.has(key)) terms.set(key, Object.assign(new TermRow(), { snapshot, kind, term, entryId: entry.id, written }));
  };
  for (const name of entry.names) put('name', normalisedName(name), name);
  for (const address of entry.addresses) put('address', normalisedAddress(address), address);
  return [...terms.values()];
}
