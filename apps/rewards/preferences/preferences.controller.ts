import { Body, Controller, Get, Put } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { ClientDoor, CurrentClient, CurrentOperation, type Answer, type ClientCaller, type Operation } from '#http';
import { PreferenceBody } from './preferences.dto.js';
import { PreferencesService } from './preferences.service.js';

@ApiTags('rewards')
@Controller('v1/rewards/preferences')
export class PreferencesController {
  constructor(private readonly preferences: PreferencesService) {}

  @ApiOperation({ summary: 'What is done with your rewards, by asset: paid out or restaked, and from which amount on' })
  @ClientDoor()
  @Get()
  list(@CurrentClient() { clientId }: ClientCaller): Promise<object> {
    return this.preferences.list(clientId);
  }

  @ApiOperation({ summary: 'Say what shall be done with your rewards of an asset from the next payout run on' })
  @ClientDoor('stake')
  @Put()
  put(
    @CurrentClient() { clientId }: ClientCaller,
    @CurrentOperation() operation: Operation,
    @Body() body: PreferenceBody,
  ): Promise<Answer> {
    return this.preferences.put(clientId, body, operation);
  }
}
