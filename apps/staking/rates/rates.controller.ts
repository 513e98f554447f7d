import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, type ClientCaller, type Page } from '#http';
import { RateHistoryQuery, RatesQuery } from './rates.dto.js';
import { RatesService } from './rates.service.js';

@ApiTags('staking')
@ClientDoor()
@Controller('v1/staking/products')
export class RatesController {
  constructor(private readonly rates: RatesService) {}

  @ApiOperation({ summary: 'What a product earned: a day, a week, thirty days, since inception; and its newest reports' })
  @Get(':id/rates')
  current(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string, @Query() query: RatesQuery): Promise<object> {
    return this.rates.current(clientId, id, query.window);
  }

  @ApiOperation({
    summary: 'Every report since the first, or day by day: rate, rewards and their components, commission; negative where it was',
  })
  @Get(':id/rates/history')
  history(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string, @Query() query: RateHistoryQuery): Promise<Page<object>> {
    return this.rates.history(clientId, id, query);
  }
}
