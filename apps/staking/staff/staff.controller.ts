import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffDoor, type Page } from '#http';
import { AllocationsQuery } from './staff.dto.js';
import { StaffService } from './staff.service.js';

@ApiTags('staking, staff')
@StaffDoor('treasury', 'auditor', 'officer', 'senior_officer')
@Controller('v1/staking')
export class StaffController {
  constructor(private readonly staff: StaffService) {}

  @ApiOperation({ summary: 'Validators, newest first' })
  @Get('validators')
  validators(@Query() query: AllocationsQuery): Promise<Page<object>> {
    return this.staff.validators(query);
  }

  @ApiOperation({ summary: 'Batches of 32 ETH and how far they are, newest first' })
  @Get('allocations')
  allocations(@Query() query: AllocationsQuery): Promise<Page<object>> {
    return this.staff.allocations(query);
  }
}
