import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, PageQuery, type ClientCaller, type Page } from '#http';
import { EarningsService } from './earnings.service.js';

@ApiTags('rewards')
@ClientDoor()
@Controller('v1/rewards')
export class EarningsController {
  constructor(private readonly earnings: EarningsService) {}

  @ApiOperation({ summary: 'Rewards paid to you, newest first, from the first day' })
  @Get()
  paid(@CurrentClient() { clientId }: ClientCaller, @Query() query: PageQuery): Promise<Page<object>> {
    return this.earnings.paid(clientId, query);
  }

  @ApiOperation({ summary: 'By asset: paid so far, and settled but not yet paid' })
  @Get('summary')
  summary(@CurrentClient() { clientId }: ClientCaller): Promise<object> {
    return this.earnings.summary(clientId);
  }

  @ApiOperation({ summary: 'Payout runs with a line of yours, newest first' })
  @Get('payouts')
  payouts(@CurrentClient() { clientId }: ClientCaller, @Query() query: PageQuery): Promise<Page<object>> {
    return this.earnings.payouts(clientId, query);
  }

  @ApiOperation({ summary: 'Your line of one payout run' })
  @Get('payouts/:run')
  payout(@CurrentClient() { clientId }: ClientCaller, @Param('run') run: string): Promise<object> {
    return this.earnings.payout(clientId, run);
  }
}
