import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, Public, type ClientCaller } from '#http';
import { PoolsService } from './pools.service.js';

@ApiTags('staking')
@Controller('v1/staking')
export class PoolsController {
  constructor(private readonly pools: PoolsService) {}

  @ApiOperation({ summary: 'A pool: assets, shares, index, buffer, what fills the next validator, who waits to leave' })
  @Public()
  @Get('pools/:id')
  one(@Param('id') id: string): Promise<object> {
    return this.pools.one(id);
  }

  @ApiOperation({ summary: 'The pool of a product that is yours to stake in; the way to see one that is for you alone' })
  @ClientDoor()
  @Get('products/:id/pool')
  ofProduct(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string): Promise<object> {
    return this.pools.ofProduct(clientId, id);
  }
}
