import { CreateReception1764000040001 } from './001-create-reception.js';
import { SigningKeys1764000040002 } from './002-signing-keys.js';

export const receptionMigrations = [CreateReception1764000040001, SigningKeys1764000040002];
