import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, StaffDoor, type ClientCaller } from '#http';
import { UnstakeBody } from '../orders/orders.dto.js';
import { InstantBuffersService } from './instant-buffers.service.js';
import { InstantService } from './instant.service.js';

@ApiTags('staking')
@Controller('v1/staking')
export class InstantController {
  constructor(
    private readonly instant: InstantService,
    private readonly buffers: InstantBuffersService,
  ) {}

  @ApiOperation({ summary: 'What an instant exit would pay now; moves nothing' })
  @ClientDoor()
  @Get('instant-quote')
  quote(@CurrentClient() { clientId }: ClientCaller, @Query() query: UnstakeBody): Promise<object> {
    return this.instant.quote(clientId, query);
  }

  @ApiOperation({ summary: 'The instant buffer of a pool: what it holds, what it waits for, what it earned' })
  @StaffDoor('treasury', 'officer', 'senior_officer', 'auditor')
  @Get('instant-buffers/:pool')
  buffer(@Param('pool') poolId: string): Promise<object> {
    return this.buffers.one(poolId);
  }
}
