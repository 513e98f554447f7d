import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { type Answer, CurrentOperation, CurrentStaff, type Operation, Requests, type StaffCaller, StaffDoor } from '#http';
import { accept, ok, publicId } from '#kernel';
import { decisionView } from '../decisions/decision.view.js';
import { historyOf, historyView } from '../history/history.store.js';
import { Text } from '../texts.js';
import { clientOf, required } from '../wire.js';
import { ClosingService } from './closing.service.js';
import { findStanding } from './standing.store.js';

export class CloseDto {
  @Text(3, 2000) comment!: string;
}

@ApiTags('compliance (staff)')
@Controller('v1/compliance/clients')
export class ClientsController {
  constructor(
    private readonly closing: ClosingService,
    private readonly requests: Requests,
    private readonly transactor: Transactor,
  ) {}

  /** A client's standing and how it came about. */
  @ApiOperation({ summary: "A client's standing" })
  @Get(':id')
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  read(@Param('id') id: string): Promise<object> {
    const clientId = clientOf(id);
    return this.transactor.read(async (em) => {
      const row = accept(required(await findStanding(em, clientId)));
      return {
        id: publicId('client', clientId),
        version: row.version,
        state: row.state,
        relationship: row.relationship,
        client_class: row.clientClass,
        may_deposit: row.mayDeposit,
        may_stake: row.mayStake,
        may_unstake: row.mayUnstake,
        may_withdraw: row.mayWithdraw,
        history: (await historyOf(em, 'standing', clientId)).map(historyView),
      };
    });
  }

  /** Proposes to end the relationship; another person approves it at /v1/compliance/decisions/{id}/approve. */
  @ApiOperation({ summary: 'Propose to end the relationship' })
  @Post(':id/close')
  @HttpCode(202)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  close(
    @Param('id') id: string,
    @Body() body: CloseDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const proposed = await this.closing.propose(em, {
        decisionId: operation.id,
        clientId: clientOf(id),
        comment: body.comment,
        maker: staff,
      });
      return proposed.ok ? ok({ status: 202, body: decisionView(proposed.value) }) : proposed;
    });
  }
}
