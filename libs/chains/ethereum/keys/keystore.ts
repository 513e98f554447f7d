import { create, decrypt, defaultScryptModule, isValidKeystore, type IKeystore } from '@chainsafe/bls-keystore';
import type { SecretKey } from '@chainsafe/blst';
import { ok, refuse, type Result } from '#kernel';

/** An EIP-2335 keystore (version 4: scrypt, aes-128-ctr) of a validator key, as validator clients import it. */
export const writeKeystore = (key: SecretKey, path: string, password: string): Promise<IKeystore> =>
  create(password, key.toBytes(), key.toPublicKey().toBytes(), path, null, defaultScryptModule());

/** The secret of a keystore. Refusals: `keystore.malformed`, `keystore.wrong_password`. */
export async function readKeystore(keystore: unknown, password: string): Promise<Result<Uint8Array>> {
  if (!isValidKeystore(keystore)) return refuse('keystore.malformed', 'This is not an EIP-2335 keystore.');
  try {
    return ok(await decrypt(keystore, password));
  } catch {
    return refuse('keystore.wrong_password', 'The password does not open this keystore.');
  }
}
