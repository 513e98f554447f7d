import { CreateCustody1764000060001 } from './001-create-custody.js';

export const custodyMigrations = [CreateCustody1764000060001];
