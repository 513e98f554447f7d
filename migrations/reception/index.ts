import { CreateReception1764000040001 } from './001-create-reception.js';
import { SigningKeys1764000040002 } from './002-signing-keys.js';
import { Statements1764000040003 } from './003-statements.js';

export const receptionMigrations = [CreateReception1764000040001, SigningKeys1764000040002, Statements1764000040003];
