import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, Public, StaffDoor, type Answer, type Operation, type Page, type StaffCaller } from '#http';
import { ReportDesk } from './report-desk.service.js';
import { CommentBody, ReportsQuery } from './reports.dto.js';

@ApiTags('rewards')
@Controller('v1/rewards')
export class ReportsController {
  constructor(private readonly desk: ReportDesk) {}

  @ApiOperation({ summary: 'What each pool earned: a day, a week, since inception, with method and sample count' })
  @Public()
  @Get('rates')
  rates(): Promise<object> {
    return this.desk.rates();
  }

  @ApiOperation({ summary: 'Reports of a pool, newest first' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('reports/:pool')
  list(@Param('pool') pool: string, @Query() query: ReportsQuery): Promise<Page<object>> {
    return this.desk.list(pool, query);
  }

  @ApiOperation({ summary: 'One report with its observations, approvals and history' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('reports/:pool/:id')
  one(@Param('pool') pool: string, @Param('id') id: string): Promise<object> {
    return this.desk.one(pool, id);
  }

  @ApiOperation({ summary: 'Agree to a held report: it goes out when two people have' })
  @StaffDoor('treasury')
  @Post('reports/:id/approve')
  @HttpCode(200)
  approve(
    @CurrentStaff() { staffId }: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Param('id') id: string,
    @Body() { comment }: CommentBody,
  ): Promise<Answer> {
    return this.desk.approve(id, staffId, comment, operation);
  }

  @ApiOperation({ summary: 'Reject a held report: the period is observed again, to a later checkpoint' })
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

  @ApiOperation({ summary: 'Let the reports of a pool flow again when they are within limits' })
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
