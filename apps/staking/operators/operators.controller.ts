import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { CurrentOperation, CurrentStaff, StaffDoor, type Answer, type Operation, type StaffCaller } from '#http';
import { ExitDrillService } from './exit-drill.service.js';
import { RedelegationQuery } from './operators.dto.js';
import { OperatorsService } from './operators.service.js';
import { RedelegationService } from './redelegation.service.js';

@ApiTags('staking, staff')
@StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
@Controller('v1/staking')
export class OperatorsController {
  constructor(
    private readonly operators: OperatorsService,
    private readonly drills: ExitDrillService,
    private readonly redelegation: RedelegationService,
  ) {}

  @ApiOperation({ summary: 'Who runs our validators' })
  @Get('operators')
  list(): Promise<object> {
    return this.operators.list();
  }

  @ApiOperation({ summary: 'One operator: terms, assessment, keys, score and its terms, performance, incidents' })
  @Get('operators/:id')
  one(@Param('id') id: string): Promise<object> {
    return this.operators.one(id);
  }

  @ApiOperation({ summary: 'What would happen if this operator left at once; nothing moves' })
  @Get('operators/:id/exit-drill')
  drill(@Param('id') id: string): Promise<object> {
    return this.drills.show(id);
  }

  @ApiOperation({ summary: 'The same, kept as it was answered; nothing moves' })
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @Post('operators/:id/exit-drill')
  @HttpCode(201)
  keepDrill(@CurrentStaff() { staffId }: StaffCaller, @CurrentOperation() operation: Operation, @Param('id') id: string): Promise<Answer> {
    return this.drills.make(staffId, id, operation);
  }

  @ApiOperation({ summary: 'How much may be with whom, of all pools (*) and of those with caps of their own' })
  @Get('caps')
  caps(): Promise<object> {
    return this.operators.caps();
  }

  @ApiOperation({ summary: 'What would have to move because an operator holds too much; a proposal carries it out' })
  @Get('redelegation')
  moves(@Query() { pool_id }: RedelegationQuery): Promise<object> {
    return this.redelegation.show(pool_id);
  }
}
