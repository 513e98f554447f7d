import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, StaffDoor, type Answer, type Operation, type StaffCaller } from '#http';
import { ScheduleDesk } from './schedule-desk.service.js';
import { ChangeBody, DecisionBody } from './schedules.dto.js';

@ApiTags('rewards, staff')
@Controller('v1/rewards/payout-schedules')
export class SchedulesController {
  constructor(private readonly desk: ScheduleDesk) {}

  @ApiOperation({ summary: 'When each pool pays out, its next occurrences, and the changes proposed and decided' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get()
  list(): Promise<object> {
    return this.desk.list();
  }

  @ApiOperation({ summary: 'Propose another schedule for a pool; another person decides' })
  @StaffDoor('treasury')
  @Post(':pool/changes')
  @HttpCode(201)
  propose(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('pool') pool: string,
    @Body() body: ChangeBody,
  ): Promise<Answer> {
    return this.desk.propose(pool, staffId, body, operation);
  }

  @ApiOperation({ summary: 'Approve a change that somebody else proposed; it counts from now' })
  @StaffDoor('treasury')
  @Post(':pool/changes/:id/approve')
  @HttpCode(200)
  approve(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('pool') pool: string,
    @Param('id') id: string,
    @Body() { comment }: DecisionBody,
  ): Promise<Answer> {
    return this.desk.decide(pool, id, 'approve', staffId, comment, operation);
  }

  @ApiOperation({ summary: 'Reject a proposed change, or withdraw your own' })
  @StaffDoor('treasury')
  @Post(':pool/changes/:id/reject')
  @HttpCode(200)
  reject(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('pool') pool: string,
    @Param('id') id: string,
    @Body() { comment }: DecisionBody,
  ): Promise<Answer> {
    return this.desk.decide(pool, id, 'reject', staffId, comment, operation);
  }
}
