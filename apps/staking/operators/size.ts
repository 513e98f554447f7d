import type { CredentialsType } from '#chains';
import { BATCH } from '../batches/batch.js';

/** What a whole validator of a pool holds, wei. */
export const sizeOf = ({ credentialsType, targetBalance }: { credentialsType: CredentialsType; targetBalance: bigint }): bigint =>
  credentialsType === 'compounding' && targetBalance > BATCH ? targetBalance : BATCH;
