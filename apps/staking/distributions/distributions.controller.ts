import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, PageQuery, StaffDoor, type ClientCaller, type Page } from '#http';
import { DistributionsQuery, LinesQuery } from './distributions.dto.js';
import { DistributionsService } from './distributions.service.js';

@ApiTags('staking, staff')
@StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
@Controller('v1/staking/distributions')
export class DistributionsController {
  constructor(private readonly distributions: DistributionsService) {}

  @ApiOperation({ summary: 'What is given back of losses, newest first' })
  @Get()
  list(@Query() query: DistributionsQuery): Promise<Page<object>> {
    return this.distributions.list(query);
  }

  @ApiOperation({ summary: 'One of them: how many lines are paid, held and to come' })
  @Get(':id')
  one(@Param('id') id: string): Promise<object> {
    return this.distributions.one(id);
  }

  @ApiOperation({ summary: 'Its lines; held ones say why' })
  @Get(':id/lines')
  lines(@Param('id') id: string, @Query() query: LinesQuery): Promise<Page<object>> {
    return this.distributions.lines(id, query);
  }
}

@ApiTags('staking')
@ClientDoor()
@Controller('v1/staking/reimbursements')
export class ReimbursementsController {
  constructor(private readonly distributions: DistributionsService) {}

  @ApiOperation({ summary: 'What you were given back of losses, newest first' })
  @Get()
  list(@CurrentClient() { clientId }: ClientCaller, @Query() query: PageQuery): Promise<Page<object>> {
    return this.distributions.ofClient(clientId, query);
  }
}
