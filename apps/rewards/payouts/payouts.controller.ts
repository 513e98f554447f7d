import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, StaffDoor, type Answer, type Operation, type Page, type StaffCaller } from '#http';
import { CancelBody, PlanBody, ReleaseBody, RunsQuery } from './payouts.dto.js';
import { RunDesk } from './run-desk.service.js';

@ApiTags('rewards, staff')
@Controller('v1/rewards/payout-runs')
export class PayoutsController {
  constructor(private readonly desk: RunDesk) {}

  @ApiOperation({ summary: 'Payout runs, newest first' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get()
  list(@Query() query: RunsQuery): Promise<Page<object>> {
    return this.desk.list(query);
  }

  @ApiOperation({ summary: 'One payout run with its first lines and its history' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get(':id')
  one(@Param('id') id: string): Promise<object> {
    return this.desk.one(id);
  }

  @ApiOperation({ summary: 'Plan a run besides the schedule' })
  @StaffDoor('treasury')
  @Post()
  @HttpCode(201)
  plan(@CurrentStaff() { staffId }: StaffCaller, @CurrentOperation() operation: Operation, @Body() body: PlanBody): Promise<Answer> {
    return this.desk.plan(body.pool_id, staffId, operation);
  }

  @ApiOperation({ summary: 'Release a run that is above the limit of automatic approval' })
  @StaffDoor('treasury')
  @Post(':id/release')
  @HttpCode(200)
  release(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() body: ReleaseBody,
  ): Promise<Answer> {
    return this.desk.release(id, staffId, body, operation);
  }

  @ApiOperation({ summary: 'Cancel a run that waits for release' })
  @StaffDoor('treasury')
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: CancelBody,
  ): Promise<Answer> {
    return this.desk.cancel(id, staffId, comment, operation);
  }
}
