import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { type Answer, CurrentOperation, CurrentStaff, type Operation, type Page, page, Requests, type StaffCaller, StaffDoor } from '#http';
import { accept, ok } from '#kernel';
import { decisionView } from '../decisions/decision.view.js';
import { clientOf, required } from '../wire.js';
import { uuidOfMatch } from './match.js';
import { matchView } from './match.view.js';
import { MatchesQuery, ResolveMatchDto } from './matches.dto.js';
import { MatchesService } from './matches.service.js';
import { findMatch, listMatches } from './screening.store.js';

@ApiTags('compliance (staff)')
@Controller('v1/compliance/matches')
export class MatchesController {
  constructor(
    private readonly matches: MatchesService,
    private readonly requests: Requests,
    private readonly transactor: Transactor,
  ) {}

  @ApiOperation({ summary: 'Screening matches' })
  @Get()
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  list(@Query() query: MatchesQuery): Promise<Page<object>> {
    const clientId = query.client_id === undefined ? undefined : clientOf(query.client_id);
    const filter = { ...(query.state === undefined ? {} : { state: query.state }), ...(clientId === undefined ? {} : { clientId }) };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'matches', ...filter },
        fetch: (limit, before) => listMatches(em, filter, limit, before),
        at: (row) => row,
        show: matchView,
      }),
    );
  }

  @ApiOperation({ summary: 'One match' })
  @Get(':id')
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  async read(@Param('id') id: string): Promise<object> {
    const uuid = accept(required(uuidOfMatch(id)));
    return matchView(accept(required(await this.transactor.read((em) => findMatch(em, uuid)))));
  }

  /** Proposes what the match is; another person approves it at /v1/compliance/decisions/{id}/approve. */
  @ApiOperation({ summary: 'Propose what a match is; another person approves it' })
  @Post(':id/resolve')
  @HttpCode(202)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  resolve(
    @Param('id') id: string,
    @Body() body: ResolveMatchDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const uuid = accept(required(uuidOfMatch(id)));
      const { outcome, comment } = body;
      const proposed = await this.matches.proposeResolution(em, {
        decisionId: operation.id,
        matchId: uuid,
        outcome,
        comment,
        maker: staff,
      });
      return proposed.ok ? ok({ status: 202, body: decisionView(proposed.value) }) : proposed;
    });
  }
}
