import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { type Actor, record } from '#audit';
import { type Clock, Fault, newUuid } from '#kernel';
import { nameOf, recordChange } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import type { PersonalData } from '../personal-data/personal-data.js';
import { openPersonalData } from '../personal-data/personal-data.store.js';
import { CLOCK } from '../ports.js';
import { matchMachine } from './match.js';
import { normalisedAddress, normalisedName } from './normalise.js';
import { ALGORITHM, type BirthEvidence, birthEvidence } from './screening.js';
import { MatchRow, ScreeningRunRow, type SubjectKind, type Trigger } from './screening.entity.js';
import { insertRun, keepMatch } from './screening.store.js';
import type { EntryRow } from './watchlist.entity.js';
import { entriesWith, listInForce } from './watchlist.store.js';

const SYSTEM: Actor = { kind: 'system', id: 'compliance' };

interface Subject {
  readonly kind: SubjectKind;
  readonly id: string;
  readonly clientId: string;
  readonly inputHash: string;
}

export interface Screened {
  readonly run: ScreeningRunRow;
  /** Matches that no earlier run had found. */
  readonly fresh: readonly MatchRow[];
}

/** Runs screenings and writes down each run, with or without a hit. A run that could not look is an error, never a "no hit". */
@Injectable()
export class ScreeningService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly cipher: FieldCipher,
  ) {}

  /** Screens the person of an application by the data as it is stored now. */
  async screenApplication(
    em: EntityManager,
    application: { id: string; clientId: string; inputHash: string },
    trigger: Trigger,
  ): Promise<Screened> {
    const { id, clientId, inputHash } = application;
    const subject: Subject = { kind: 'application', id, clientId, inputHash };
    const data = await this.readable(em, application.id);
    if (data === null) return this.conclude(em, subject, trigger, null, []);
    const list = await listInForce(em);
    const entries = list ? await entriesWith(em, list.version, 'name', normalisedName(data.fullName)) : [];
    const hits = entries.map((entry) => this.hit(subject, entry, 'name', birthEvidence(entry.dateOfBirth, data.dateOfBirth)));
    return this.conclude(em, subject, trigger, list?.version ?? null, hits);
  }

  /** Screens the address that a deposit came from. */
  async screenSender(em: EntityManager, deposit: { id: string; clientId: string; sender: string }, trigger: Trigger): Promise<Screened> {
    const address = normalisedAddress(deposit.sender);
    const subject: Subject = { kind: 'deposit', id: deposit.id, clientId: deposit.clientId, inputHash: this.cipher.fingerprint(address) };
    const list = await listInForce(em);
    const entries = list ? await entriesWith(em, list.version, 'address', address) : [];
    const hits = entries.map((entry) => this.hit(subject, entry, 'address', null));
    return this.conclude(em, subject, trigger, list?.version ?? null, hits);
  }

  /** Null: the data does not open (another key, altered bytes). Then nobody was screened, and the run says so. */
  private async readable(em: EntityManager, applicationId: string): Promise<PersonalData | null> {
    try {
      return await openPersonalData(em, this.cipher, applicationId);
    } catch (error) {
      if (error instanceof Fault && error.code.startsWith('pii.')) return null;
      throw error;
    }
  }

  private hit(subject: Subject, entry: EntryRow, kind: 'name' | 'address', birth: BirthEvidence | null): MatchRow {
    const at = this.clock.now();
    return Object.assign(new MatchRow(), {
      id: newUuid(),
      subjectKind: subject.kind,
      subjectId: subject.id,
      clientId: subject.clientId,
      version: 1,
      state: matchMachine.initial,
      entryId: entry.entryId,
      source: entry.source,
      programme: entry.programme,
      contentHash: entry.contentHash,
      inputHash: subject.inputHash,
      kind,
      birth,
      createdAt: at,
      updatedAt: at,
    });
  }

  private async conclude(
    em: EntityManager,
    subject: Subject,
    trigger: Trigger,
    listVersion: number | null,
    hits: MatchRow[],
  ): Promise<Screened> {
    const at = this.clock.now();
    const kept = [];
    for (const hit of hits) kept.push(await keepMatch(em, hit));
    const fresh = kept.filter((one) => one.isNew).map((one) => one.match);
    for (const match of fresh) {
      const details = { list: match.source, entry: match.entryId, kind: match.kind };
      await recordChange(em, {
        noun: 'match',
        id: match.id,
        version: 1,
        from: null,
        to: match.state,
        event: 'find',
        actor: SYSTEM,
        details,
        at,
      });
    }
    const run = Object.assign(new ScreeningRunRow(), {
      id: newUuid(),
      subjectKind: subject.kind,
      subjectId: subject.id,
      clientId: subject.clientId,
      trigger,
      listVersion,
      algorithm: ALGORITHM,
      inputHash: subject.inputHash,
      outcome: listVersion === null ? 'error' : kept.length > 0 ? 'hits' : 'no_hit',
      matchIds: kept.map((one) => one.match.id),
      at,
    });
    await insertRun(em, run);
    await record(em, {
      actor: SYSTEM,
      action: 'screening.run',
      resource: nameOf(subject.kind, subject.id),
      details: {
        run: run.id,
        trigger,
        list_version: listVersion,
        algorithm: ALGORITHM,
        outcome: run.outcome,
        matches: run.matchIds.length,
      },
    });
    return { run, fresh };
  }
}
