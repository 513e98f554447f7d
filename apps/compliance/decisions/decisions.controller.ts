import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { type Answer, CurrentOperation, CurrentStaff, type Operation, type Page, page, Requests, type StaffCaller, StaffDoor } from '#http';
import { accept, ok, uuidOf } from '#kernel';
import { recordLook } from '../history/history.store.js';
import { FieldCipher } from '../personal-data/field-cipher.js';
import { required } from '../wire.js';
import { findDecision, listDecisions } from './decision.store.js';
import { decisionView } from './decision.view.js';
import { CheckDto, DecisionsQuery } from './decisions.dto.js';
import { answerPlace, commentPlace, DecisionsService } from './decisions.service.js';

@ApiTags('compliance (staff)')
@Controller('v1/compliance/decisions')
export class DecisionsController {
  constructor(
    private readonly decisions: DecisionsService,
    private readonly cipher: FieldCipher,
    private readonly requests: Requests,
    private readonly transactor: Transactor,
  ) {}

  @ApiOperation({ summary: 'Decisions waiting and taken' })
  @Get()
  @StaffDoor('officer', 'senior_officer', 'mlro', 'auditor')
  list(@Query() query: DecisionsQuery): Promise<Page<object>> {
    const filter = {
      ...(query.state === undefined ? {} : { state: query.state }),
      ...(query.action === undefined ? {} : { action: query.action }),
    };
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'decisions', ...filter },
        fetch: (limit, before) => listDecisions(em, filter, limit, before),
        at: (row) => row,
        show: (row) => decisionView(row),
      }),
    );
  }

  /** With what its maker and its checker wrote; the look is recorded. */
  @ApiOperation({ summary: 'One decision, as its checker must see it' })
  @Get(':id')
  @StaffDoor('officer', 'senior_officer', 'mlro')
  read(@Param('id') id: string, @CurrentStaff() staff: StaffCaller): Promise<object> {
    const uuid = accept(required(uuidOf('decision', id)));
    return this.transactor.run(async (em) => {
      const row = accept(required(await findDecision(em, uuid)));
      await recordLook(em, staff, 'decision', uuid);
      const { comment, answer } = row;
      return decisionView(row, {
        comment: comment === null ? null : this.cipher.open(commentPlace(uuid), comment),
        answer: answer === null ? null : this.cipher.open(answerPlace(uuid), answer),
      });
    });
  }

  @ApiOperation({ summary: 'Approve as the second person, once' })
  @Post(':id/approve')
  @HttpCode(200)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  approve(
    @Param('id') id: string,
    @Body() body: CheckDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const uuid = accept(required(uuidOf('decision', id)));
      const approved = await this.decisions.approve(em, uuid, staff, { seenHash: body.payload_hash, comment: body.comment });
      return approved.ok ? ok({ status: 200, body: decisionView(approved.value) }) : approved;
    });
  }

  @ApiOperation({ summary: 'Deny as the second person' })
  @Post(':id/deny')
  @HttpCode(200)
  @StaffDoor('officer', 'senior_officer', 'mlro')
  deny(
    @Param('id') id: string,
    @Body() body: CheckDto,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const uuid = accept(required(uuidOf('decision', id)));
      const denied = await this.decisions.deny(em, uuid, staff, body.comment);
      return denied.ok ? ok({ status: 200, body: decisionView(denied.value) }) : denied;
    });
  }
}
