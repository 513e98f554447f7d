import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, PageQuery, Public, type ClientCaller, type Page } from '#http';
import { CheckpointsService } from './checkpoints.service.js';
import { ExitQueueService } from './exit-queue.service.js';

@ApiTags('staking')
@Controller('v1/staking')
export class ExitQueueController {
  constructor(
    private readonly exits: ExitQueueService,
    private readonly checkpoints: CheckpointsService,
  ) {}

  @ApiOperation({ summary: 'Who waits to leave each pool: how many, how much, how much of it is before you, and when' })
  @ClientDoor()
  @Get('withdrawal-queue')
  async queue(@CurrentClient() { clientId }: ClientCaller): Promise<object> {
    return { data: await this.exits.queue(clientId) };
  }

  @ApiOperation({ summary: 'Proof of your place in the published order of the queue' })
  @ClientDoor()
  @Get('operations/:id/exit-proof')
  proof(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string): Promise<object> {
    return this.checkpoints.proof(clientId, id);
  }

  @ApiOperation({ summary: 'The published order of a queue: a checkpoint a report that changed it, newest first' })
  @Public()
  @Get('exit-queues/:pool/checkpoints')
  list(@Param('pool') poolId: string, @Query() query: PageQuery): Promise<Page<object>> {
    return this.checkpoints.list(poolId, query);
  }

  @ApiOperation({ summary: 'The same of a product that is yours to stake in; the way to see one that is for you alone' })
  @ClientDoor()
  @Get('products/:id/exit-checkpoints')
  ofProduct(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string, @Query() query: PageQuery): Promise<Page<object>> {
    return this.checkpoints.ofProduct(clientId, id, query);
  }
}
