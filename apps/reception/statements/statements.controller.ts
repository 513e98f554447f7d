import { Body, Controller, Get, Headers, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { type Answer, type ClientCaller, ClientDoor, CurrentClient, CurrentOperation, type Operation, type Page, PageQuery } from '#http';
import type { Format } from './render.js';
import {
  MakeStatementDto,
  PreferenceDto,
  PreferenceView,
  StatementFileQuery,
  StatementHeadView,
  StatementPageView,
  StatementView,
} from './statements.dto.js';
import { StatementsService } from './statements.service.js';

/** The first of the types we have that is accepted; JSON for who accepts anything. */
const accepted = (accept: string | undefined): Format =>
  (accept ?? '')
    .split(',')
    .map((one) => one.split(';')[0]?.trim())
    .map((type): Format | null =>
      type === 'text/csv' ? 'csv' : type === 'application/pdf' ? 'pdf' : type === 'application/json' ? 'json' : null,
    )
    .find((format) => format !== null) ?? 'json';

@ApiTags('identity')
@Controller('v1/statements')
export class StatementsController {
  constructor(@Inject(StatementsService) private readonly statements: StatementsService) {}

  @ApiOperation({
    summary: 'Your statements, newest first',
    description: 'One a month, made when its books are closed, and those you asked for. None of them ever changes.',
  })
  @ApiOkResponse({ type: StatementPageView })
  @ClientDoor('read')
  @Get()
  list(@CurrentClient() caller: ClientCaller, @Query() query: PageQuery): Promise<Page<StatementHeadView>> {
    return this.statements.list(caller.clientId, query);
  }

  @ApiOperation({ summary: 'The currency in which your statements show values' })
  @ApiOkResponse({ type: PreferenceView })
  @ClientDoor('read')
  @Get('preferences')
  preference(@CurrentClient() caller: ClientCaller): Promise<PreferenceView> {
    return this.statements.preference(caller.clientId);
  }

  @ApiOperation({ summary: 'Choose the currency in which statements to come show values' })
  @ApiOkResponse({ type: PreferenceView })
  @ClientDoor('account')
  @Put('preferences')
  prefer(@CurrentClient() caller: ClientCaller, @Body() dto: PreferenceDto): Promise<PreferenceView> {
    return this.statements.prefer(caller, dto.currency);
  }

  @ApiOperation({
    summary: 'Make a statement of a period or of a month that is over',
    description:
      'Every entry of all your accounts in the period. For each account, opening + sum of changes = closing = what the ledger says. ' +
      'Provisional where the books of the period are not closed yet. While nothing new is recorded, the same request is the same statement; so many new ones are made in a day.',
  })
  @ApiCreatedResponse({ type: StatementHeadView })
  @ClientDoor('account')
  @Post()
  create(@CurrentOperation() operation: Operation, @CurrentClient() caller: ClientCaller, @Body() dto: MakeStatementDto): Promise<Answer> {
    return this.statements.create(operation, caller, dto);
  }

  @ApiOperation({
    summary: 'A statement as JSON, CSV or PDF, or as a CSV for tax tools',
    description: 'The same bytes whenever it is asked for; their hash is in ETag and Repr-Digest.',
  })
  @ApiProduces('application/json', 'text/csv', 'application/pdf')
  @ApiOkResponse({ type: StatementView })
  @ClientDoor('read')
  @Get(':id')
  show(
    @CurrentClient() caller: ClientCaller,
    @Param('id') id: string,
    @Query() query: StatementFileQuery,
    @Headers('accept') accept: string | undefined,
  ): Promise<Answer> {
    return this.statements.download(caller.clientId, id, query.format ?? accepted(accept), query.prices);
  }
}
