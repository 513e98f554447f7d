import { CreateReception1764000040001 } from './001-create-reception.js';

export const receptionMigrations = [CreateReception1764000040001];
