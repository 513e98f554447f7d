import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { type Answer, CurrentOperation, CurrentStaff, type Operation, type Page, page, Requests, type StaffCaller, StaffDoor } from '#http';
import { accept, ok, publicId, refuse, uuidOf } from '#kernel';
import { decisionView } from '../decisions/decision.view.js';
import { historyOf, historyView, recordLook } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { matchId } from '../screening/match.js';
import { clientOf, required } from '../wire.js';
import type { HoldRow } from './hold.entity.js';
import { findHold, listHolds } from './hold.store.js';
import { HoldsQuery, PlaceHoldDto, ReleaseHoldDto } from './holds.dto.js';
import { HoldsService, reasonPlace } from './holds.service.js';

@ApiTags('compliance (staff)')
@Controller('v1/compliance/holds')
export class HoldsController {
  constructor(
    private readonly holds: HoldsService,
    private readonly cipher: FieldCipher,
    private readonly requests: Requests,
    private readonly transactor: Transactor,
  ) {}

  @ApiOperation({ summary: 'Holds' })
  @Get()
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  list(@Query() query: HoldsQuery): Promise<Page<object>> {
    const clientId = query.client_id === undefined ? undefined : clientOf(query.client_id);
    const filter = { ...(clientId === undefined ? {} : { clientId }), ...(query.state === undefined ? {} : { state: query.state }) };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'holds', ...filter },
        fetch: (limit, before) => listHolds(em, filter, limit, before),
        at: (row) => row,
        show: holdView,
      }),
    );
  }

  /** With its reason, in the words of who placed it; the look is recorded. */
  @ApiOperation({ summary: 'One hold' })
  @Get(':id')
  @StaffDoor('officer', 'senior_officer', 'mlro')
  read(@Param('id') id: string, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = accept(required(uuidOf('hold', id)));
    return this.transactor.run(async (em) => {
      const row = accept(required(await findHold(em, uuid)));
      await recordLook(em, staff, 'hold', uuid);
      return {
        ...holdView(row),
        reason: this.cipher.open(reasonPlace(uuid), row.reason),
        history: (await historyOf(em, 'hold', uuid)).map(historyView),
      };
    });
  }

  /** One person may place a hold, and it binds at once. */
  @ApiOperation({ summary: 'Place a hold: it binds at once' })
  @Post()
  @HttpCode(201)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  place(@Body() body: PlaceHoldDto, @CurrentStaff() staff: StaffCaller, @CurrentOperation() operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const clientId = uuidOf('client', body.client_id);
      if (clientId === null) return refuse('client.unknown', 'There is no such client.');
      const placed = await this.holds.place(em, {
        id: operation.id,
        clientId,
        scopes: body.scopes,
        reason: body.reason,
        legalBasis: body.legal_basis,
        matchId: null,
        actor: { kind: 'staff', id: staff.staffId },
      });
      return placed.ok ? ok({ status: 201, body: holdView(placed.value) }) : placed;
    });
  }

  /** Proposes the release; another person approves it at /v1/compliance/decisions/{id}/approve. */
  @ApiOperation({ summary: 'Propose a release; another person approves it' })
  @Post(':id/release')
  @HttpCode(202)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  release(
    @Param('id') id: string,
    @Body() body: ReleaseHoldDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const holdId = accept(required(uuidOf('hold', id)));
      const proposed = await this.holds.proposeRelease(em, {
        decisionId: operation.id,
        holdId,
        comment: body.comment ?? null,
        maker: staff,
      });
      return proposed.ok ? ok({ status: 202, body: decisionView(proposed.value) }) : proposed;
    });
  }
}

const holdView = (row: HoldRow) => ({
  id: publicId('hold', row.id),
  client_id: publicId('client', row.clientId),
  state: row.state,
  scopes: row.scopes,
  legal_basis: row.legalBasis,
  match_id: row.matchId === null ? null : matchId(row.matchId),
  placed_by: row.placedBy,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});
