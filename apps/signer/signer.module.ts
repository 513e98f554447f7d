import { Module, type DynamicModule } from '@nestjs/common';
import { databaseModule } from '#database';
import { deliveryModule } from '#delivery';
import { systemClock } from '#kernel';
import { SealKey } from '#ledger';
import { createLogger, type Metrics } from '#runtime';
import type { SignerConfig } from './config.js';
import { KeyringEntity } from './keyring/keyring.entity.js';
import { KeyringPublisher } from './keyring/keyring.publisher.js';
import { Keyring } from './keyring/keyring.service.js';
import { loadSeed } from './keyring/seed.store.js';
import { SealEntity, SealRefusalEntity } from './sealing/seal.entity.js';
import { SealsProcessor } from './sealing/seals.processor.js';
import { SealsService } from './sealing/seals.service.js';
import { EvidenceService } from './signatures/evidence.service.js';
import { SignatureEntity } from './signatures/signature.entity.js';
import { SignaturesProcessor } from './signatures/signatures.processor.js';
import { SignaturesService } from './signatures/signatures.service.js';
import { CLOCK, CONFIG, LOGGER } from './tokens.js';
import { DepositMessageEntity } from './validator-keys/deposit-message.entity.js';
import { ValidatorKeyEntity } from './validator-keys/validator-key.entity.js';
import { ValidatorKeysProcessor } from './validator-keys/validator-keys.processor.js';
import { ValidatorKeysService } from './validator-keys/validator-keys.service.js';

export const signerEntities = [KeyringEntity, SignatureEntity, ValidatorKeyEntity, DepositMessageEntity, SealEntity, SealRefusalEntity];

@Module({})
class SignerRoom {}

/** What we may sign: keys, policy, signatures. No route, no chain, no ledger: messages in, messages out. */
export function signerModule(config: SignerConfig, metrics: Metrics): DynamicModule {
  return {
    module: SignerRoom,
    imports: [databaseModule('signer', config, signerEntities), deliveryModule('signer', config, { metrics })],
    providers: [
      { provide: CONFIG, useValue: config },
      { provide: CLOCK, useValue: systemClock },
      { provide: Keyring, useFactory: () => new Keyring(loadSeed(config).entropy) },
      { provide: LOGGER, useFactory: () => createLogger('signer', config.LOG_LEVEL, config.LOG_FILE) },
      { provide: SealKey, inject: [Keyring], useFactory: (keyring: Keyring) => keyring.sealKey() },
      KeyringPublisher,
      EvidenceService,
      SignaturesService,
      SignaturesProcessor,
      ValidatorKeysService,
      ValidatorKeysProcessor,
      SealsService,
      SealsProcessor,
    ],
  };
}
