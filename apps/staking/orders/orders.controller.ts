import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  ClientDoor,
  CurrentClient,
  CurrentOperation,
  validationFailed,
  type Answer,
  type ClientCaller,
  type Operation,
  type Page,
} from '#http';
import { InstantService } from '../exit-queue/instant.service.js';
import { OperationsService } from './operations.service.js';
import { OperationsQuery, StakeBody, UnstakeBody } from './orders.dto.js';
import { PlacementService } from './placement.service.js';
import { PositionsService } from './positions.service.js';

@ApiTags('staking')
@ClientDoor('stake')
@Controller('v1/staking')
export class OrdersController {
  constructor(
    private readonly placement: PlacementService,
    private readonly operations: OperationsService,
    private readonly positions: PositionsService,
    private readonly instant: InstantService,
  ) {}

  @ApiOperation({ summary: 'Stake with one click: an asset (or a product) and an amount' })
  @Post('stakes')
  @HttpCode(202)
  stake(@CurrentClient() { clientId }: ClientCaller, @CurrentOperation() operation: Operation, @Body() body: StakeBody): Promise<Answer> {
    if (body.asset === undefined && body.product_id === undefined) {
      throw validationFailed([{ pointer: '/asset', code: 'required', detail: 'give an asset or a product_id' }]);
    }
    return this.placement.place({ type: 'stake', clientId, operation, body });
  }

  @ApiOperation({
    summary: 'Leave: lock shares; they are paid at the rate of the report that pays them, or at once where the product offers it',
  })
  @Post('unstakes')
  @HttpCode(202)
  unstake(
    @CurrentClient() { clientId }: ClientCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: UnstakeBody,
  ): Promise<Answer> {
    if (body.instant === true) return this.instant.place({ type: 'unstake', clientId, operation, body });
    if (body.least_amount !== undefined)
      throw validationFailed([
        { pointer: '/least_amount', code: 'instant_only', detail: 'an exit by the queue is paid what it is worth then' },
      ]);
    return this.placement.place({ type: 'unstake', clientId, operation, body });
  }

  @ApiOperation({ summary: 'Your stakes and unstakes, newest first' })
  @Get('operations')
  list(@CurrentClient() { clientId }: ClientCaller, @Query() query: OperationsQuery): Promise<Page<object>> {
    return this.operations.list(clientId, query);
  }

  @ApiOperation({ summary: 'One operation with its steps, parts and expected time' })
  @Get('operations/:id')
  one(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string): Promise<object> {
    return this.operations.one(clientId, id);
  }

  @ApiOperation({ summary: 'Take back what can still be taken back' })
  @Post('operations/:id/cancel')
  @HttpCode(200)
  cancel(@CurrentClient() { clientId }: ClientCaller, @CurrentOperation() operation: Operation, @Param('id') id: string): Promise<Answer> {
    return this.operations.cancel(clientId, id, operation);
  }

  @ApiOperation({ summary: 'What you have in each product, by state' })
  @Get('positions')
  async ofClient(@CurrentClient() { clientId }: ClientCaller): Promise<object> {
    return { data: await this.positions.list(clientId) };
  }

  @ApiOperation({ summary: 'What you have in one product' })
  @Get('positions/:id')
  position(@CurrentClient() { clientId }: ClientCaller, @Param('id') id: string): Promise<object> {
    return this.positions.one(clientId, id);
  }
}
