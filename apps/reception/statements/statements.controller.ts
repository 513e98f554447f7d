import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { type Answer, answer, type ClientCaller, ClientDoor, CurrentClient } from '#http';
import { accept, timestamp } from '#kernel';
import { statementCsv } from './statement-csv.js';
import { StatementQuery, StatementView } from './statements.dto.js';
import { type MadeStatement, periodOf, StatementsService, statementView } from './statements.service.js';

const day = (at: Date | null): string => (at ? timestamp(at).slice(0, 10) : 'beginning');

@ApiTags('identity')
@ClientDoor('read')
@Controller('v1/statements')
export class StatementsController {
  constructor(@Inject(StatementsService) private readonly statements: StatementsService) {}

  @ApiOperation({
    summary: 'Your statement, as JSON or CSV',
    description:
      'Every entry of all your accounts in the period. For each account, opening + sum of changes = closing = what the ledger says.',
  })
  @ApiProduces('application/json', 'text/csv')
  @ApiOkResponse({ type: StatementView })
  @Get()
  async show(@CurrentClient() caller: ClientCaller, @Query() query: StatementQuery): Promise<StatementView | Answer> {
    const made = await this.statements.make(caller.clientId, accept(periodOf(query.from, query.to)));
    return query.format === 'csv' ? csv(made) : statementView(caller.clientId, made);
  }
}

const csv = ({ statement, period, until }: MadeStatement): Answer =>
  answer({
    status: 200,
    body: statementCsv(statement, period, until),
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': `attachment; filename="bailee-statement-${day(period.from)}-${day(until)}.csv"`,
    },
  });
