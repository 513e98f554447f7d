import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffDoor, type Page } from '#http';
import { AllocationsQuery } from './staff.dto.js';
import { StaffService } from './staff.service.js';

@ApiTags('staking, staff')
@StaffDoor('treasury', 'auditor', 'officer')
@Controller('v1/staking')
export class StaffController {
  constructor(private readonly staff: StaffService) {}

  @ApiOperation({ summary: 'All validators, oldest first' })
  @Get('validators')
  async validators(): Promise<object> {
    return { data: await this.staff.validators() };
  }

  @ApiOperation({ summary: 'Batches of 32 ETH and how far they are, newest first' })
  @Get('allocations')
  allocations(@Query() query: AllocationsQuery): Promise<Page<object>> {
    return this.staff.allocations(query);
  }
}
