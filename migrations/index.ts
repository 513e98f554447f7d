import { auditMigrations } from './audit/index.js';
import { complianceMigrations } from './compliance/index.js';
import { custodyMigrations } from './custody/index.js';
import { deliveryMigrations } from './delivery/index.js';
import { houseMigrations } from './house/index.js';
import { ledgerMigrations } from './ledger/index.js';
import { pricesMigrations } from './prices/index.js';
import { receptionMigrations } from './reception/index.js';
import { rewardsMigrations } from './rewards/index.js';
import { sealMigrations } from './seal/index.js';
import { signerMigrations } from './signer/index.js';
import { stakingMigrations } from './staking/index.js';

/** All schemas, foundations first. */
export const migrations = [
  ...ledgerMigrations,
  ...auditMigrations,
  ...sealMigrations,
  ...deliveryMigrations,
  ...receptionMigrations,
  ...complianceMigrations,
  ...custodyMigrations,
  ...signerMigrations,
  ...stakingMigrations,
  ...pricesMigrations,
  ...rewardsMigrations,
  ...houseMigrations,
];
