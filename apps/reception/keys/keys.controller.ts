import { Body, Controller, Delete, Get, Inject, Param, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Answer, ClientDoor, type ClientCaller, CurrentClient, CurrentOperation, type Operation } from '#http';
import { CreatedKeyView, KeyList, KeyView, NewKeyDto } from './keys.dto.js';
import { KeysService } from './keys.service.js';

@ApiTags('identity')
@ClientDoor('account')
@Controller('v1/keys')
export class KeysController {
  constructor(@Inject(KeysService) private readonly keys: KeysService) {}

  @ApiOperation({ summary: 'List your API keys' })
  @ApiOkResponse({ type: KeyList })
  @Get()
  async list(@CurrentClient() caller: ClientCaller): Promise<KeyList> {
    return { data: await this.keys.list(caller.clientId) };
  }

  @ApiOperation({
    summary: 'Create another key',
    description:
      'An API key, shown once, in this answer; or, with public_key, one whose owner signs each request. It may do no more than the key that makes it.',
  })
  @ApiCreatedResponse({ type: CreatedKeyView })
  @Post()
  create(@CurrentClient() caller: ClientCaller, @CurrentOperation() operation: Operation, @Body() dto: NewKeyDto): Promise<Answer> {
    return this.keys.create(caller, operation, dto);
  }

  @ApiOperation({
    summary: 'Revoke an API key',
    description: 'It opens nothing from the moment of the answer on. The last active key cannot be revoked.',
  })
  @ApiOkResponse({ type: KeyView })
  @Delete(':id')
  revoke(@CurrentClient() caller: ClientCaller, @Param('id') id: string): Promise<KeyView> {
    return this.keys.revoke(caller, id);
  }
}
