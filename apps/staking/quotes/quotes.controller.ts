import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, type ClientCaller } from '#http';
import { QuoteBody } from './quotes.dto.js';
import { QuotesService } from './quotes.service.js';

@ApiTags('staking')
@ClientDoor('read')
@Controller('v1/staking/quotes')
export class QuotesController {
  constructor(private readonly quotes: QuotesService) {}

  @ApiOperation({ summary: 'Fees, terms and times for an order; moves nothing' })
  @Post()
  @HttpCode(201)
  quote(@CurrentClient() { clientId }: ClientCaller, @Body() body: QuoteBody): Promise<object> {
    return this.quotes.quote(clientId, body);
  }
}
