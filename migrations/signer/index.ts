import type { MigrationInterface } from 'typeorm';
import { CreateSigner1764000070001 } from './001-create-signer.js';

export const signerMigrations: (new () => MigrationInterface)[] = [CreateSigner1764000070001];
