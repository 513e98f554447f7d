import type { MigrationInterface } from 'typeorm';
import { CreateSigner1764000070001 } from './001-create-signer.js';
import { SignerReplacements1764000070002 } from './002-replacements-and-further-deposits.js';
import { SignerSeals1764000070020 } from './010-seals.js';

export const signerMigrations: (new () => MigrationInterface)[] = [
  CreateSigner1764000070001,
  SignerReplacements1764000070002,
  SignerSeals1764000070020,
];
