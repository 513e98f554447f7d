import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { accept, type Clock } from '#kernel';
import { CLOCK } from '../ports.js';
import { MatchesService } from '../screening/matches.service.js';
import { ScreeningService } from '../screening/screening.service.js';
import { findRun } from '../screening/screening.store.js';
import { listInForce } from '../screening/watchlist.store.js';
import { advance, amend } from './application-changes.store.js';
import { lockApplication, staleApplications } from './application.store.js';

const SYSTEM: Actor = { kind: 'system', id: 'compliance' };
const AT_ONCE = 100;

/** Screens again whoever is on the way in or in already when the list has changed, or when the last screening could not look. */
@Injectable()
export class Rescreening {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly screening: ScreeningService,
    private readonly matches: MatchesService,
    private readonly transactor: Transactor,
  ) {}

  @Schedule({ name: 'rescreen', everyMs: () => 60_000 })
  async run(): Promise<void> {
    const list = await this.transactor.read(listInForce);
    if (!list) return;
    let afterId: string | null = null;
    for (;;) {
      const from: string | null = afterId;
      const ids: string[] = await this.transactor.read((em) => staleApplications(em, list.version, from, AT_ONCE));
      for (const id of ids) await this.transactor.run((em) => this.rescreen(em, id));
      afterId = ids.at(-1) ?? null;
      if (afterId === null) return;
    }
  }

  /** One application, in one transaction. A fresh hit on a client stops money going out at once; people look afterwards. */
  private async rescreen(em: EntityManager, id: string): Promise<void> {
    const row = await lockApplication(em, id);
    const list = await listInForce(em);
    if (!row || !list) return;
    const last = row.screeningRunId === null ? null : await findRun(em, row.screeningRunId);
    if (last && last.outcome !== 'error' && last.listVersion === list.version) return;
    const trigger = last && last.outcome !== 'error' ? 'list_updated' : 'review';
    const { run, fresh } = await this.screening.screenApplication(em, row, trigger);
    row.screeningRunId = run.id;
    const cause = { actor: SYSTEM, at: this.clock.now(), details: { run: run.id, outcome: run.outcome } };
    if (row.state === 'screening' && run.outcome !== 'error') accept(await advance(em, row, 'screened', cause));
    else await amend(em, row, 'rescreen', cause);
    if (row.state === 'approved') for (const match of fresh) await this.matches.stopOutflows(em, match);
  }
}
