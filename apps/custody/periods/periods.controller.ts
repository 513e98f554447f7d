import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import {
  CurrentOperation,
  CurrentStaff,
  named,
  page,
  PageQuery,
  Requests,
  StaffDoor,
  wireTime,
  type Answer,
  type Operation,
  type Page,
  type StaffCaller,
} from '#http';
import { ok, publicId, refuse, Refused, timestamp, uuidOf } from '#kernel';
import { trialBalance, trialBalanceAsOf } from '#ledger';
import { ReasonDto } from '../unattributed/unattributed.dto.js';
import type { PeriodCloseEvent } from './period-close.js';
import type { PeriodCloseEntity } from './period-close.entity.js';
import { PeriodClosesService } from './period-closes.service.js';
import { listPeriodCloses } from './period-closes.store.js';
import { ClosePeriodDto, PeriodClosePage, PeriodCloseView, TrialBalanceQueryDto, TrialBalanceView } from './periods.dto.js';

/** The books by period. */
@ApiTags('custody (staff)')
@Controller('v1/custody/ledger')
export class PeriodsController {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly closes: PeriodClosesService,
  ) {}

  @ApiOperation({ summary: 'Ask for the books of a legal entity to be closed up to and with a day' })
  @Post('periods')
  @HttpCode(201)
  @StaffDoor('treasury', 'senior_officer')
  @ApiCreatedResponse({ type: PeriodCloseView })
  request(@CurrentStaff() staff: StaffCaller, @CurrentOperation() operation: Operation, @Body() body: ClosePeriodDto): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const asked = await this.closes.request(em, body, staff.staffId, body.reason);
      return asked.ok ? ok({ status: 201, body: view(asked.value) }) : asked;
    });
  }

  @ApiOperation({ summary: 'Close what another has asked for' })
  @Post('periods/:id/approval')
  @HttpCode(200)
  @StaffDoor('treasury', 'senior_officer')
  @ApiOkResponse({ type: PeriodCloseView })
  approve(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: ReasonDto,
  ): Promise<Answer> {
    return this.decide(operation, id, 'approve', staff, body.reason);
  }

  @ApiOperation({ summary: 'Deny what another has asked for' })
  @Post('periods/:id/denial')
  @HttpCode(200)
  @StaffDoor('treasury', 'senior_officer')
  @ApiOkResponse({ type: PeriodCloseView })
  deny(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: ReasonDto,
  ): Promise<Answer> {
    return this.decide(operation, id, 'deny', staff, body.reason);
  }

  @ApiOperation({ summary: 'Closings asked for, the newest first' })
  @Get('periods')
  @StaffDoor('treasury', 'auditor', 'senior_officer')
  @ApiOkResponse({ type: PeriodClosePage })
  list(@Query() query: PageQuery): Promise<Page<PeriodCloseView>> {
    return page<PeriodCloseEntity, PeriodCloseView>(query, {
      filter: { list: 'period-closes' },
      fetch: (limit, before) => this.transactor.read((em) => listPeriodCloses(em, limit, before)),
      at: (row) => row,
      show: view,
    });
  }

  @ApiOperation({ summary: 'The trial balance now, or as of a time by either clock' })
  @Get('trial-balance')
  @StaffDoor('treasury', 'auditor', 'senior_officer')
  @ApiOkResponse({ type: TrialBalanceView })
  async trial(@Query() { effective_at, recorded_at }: TrialBalanceQueryDto): Promise<TrialBalanceView> {
    if (effective_at !== undefined && recorded_at !== undefined)
      throw new Refused(refuse('period.two_clocks', 'A trial balance is as of one clock: effective_at or recorded_at.').refusal);
    const [effectiveAt, recordedAt] = [timeOf(effective_at), timeOf(recorded_at)];
    const lines = await this.transactor.read((em) => {
      if (effectiveAt) return trialBalanceAsOf(em, { effectiveAt });
      return recordedAt ? trialBalanceAsOf(em, { recordedAt }) : trialBalance(em);
    });
    return {
      effective_at: wireTime(effectiveAt),
      recorded_at: wireTime(recordedAt),
      lines: lines.map(({ entity, kind, asset, balance }) => ({ entity, account: kind, asset, ...named('balance', asset, balance) })),
    };
  }

  private decide(operation: Operation, id: string, event: PeriodCloseEvent, staff: StaffCaller, reason: string): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const uuid = uuidOf('decision', id);
      if (uuid === null) return refuse('not_found', 'There is no such request.');
      const decided = await this.closes.decide(em, uuid, event, staff.staffId, reason);
      return decided.ok ? ok({ status: 200, body: view(decided.value) }) : decided;
    });
  }
}

const timeOf = (text: string | undefined): Date | undefined => (text === undefined ? undefined : new Date(text));

const view = (row: PeriodCloseEntity): PeriodCloseView => ({
  id: publicId('decision', row.id),
  entity: row.entity,
  through: row.through,
  state: row.state,
  proposed_by: publicId('staff', row.proposedBy),
  decided_by: row.decidedBy === null ? null : publicId('staff', row.decidedBy),
  seq: row.seq,
  digest: row.digest,
  created_at: timestamp(row.createdAt),
  updated_at: timestamp(row.updatedAt),
});
