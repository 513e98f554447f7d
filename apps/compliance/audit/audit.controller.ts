import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { type AuditEvent, type AuditFilter, search, verifyAudit } from '#audit';
import { Transactor } from '#database';
import { type Page, page, StaffDoor } from '#http';
import { uuidOf } from '#kernel';
import { AuditQuery } from './audit.dto.js';

const ALTERED_SHOWN = 1_000;
const SEARCH_LIMIT = 200;

/** The trail of every room, for those who check it. */
@ApiTags('compliance (staff)')
@Controller('v1/compliance/audit')
@StaffDoor('auditor', 'mlro', 'senior_officer')
export class AuditController {
  constructor(private readonly transactor: Transactor) {}

  @ApiOperation({ summary: 'Who did what, and why' })
  @Get()
  list(@Query() query: AuditQuery): Promise<Page<object>> {
    const filter = {
      ...(query.resource === undefined ? {} : { resource: query.resource }),
      ...(query.actor === undefined ? {} : { actorId: actorFrom(query.actor) }),
      ...(query.action === undefined ? {} : { action: query.action }),
    };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'audit', ...filter },
        fetch: (limit, before) => events(em, filter, limit, before && BigInt(before.id)),
        at: (event) => ({ createdAt: event.at, id: event.seq.toString() }),
        isId: isSeq,
        show: view,
      }),
    );
  }

  /** Computes every row's digest again; names those whose columns were changed behind our back. */
  @ApiOperation({ summary: 'Look for altered rows of the audit trail' })
  @Get('verification')
  async verify(): Promise<object> {
    const altered = await this.transactor.read((em) => verifyAudit(em));
    return {
      ok: altered.length === 0,
      altered: altered.slice(0, ALTERED_SHOWN).map(({ seq }) => seq.toString()),
      altered_count: altered.length,
    };
  }
}

const isSeq = (id: string): boolean => /^\d{1,18}$/.test(id);

/** People are recorded by their bare id; what is no id of a person names a part of the system. */
const actorFrom = (actor: string): string => uuidOf('staff', actor) ?? uuidOf('client', actor) ?? actor;

/** A page asks for one row more than it shows, so at most for one more than a search gives. */
async function events(em: EntityManager, filter: AuditFilter, limit: number, before?: bigint): Promise<AuditEvent[]> {
  const found = await search(em, { ...filter, limit: Math.min(limit, SEARCH_LIMIT) }, before);
  const last = found.at(-1);
  return limit > SEARCH_LIMIT && found.length === SEARCH_LIMIT
    ? [...found, ...(await search(em, { ...filter, limit: 1 }, last?.seq))]
    : found;
}

const view = (event: AuditEvent) => ({
  seq: event.seq.toString(),
  at: event.at.toISOString(),
  actor: event.actor,
  action: event.action,
  resource: event.resource,
  reason: event.reason,
  details: event.details,
  room: event.room,
  digest: event.digest,
});
