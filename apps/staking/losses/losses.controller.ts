import { Controller, Get, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { StaffDoor, type Page } from '#http';
import { LossesQuery } from './losses.dto.js';
import { LossesService } from './losses.service.js';

@ApiTags('staking, staff')
@StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
@Controller('v1/staking')
export class LossesController {
  constructor(private readonly losses: LossesService) {}

  @ApiOperation({ summary: 'Losses, newest first: what cover bore, what the pool bore, what was given back' })
  @Get('losses')
  list(@Query() query: LossesQuery): Promise<Page<object>> {
    return this.losses.list(query);
  }

  @ApiOperation({ summary: 'What is there to bear losses, to give back, and to pay instant exits' })
  @Get('covers')
  covers(): Promise<object> {
    return this.losses.covers();
  }
}
