import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, StaffDoor, type Answer, type Operation, type Page, type StaffCaller } from '#http';
import { CommentBody, LinesQuery, PlanBody, ReleaseBody, RunsQuery } from './payouts.dto.js';
import { PreviewService } from './preview.service.js';
import { RunDesk } from './run-desk.service.js';

@ApiTags('rewards, staff')
@Controller('v1/rewards/payout-runs')
export class PayoutsController {
  constructor(
    private readonly desk: RunDesk,
    private readonly previews: PreviewService,
  ) {}

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

  @ApiOperation({ summary: 'Lines of one payout run: all, or those paid, waiting, held or below the least that is paid' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get(':id/lines')
  lines(@Param('id') id: string, @Query() query: LinesQuery): Promise<Page<object>> {
    return this.desk.lines(id, query);
  }

  @ApiOperation({ summary: 'What a run would pay now of what is settled, worked out by both workers; nothing is stored' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Post('dry-run')
  @HttpCode(200)
  dryRun(@Body() body: PlanBody): Promise<object> {
    return this.previews.preview(body.pool_id);
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

  @ApiOperation({ summary: 'Draw a disputed run up anew, once it is known what was wrong' })
  @StaffDoor('treasury')
  @Post(':id/redraw')
  @HttpCode(200)
  redraw(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: CommentBody,
  ): Promise<Answer> {
    return this.desk.redraw(id, staffId, comment, operation);
  }

  @ApiOperation({ summary: 'Cancel a run that waits for release, or is disputed' })
  @StaffDoor('treasury')
  @Post(':id/cancel')
  @HttpCode(200)
  cancel(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: CommentBody,
  ): Promise<Answer> {
    return this.desk.cancel(id, staffId, comment, operation);
  }
}
