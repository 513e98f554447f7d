import { IsUUID } from 'class-validator';
import { event } from './message.js';

export class ClientRegisteredV1 {
  @IsUUID() clientId!: string;
}
/** A client signed up. Compliance opens its standing (deny everything). */
export const ClientRegistered = event('reception', ['compliance'], 'client.registered@1', ClientRegisteredV1);
