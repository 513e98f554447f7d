import { PublicKey, Signature, verify } from '@chainsafe/blst';
import { ok, refuse, type Result } from '#kernel';
import type { SignedDeposit } from '../../port.js';
import { fromBytes, isHex, toBytes } from '../hex.js';
import { toGwei, WEI_PER_ETH } from '../units.js';
import { DepositData, depositDomain, DepositMessage, signingRoot } from './containers.js';
import { addressOfCredentials } from './credentials.js';

/**
 * Everything about a deposit that can be known before it is sent. The contract checks the root alone: a first deposit with a bad
 * signature burns the money, one with strange credentials gives it away. Refusals: `deposit.malformed`, `deposit.bad_amount` (below
 * 1 ETH or not whole Gwei), `deposit.bad_credentials` (neither 0x01 nor 0x02), `deposit.bad_root`, `deposit.bad_signature`.
 */
export function verifyDeposit(deposit: SignedDeposit, genesisForkVersion: string): Result<null> {
  const { pubkey, withdrawalCredentials, amount, signature, depositDataRoot } = deposit;
  if (!isHex(pubkey, 48) || !isHex(withdrawalCredentials, 32) || !isHex(signature, 96) || !isHex(depositDataRoot, 32)) {
    return refuse('deposit.malformed', 'Key, credentials, signature and root are 48, 32, 96 and 32 bytes of lower-case hex.');
  }
  const gwei = toGwei(amount);
  if (gwei === null || amount < WEI_PER_ETH) {
    return refuse('deposit.bad_amount', 'A deposit is at least 1 ETH, in whole Gwei.', { amount: amount.toString() });
  }
  if (!addressOfCredentials(withdrawalCredentials)) {
    return refuse('deposit.bad_credentials', 'Withdrawal credentials name an address (type 0x01 or 0x02).', { withdrawalCredentials });
  }
  const message = { pubkey: toBytes(pubkey), withdrawal_credentials: toBytes(withdrawalCredentials), amount: gwei };
  if (fromBytes(DepositData.hashTreeRoot({ ...message, signature: toBytes(signature) })) !== depositDataRoot) {
    return refuse('deposit.bad_root', 'The deposit data root is not that of this deposit.', { pubkey });
  }
  return hasValidSignature(deposit, genesisForkVersion)
    ? ok(null)
    : refuse('deposit.bad_signature', 'The signature is not that of this key.', { pubkey });
}

/** is_valid_deposit_signature: a first deposit without it is dropped by the protocol, money and all. Bytes are of the right lengths. */
export function hasValidSignature(
  { pubkey, withdrawalCredentials, amount, signature }: Omit<SignedDeposit, 'depositDataRoot'>,
  genesisForkVersion: string,
): boolean {
  const gwei = toGwei(amount);
  if (gwei === null) return false;
  const message = { pubkey: toBytes(pubkey), withdrawal_credentials: toBytes(withdrawalCredentials), amount: gwei };
  return signedBy(signingRoot(DepositMessage.hashTreeRoot(message), depositDomain(toBytes(genesisForkVersion))), pubkey, signature);
}

function signedBy(root: Uint8Array, pubkey: string, signature: string): boolean {
  try {
    return verify(root, PublicKey.fromBytes(toBytes(pubkey), true), Signature.fromBytes(toBytes(signature), true), true, true);
  } catch {
    return false; // not points of the curve
  }
}
