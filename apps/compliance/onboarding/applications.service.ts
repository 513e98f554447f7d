import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { type Clock, newUuid, ok, refuse, type Result } from '#kernel';
import { recordChange } from '../history/history.store.js';
import { insertNote } from '../cases/case-note.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { checkPersonalData, type PersonalData } from '../personal-data/personal-data.js';
import { inputHashOf, sealPersonalData } from '../personal-data/personal-data.store.js';
import { CLOCK } from '../ports.js';
import { ScreeningService } from '../screening/screening.service.js';
import { StandingService } from '../standing/standing.service.js';
import { lockStanding } from '../standing/standing.store.js';
import { advance, amend } from './application-changes.store.js';
import { applicationMachine, isEditable } from './application.js';
import { ApplicationRow } from './application.entity.js';
import { insertApplication, liveApplicationOf, lockApplication } from './application.store.js';

const SYSTEM: Actor = { kind: 'system', id: 'compliance' };

@Injectable()
export class ApplicationsService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly cipher: FieldCipher,
    private readonly standings: StandingService,
    private readonly screening: ScreeningService,
  ) {}

  /** Refusals: those of checkPersonalData, `application.already_exists`, `application.relationship_closed`. */
  async create(em: EntityManager, clientId: string, data: PersonalData): Promise<Result<ApplicationRow>> {
    const at = this.clock.now();
    const checked = checkPersonalData(data, at);
    if (!checked.ok) return checked;
    await this.standings.open(em, clientId);
    const standing = await lockStanding(em, clientId);
    if (standing?.relationship === 'closed')
      return refuse('application.relationship_closed', 'The relationship with this client has ended.');
    if (await liveApplicationOf(em, clientId)) return refuse('application.already_exists', 'You have an application already.');
    const row = Object.assign(new ApplicationRow(), {
      id: newUuid(),
      clientId,
      version: 1,
      state: applicationMachine.initial,
      inputHash: inputHashOf(this.cipher, data),
      screeningRunId: null,
      assignedTo: null,
      createdAt: at,
      submittedAt: null,
      updatedAt: at,
    });
    await insertApplication(em, row);
    await sealPersonalData(em, this.cipher, row.id, data, at);
    const actor: Actor = { kind: 'client', id: clientId };
    await recordChange(em, { noun: 'application', id: row.id, version: 1, from: null, to: row.state, event: 'create', actor, at });
    return ok(row);
  }

  /** Replaces the data of a draft, or of one that was asked about. Refusals: `not_found`, `application.not_editable`, as create. */
  async amend(em: EntityManager, clientId: string, id: string, data: PersonalData): Promise<Result<ApplicationRow>> {
    const at = this.clock.now();
    const checked = checkPersonalData(data, at);
    if (!checked.ok) return checked;
    const row = await this.owned(em, clientId, id);
    if (!row.ok) return row;
    if (!isEditable(row.value.state)) return refuse('application.not_editable', 'An application that is with us cannot be changed.');
    row.value.inputHash = await sealPersonalData(em, this.cipher, id, data, at);
    await amend(em, row.value, 'amend', { actor: { kind: 'client', id: clientId }, at });
    return row;
  }

  /**
   * Hands it in, and screens it in the same transaction: a case reaches an officer with its screening or not at all. Where the screening
   * could not look it stays in screening, and is tried again by itself. Refusals: `not_found`, `application.forbidden_move`.
   */
  async submit(em: EntityManager, clientId: string, id: string, answer?: string): Promise<Result<ApplicationRow>> {
    const at = this.clock.now();
    const found = await this.owned(em, clientId, id);
    if (!found.ok) return found;
    const row = found.value;
    const again = row.state === 'rfi';
    const client: Actor = { kind: 'client', id: clientId };
    const submitted = await advance(em, row, 'submit', { actor: client, at });
    if (!submitted.ok) return submitted;
    if (answer !== undefined) await insertNote(em, this.cipher, { applicationId: id, kind: 'answer', text: answer, author: client, at });
    const screening = await advance(em, row, 'screen', { actor: SYSTEM, at });
    if (!screening.ok) return screening;
    const { run } = await this.screening.screenApplication(em, row, again ? 'customer_updated' : 'customer_added');
    row.screeningRunId = run.id;
    const facts = { actor: SYSTEM, at, details: { run: run.id, outcome: run.outcome } };
    if (run.outcome === 'error') await amend(em, row, 'rescreen', facts);
    else await advance(em, row, 'screened', facts);
    return ok(row);
  }

  private async owned(em: EntityManager, clientId: string, id: string): Promise<Result<ApplicationRow>> {
    const row = await lockApplication(em, id);
    return row?.clientId === clientId ? ok(row) : refuse('not_found', 'There is no such application.');
  }
}
