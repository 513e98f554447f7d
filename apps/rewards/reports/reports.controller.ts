import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, Public, StaffDoor, type Answer, type Operation, type StaffCaller } from '#http';
import { uuidOf } from '#kernel';
import { PoolRates } from './rates.service.js';
import { ReportDesk } from './report-desk.service.js';
import { CommentBody } from '../payouts/payouts.dto.js';
import { ApproveBody, ReportsQuery, SimulateBody } from './reports.dto.js';

@ApiTags('rewards')
@Controller('v1/rewards')
export class ReportsController {
  constructor(
    private readonly desk: ReportDesk,
    private readonly rates: PoolRates,
  ) {}

  @ApiOperation({ summary: 'What each pool that is open to all earned: a day, a week, since inception, with method and sample count' })
  @Public()
  @Get('rates')
  all(): Promise<object> {
    return this.rates.all();
  }

  @ApiOperation({ summary: 'What the rate of each pool is worth: current, late or held, since when and why' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('pools')
  pools(): Promise<object> {
    return this.desk.pools();
  }

  @ApiOperation({ summary: 'Reports of a pool, newest first; or, by its id, one report with limits, evidence and hash' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('reports/:pool')
  list(@Param('pool') pool: string, @Query() query: ReportsQuery): Promise<object> {
    return uuidOf('report', pool) === null ? this.desk.list(pool, query) : this.desk.one(pool);
  }

  @ApiOperation({ summary: 'Dry run of the next period: what would be reported and how it would be judged. Nothing is stored or sent' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Post('reports/simulate')
  @HttpCode(200)
  simulate(@Body() body: SimulateBody): Promise<object> {
    return this.desk.simulate(body.pool_id);
  }

  @ApiOperation({ summary: 'One report with its observations, approvals and history' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('reports/:pool/:id')
  one(@Param('pool') pool: string, @Param('id') id: string): Promise<object> {
    return this.desk.one(id, pool);
  }

  @ApiOperation({ summary: 'Agree to a held report: it goes out when two people have' })
  @StaffDoor('treasury')
  @Post('reports/:id/approve')
  @HttpCode(200)
  approve(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() body: ApproveBody,
  ): Promise<Answer> {
    return this.desk.approve(id, staffId, body, operation);
  }

  @ApiOperation({
    summary: 'Reject a report that is held, or approved and not sent yet: the period is observed again, to a later checkpoint',
  })
  @StaffDoor('treasury')
  @Post('reports/:id/reject')
  @HttpCode(200)
  reject(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: CommentBody,
  ): Promise<Answer> {
    return this.desk.reject(id, staffId, comment, operation);
  }

  @ApiOperation({ summary: 'Hold the reports of a pool: from the next one on each waits for approval' })
  @StaffDoor('treasury', 'senior_officer')
  @Post('reports/:pool/hold')
  @HttpCode(200)
  hold(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('pool') pool: string,
    @Body() { comment }: CommentBody,
  ): Promise<Answer> {
    return this.desk.turn('hold', pool, staffId, comment, operation);
  }

  @ApiOperation({
    summary: 'Let the reports of a pool flow again when they are within limits; what no person has stopped flows when two agree',
  })
  @StaffDoor('treasury')
  @Post('reports/:pool/release')
  @HttpCode(200)
  release(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('pool') pool: string,
    @Body() { comment }: CommentBody,
  ): Promise<Answer> {
    return this.desk.turn('release', pool, staffId, comment, operation);
  }
}
