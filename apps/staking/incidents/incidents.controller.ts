import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ClientDoor,
  CurrentClient,
  CurrentOperation,
  CurrentStaff,
  PageQuery,
  StaffDoor,
  type Answer,
  type ClientCaller,
  type Operation,
  type Page,
  type StaffCaller,
} from '#http';
import { ClientIncidentsService } from './client-incidents.service.js';
import { IncidentCommentBody } from './incidents.dto.js';
import { TimelineService } from './timeline.service.js';

@ApiTags('staking, staff')
@Controller('v1/staking/incidents')
export class IncidentRecordController {
  constructor(private readonly timeline: TimelineService) {}

  @ApiOperation({ summary: 'The record of an incident: what happened when, what it cost, who did what' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get(':id')
  one(@Param('id') id: string): Promise<object> {
    return this.timeline.one(id);
  }

  @ApiOperation({ summary: 'Say what was found or done, to staff or to clients of the pool too' })
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @Post(':id/comments')
  @HttpCode(201)
  comment(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() body: IncidentCommentBody,
  ): Promise<Answer> {
    return this.timeline.comment(staffId, id, body, operation);
  }
}

@ApiTags('staking')
@ClientDoor()
@Controller('v1/staking/products')
export class ProductIncidentsController {
  constructor(private readonly incidents: ClientIncidentsService) {}

  @ApiOperation({ summary: 'Troubles of a product: what happened, what it cost, what cover bore, what comes next' })
  @Get(':id/incidents')
  list(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string, @Query() query: PageQuery): Promise<Page<object>> {
    return this.incidents.list(clientId, id, query);
  }
}
