import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { type Answer, CurrentOperation, CurrentStaff, type Operation, type Page, page, Requests, type StaffCaller, StaffDoor } from '#http';
import { accept, ok, publicId, uuidOf } from '#kernel';
import { decisionView } from '../decisions/decision.view.js';
import { openDecisionOf } from '../decisions/decision.store.js';
import { historyOf, historyView, recordLook } from '../history/history.store.js';
import type { ApplicationRow } from '../onboarding/application.entity.js';
import { type CaseFilter, findApplication, listCases } from '../onboarding/application.store.js';
import { personalDataView } from '../onboarding/applications.dto.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { openPersonalData } from '../personal-data/personal-data.store.js';
import { listMatches, runsOf } from '../screening/screening.store.js';
import { matchView, runView } from '../screening/match.view.js';
import { clientOf, required } from '../wire.js';
import { notesOf } from './case-note.store.js';
import { CaseQuery, CasesQuery, NoteDto, ProposeDto, RequestForInformationDto } from './cases.dto.js';
import { CasesService } from './cases.service.js';

const MATCHES_SHOWN = 200;

@ApiTags('compliance (staff)')
@Controller('v1/compliance/cases')
export class CasesController {
  constructor(
    private readonly cases: CasesService,
    private readonly cipher: FieldCipher,
    private readonly requests: Requests,
    private readonly transactor: Transactor,
  ) {}

  /** Without personal data: that is shown a case at a time, and each look is recorded. */
  @ApiOperation({ summary: 'Cases, without personal data' })
  @Get()
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  list(@Query() query: CasesQuery, @CurrentStaff() staff: StaffCaller): Promise<Page<object>> {
    const filter = filterOf(query, staff);
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'cases', ...filter },
        fetch: (limit, before) => listCases(em, filter, limit, before),
        at: (row) => row,
        show: summary,
      }),
    );
  }

  @ApiOperation({ summary: 'One case with personal data: the look is recorded' })
  @Get(':id')
  @StaffDoor('officer', 'senior_officer', 'mlro')
  read(@Param('id') id: string, @Query() query: CaseQuery, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = caseFrom(id);
    return this.transactor.run(async (em) => {
      const row = await findApplication(em, uuid);
      const found = accept(required(row?.submittedAt ? row : null));
      await recordLook(em, staff, 'application', uuid, query.purpose ?? 'onboarding_review');
      return this.whole(em, found);
    });
  }

  @ApiOperation({ summary: 'Take a case' })
  @Post(':id/claim')
  @HttpCode(200)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  async claim(@Param('id') id: string, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = caseFrom(id);
    return summary(await this.transactor.run(async (em) => accept(await this.cases.claim(em, uuid, staff))));
  }

  @ApiOperation({ summary: 'Write a note' })
  @Post(':id/notes')
  @HttpCode(201)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  async note(@Param('id') id: string, @Body() body: NoteDto, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = caseFrom(id);
    return { id: await this.transactor.run(async (em) => accept(await this.cases.note(em, uuid, staff, body.text))) };
  }

  @ApiOperation({ summary: 'Ask the client for information' })
  @Post(':id/requests-for-information')
  @HttpCode(201)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  async ask(@Param('id') id: string, @Body() body: RequestForInformationDto, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = caseFrom(id);
    return summary(await this.transactor.run(async (em) => accept(await this.cases.ask(em, uuid, staff, body.message))));
  }

  /** Proposes; another person approves it at /v1/compliance/decisions/{id}/approve. */
  @ApiOperation({ summary: 'Propose a decision; another person approves it' })
  @Post(':id/decisions')
  @HttpCode(202)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  propose(
    @Param('id') id: string,
    @Body() body: ProposeDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const proposed = await this.cases.propose(em, {
        decisionId: operation.id,
        caseId: caseFrom(id),
        outcome: body.outcome,
        reasonCodes: body.reason_codes,
        comment: body.comment ?? null,
        maker: staff,
      });
      return proposed.ok ? ok({ status: 202, body: decisionView(proposed.value) }) : proposed;
    });
  }

  private async whole(em: EntityManager, row: ApplicationRow): Promise<object> {
    const notes = await notesOf(em, this.cipher, row.id);
    const decision = await openDecisionOf(em, row.id);
    return {
      ...summary(row),
      personal_data: personalDataView(await openPersonalData(em, this.cipher, row.id)),
      screenings: (await runsOf(em, row.id)).map(runView),
      matches: (await listMatches(em, { subjectId: row.id }, MATCHES_SHOWN)).map(matchView),
      notes: notes.map(({ id, kind, text, author, at }) => ({ id, kind, text, author, at: at.toISOString() })),
      open_decision: decision ? decisionView(decision) : null,
      history: (await historyOf(em, 'application', row.id)).map(historyView),
    };
  }
}

/** A case is an application in the hands of an officer: both ids name it. */
const caseFrom = (id: string): string => accept(required(uuidOf('review', id) ?? uuidOf('application', id)));

function filterOf(query: CasesQuery, staff: StaffCaller): CaseFilter {
  const assignedTo =
    query.assignee === undefined ? undefined : query.assignee === 'me' ? staff.staffId : accept(required(uuidOf('staff', query.assignee)));
  return {
    ...(query.state === undefined ? {} : { state: query.state }),
    ...(assignedTo === undefined ? {} : { assignedTo }),
    ...(query.client_id === undefined ? {} : { clientId: clientOf(query.client_id) }),
  };
}

const summary = (row: ApplicationRow) => ({
  id: publicId('review', row.id),
  application_id: publicId('application', row.id),
  client_id: publicId('client', row.clientId),
  state: row.state,
  assigned_to: row.assignedTo === null ? null : publicId('staff', row.assignedTo),
  screening_run: row.screeningRunId,
  submitted_at: row.submittedAt?.toISOString() ?? null,
  updated_at: row.updatedAt.toISOString(),
});
