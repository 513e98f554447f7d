import { Controller, Get, Param } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Public } from '#http';
import { PoolsService } from './pools.service.js';

@ApiTags('staking')
@Controller('v1/staking/pools')
export class PoolsController {
  constructor(private readonly pools: PoolsService) {}

  @ApiOperation({ summary: 'A pool: assets, shares, index, buffer, what fills the next validator, who waits to leave' })
  @Public()
  @Get(':id')
  one(@Param('id') id: string): Promise<object> {
    return this.pools.one(id);
  }
}
