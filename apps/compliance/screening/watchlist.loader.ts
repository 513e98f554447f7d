import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { accept, type Clock, refuse } from '#kernel';
import { CLOCK, SETTINGS, type Settings } from '../ports.js';
import { type LoadedList, readLists, sha256 } from './list-files.js';
import { insertSnapshot, listInForce } from './watchlist.store.js';

/** Arbitrary, fixed: one loader at a time numbers the versions. */
const LOCK = 7_201_551;

/** Brings the lists that this room ships into its tables, before it answers anything. A list that cannot be read stops the start. */
@Injectable()
export class WatchlistLoader implements OnModuleInit {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly transactor: Transactor,
  ) {}

  async onModuleInit(): Promise<void> {
    const lists = await readLists(this.settings.listsFolder);
    await this.transactor.run((em) => this.load(em, lists));
  }

  /** The version in force afterwards. The same content again changes nothing; other content is a new version. Throws Refused. */
  async load(em: EntityManager, lists: readonly LoadedList[]): Promise<number> {
    refuseRepeatedIds(lists);
    await em.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const combined = sha256(lists.map((list) => list.sha256).join('\n'));
    const current = await listInForce(em);
    if (current?.sha256 === combined) return current.version;
    const version = (current?.version ?? 0) + 1;
    await insertSnapshot(em, version, combined, lists, this.clock.now());
    await record(em, {
      actor: { kind: 'system', id: 'compliance' },
      action: 'watchlist.load',
      resource: `watchlist_${version}`,
      details: { version, sha256: combined, sources: lists.map(({ list }) => ({ source: list.source, entries: list.entries.length })) },
    });
    return version;
  }
}

function refuseRepeatedIds(lists: readonly LoadedList[]): void {
  const seen = new Set<string>();
  for (const { id } of lists.flatMap(({ list }) => list.entries)) {
    if (seen.has(id)) accept(refuse('screening.list_malformed', `Entry ${id} is in two lists.`));
    seen.add(id);
  }
}
