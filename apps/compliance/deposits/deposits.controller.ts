import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import {
  type Answer,
  CurrentOperation,
  CurrentStaff,
  money,
  type Operation,
  type Page,
  page,
  Requests,
  type StaffCaller,
  StaffDoor,
} from '#http';
import { accept, ok, publicId, uuidOf } from '#kernel';
import { DecisionRow } from '../decisions/decision.entity.js';
import { openDecisionOf } from '../decisions/decision.store.js';
import { decisionView } from '../decisions/decision.view.js';
import { historyOf, historyView, recordLook } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { matchView, runView } from '../screening/match.view.js';
import { listMatches, runsOf } from '../screening/screening.store.js';
import { clientOf, required } from '../wire.js';
import type { DepositRow } from './deposit.entity.js';
import { findDeposit, listDeposits } from './deposit.store.js';
import { DepositsQuery, ReleaseDepositDto } from './deposits.dto.js';
import { commentPlace, DepositsService } from './deposits.service.js';

const MATCHES_SHOWN = 200;

@ApiTags('compliance (staff)')
@Controller('v1/compliance/deposits')
export class DepositsController {
  constructor(
    private readonly deposits: DepositsService,
    private readonly cipher: FieldCipher,
    private readonly requests: Requests,
    private readonly transactor: Transactor,
  ) {}

  @ApiOperation({ summary: 'Deposits and their clearance' })
  @Get()
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  list(@Query() query: DepositsQuery): Promise<Page<object>> {
    const clientId = query.client_id === undefined ? undefined : clientOf(query.client_id);
    const filter = { ...(query.state === undefined ? {} : { state: query.state }), ...(clientId === undefined ? {} : { clientId }) };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'deposits', ...filter },
        fetch: (limit, before) => listDeposits(em, filter, limit, before),
        at: (row) => row,
        show: depositView,
      }),
    );
  }

  @ApiOperation({ summary: 'One deposit with its screening' })
  @Get(':id')
  @StaffDoor('officer', 'senior_officer', 'mlro')
  read(@Param('id') id: string, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = accept(required(uuidOf('deposit', id)));
    return this.transactor.run(async (em) => {
      const row = accept(required(await findDeposit(em, uuid)));
      await recordLook(em, staff, 'deposit', uuid);
      const decision = await openDecisionOf(em, uuid);
      return {
        ...depositView(row),
        comment: row.comment === null ? null : this.cipher.open(commentPlace(uuid), row.comment),
        screenings: (await runsOf(em, uuid)).map(runView),
        matches: (await listMatches(em, { subjectId: uuid }, MATCHES_SHOWN)).map(matchView),
        open_decision: decision ? decisionView(decision) : null,
        history: (await historyOf(em, 'deposit', uuid)).map(historyView),
      };
    });
  }

  /** 200: it is released. 202: the sender is listed, and another person has to approve at /v1/compliance/decisions/{id}/approve. */
  @ApiOperation({ summary: 'Let a deposit out of suspense' })
  @Post(':id/release')
  @HttpCode(200)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  release(
    @Param('id') id: string,
    @Body() body: ReleaseDepositDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const depositId = accept(required(uuidOf('deposit', id)));
      const outcome = await this.deposits.requestRelease(em, {
        decisionId: operation.id,
        depositId,
        comment: body.comment,
        officer: staff,
      });
      if (!outcome.ok) return outcome;
      const { value } = outcome;
      return ok(value instanceof DecisionRow ? { status: 202, body: decisionView(value) } : { status: 200, body: depositView(value) });
    });
  }
}

const depositView = (row: DepositRow) => ({
  id: publicId('deposit', row.id),
  client_id: publicId('client', row.clientId),
  state: row.state,
  chain: row.chain,
  asset: row.asset,
  ...money(row.asset, row.amount),
  sender: row.sender,
  sender_known: row.senderKnown,
  transaction_hash: row.transactionHash,
  block_number: row.blockNumber.toString(),
  reasons: row.reasons,
  basis: row.basis,
  reference: row.reference,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});
