import { addressOfCredentials, withdrawalCredentials } from '#chains/ethereum';
import type { ValidatorKeyEntity } from './validator-key.entity.js';

/** The credentials of a key: those of its first deposit, or once a switch was signed, compounding ones with the same address. */
export function isCredentialsOf(key: Pick<ValidatorKeyEntity, 'withdrawalCredentials' | 'compoundingAt'>, credentials: string): boolean {
  if (key.withdrawalCredentials === credentials) return true;
  const payee = addressOfCredentials(key.withdrawalCredentials);
  return key.compoundingAt !== null && payee !== null && withdrawalCredentials(payee, 'compounding') === credentials;
}
