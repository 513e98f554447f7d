import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, type ClientCaller } from '#http';
import { ProductsQuery } from './products.dto.js';
import { ProductsService } from './products.service.js';

@ApiTags('staking')
@ClientDoor()
@Controller('v1/staking/products')
export class ProductsController {
  constructor(private readonly products: ProductsService) {}

  @ApiOperation({ summary: 'What can be staked, on what terms, and whether you may' })
  @Get()
  async list(@CurrentClient() { clientId }: ClientCaller, @Query() query: ProductsQuery): Promise<object> {
    return { data: await this.products.list(clientId, query) };
  }

  @ApiOperation({ summary: 'One product' })
  @Get(':id')
  one(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string): Promise<object> {
    return this.products.one(clientId, id);
  }

  @ApiOperation({ summary: 'What is charged: every version, by tier' })
  @Get(':id/fees')
  fees(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string): Promise<object> {
    return this.products.fees(clientId, id);
  }
}
