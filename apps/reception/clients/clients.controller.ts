import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Answer, type ClientCaller, ClientDoor, CurrentClient, CurrentOperation, type Operation, Public } from '#http';
import { MeView, SignedUpView, SignUpDto } from './clients.dto.js';
import { ClientsService } from './clients.service.js';

@ApiTags('identity')
@Controller('v1')
export class ClientsController {
  constructor(@Inject(ClientsService) private readonly clients: ClientsService) {}

  @ApiOperation({
    summary: 'Sign up',
    description: 'Creates a client that may do nothing until it is approved, and shows its first API key once.',
  })
  @ApiCreatedResponse({ type: SignedUpView })
  @Public()
  @Post('clients')
  signUp(@CurrentOperation() operation: Operation, @Body() dto: SignUpDto): Promise<Answer> {
    return this.clients.signUp(operation, dto.reference ?? null);
  }

  @ApiOperation({ summary: 'Who you are and what you may do' })
  @ApiOkResponse({ type: MeView })
  @ClientDoor()
  @Get('me')
  me(@CurrentClient() caller: ClientCaller): Promise<MeView> {
    return this.clients.me(caller);
  }
}
