import type { SecretKey } from '@chainsafe/blst';
import { invariant, type Amount } from '#kernel';
import type { SignedDeposit } from '../../port.js';
import { fromBytes, toBytes } from '../hex.js';
import { toGwei } from '../units.js';
import { DepositData, depositDomain, DepositMessage, signingRoot } from './containers.js';

/** A deposit message signed by the validator's own key, with the root that the deposit contract checks. */
export function signDeposit(key: SecretKey, credentials: string, value: Amount, genesisForkVersion: string): SignedDeposit {
  const gwei = toGwei(value);
  invariant(gwei !== null, 'deposit.not_whole_gwei', { value: value.toString() });
  const message = { pubkey: key.toPublicKey().toBytes(), withdrawal_credentials: toBytes(credentials), amount: gwei };
  const root = signingRoot(DepositMessage.hashTreeRoot(message), depositDomain(toBytes(genesisForkVersion)));
  const signature = key.sign(root).toBytes();
  return {
    pubkey: fromBytes(message.pubkey),
    withdrawalCredentials: credentials,
    amount: value,
    signature: fromBytes(signature),
    depositDataRoot: fromBytes(DepositData.hashTreeRoot({ ...message, signature })),
  };
}
