import type { Room } from '#http';
import { SignerConfig } from './config.js';
import { signerModule } from './signer.module.js';

/** The signer answers nobody over HTTP but health checks. */
export const signer: Room<SignerConfig> = {
  name: 'signer',
  prefixes: [],
  problems: {},
  config: SignerConfig,
  module: signerModule,
};
