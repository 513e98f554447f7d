import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { newUuid, ok, publicId, refuse, type Clock, type Result } from '#kernel';
import { closePeriod, type CloseRefusal, type Entity as LegalEntity } from '#ledger';
import { CLOCK } from '../tokens.js';
import { mayDecide, periodCloseMachine, type PeriodCloseEvent } from './period-close.js';
import type { PeriodCloseEntity } from './period-close.entity.js';
import { insertPeriodClose, lockPeriodClose, openPeriodClose, savePeriodClose } from './period-closes.store.js';

const words: Readonly<Record<CloseRefusal, string>> = {
  already_closed: 'This day is closed already.',
  not_over: 'The day is not over.',
  unsettled: 'Postings of the period are still being rolled up: try again shortly.',
};

/** Closes periods of the ledger, by two people. */
@Injectable()
export class PeriodClosesService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Refusals: period.not_over, period.requested_already. */
  async request(
    em: EntityManager,
    { entity, through }: { entity: LegalEntity; through: string },
    staffId: string,
    reason: string,
  ): Promise<Result<PeriodCloseEntity>> {
    const at = this.clock.now();
    if (through >= at.toISOString().slice(0, 10)) return refuse('period.not_over', words.not_over);
    if (await openPeriodClose(em, entity))
      return refuse('period.requested_already', 'Somebody has asked to close a period of this entity.');
    const state = periodCloseMachine.initial;
    const undecided = { state, decidedBy: null, seq: null, digest: null, version: 1, createdAt: at, updatedAt: at };
    const row: PeriodCloseEntity = { id: newUuid(), entity, through, proposedBy: staffId, ...undecided };
    await insertPeriodClose(em, row, reason);
    await this.audit(em, row, 'period.request', staffId, reason);
    return ok(row);
  }

  /** Refusals: not_found, period.forbidden_move, period.maker_is_checker, period.already_closed, period.not_over, period.unsettled. */
  async decide(
    em: EntityManager,
    id: string,
    event: PeriodCloseEvent,
    staffId: string,
    reason: string,
  ): Promise<Result<PeriodCloseEntity>> {
    const row = await lockPeriodClose(em, id);
    if (!row) return refuse('not_found', 'There is no such request.');
    const state = mayDecide(row.state, row.proposedBy, staffId, event);
    if (!state.ok) return state;
    const next = { ...row, state: state.value, decidedBy: staffId, version: row.version + 1, updatedAt: this.clock.now() };
    if (event === 'deny') return this.keep(em, next, staffId, reason);
    const closed = await closePeriod(em, { entity: row.entity, through: row.through, closedBy: staffId });
    if (closed.status === 'refused') return refuse(`period.${closed.reason}`, words[closed.reason]);
    return this.keep(em, { ...next, seq: closed.period.seq, digest: closed.period.digest }, staffId, reason);
  }

  private async keep(em: EntityManager, row: PeriodCloseEntity, staffId: string, reason: string): Promise<Result<PeriodCloseEntity>> {
    await savePeriodClose(em, row, staffId, reason);
    await this.audit(em, row, row.state === 'closed' ? 'period.close' : 'period.deny', staffId, reason);
    return ok(row);
  }

  private audit(em: EntityManager, row: PeriodCloseEntity, action: string, staffId: string, reason: string): Promise<unknown> {
    const details = { entity: row.entity, through: row.through, digest: row.digest };
    return record(em, { actor: { kind: 'staff', id: staffId }, action, resource: publicId('decision', row.id), reason, details });
  }
}
