import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, PageQuery, StaffDoor, type Answer, type Operation, type Page, type StaffCaller } from '#http';
import { IncidentsService } from '../incidents/incidents.service.js';
import { DecisionBody, IncidentsQuery, ProposalBody } from '../proposals/proposals.dto.js';
import { ProposalsService } from '../proposals/proposals.service.js';

@ApiTags('staking, staff')
@Controller('v1/staking')
export class DecisionsController {
  constructor(
    private readonly incidents: IncidentsService,
    private readonly proposals: ProposalsService,
  ) {}

  @ApiOperation({ summary: 'What somebody must look at, newest first' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('incidents')
  list(@Query() query: IncidentsQuery): Promise<Page<object>> {
    return this.incidents.list(query);
  }

  @ApiOperation({ summary: 'Close an incident: say what was found and done' })
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @Post('incidents/:id/close')
  @HttpCode(200)
  close(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: DecisionBody,
  ): Promise<Answer> {
    return this.incidents.close(staffId, id, comment, operation);
  }

  @ApiOperation({ summary: 'What was proposed, by whom, and what became of it' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('proposals')
  proposed(@Query() query: PageQuery): Promise<Page<object>> {
    return this.proposals.list(query);
  }

  @ApiOperation({ summary: 'Propose what takes two people; answers what it would do' })
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @Post('proposals')
  @HttpCode(201)
  propose(@CurrentStaff() { staffId }: StaffCaller, @CurrentOperation() operation: Operation, @Body() body: ProposalBody): Promise<Answer> {
    return this.proposals.propose(staffId, body, operation);
  }

  @ApiOperation({ summary: 'Approve what somebody else proposed: it is carried out' })
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @Post('proposals/:id/approve')
  @HttpCode(200)
  approve(
    @CurrentStaff() caller: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: DecisionBody,
  ): Promise<Answer> {
    return this.proposals.decide('approve', caller, id, comment, operation);
  }

  @ApiOperation({ summary: 'Reject what somebody else proposed' })
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @Post('proposals/:id/reject')
  @HttpCode(200)
  reject(
    @CurrentStaff() caller: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: DecisionBody,
  ): Promise<Answer> {
    return this.proposals.decide('reject', caller, id, comment, operation);
  }
}
