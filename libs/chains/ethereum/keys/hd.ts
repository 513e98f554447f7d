import { HDKey } from '@scure/bip32';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { publicKeyToAddress } from 'viem/accounts';
import type { Hex } from 'viem';
import { invariant } from '#kernel';
import { fromBytes } from '../hex.js';

const ACCOUNT_PATH = /^m\/44'\/60'\/(0|[1-9]\d{0,8})'$/;
const ADDRESS_PATH = /^m\/44'\/60'\/(0|[1-9]\d{0,8})'\/0\/(0|[1-9]\d{0,8})$/;

/** BIP-44 for Ethereum: an account is hardened, its addresses are public children, so that who shows addresses needs no private key. */
export const accountPath = (account: number): string => `m/44'/60'/${account}'`;
export const addressPath = (account: number, index: number): string => `${accountPath(account)}/0/${index}`;

export interface AddressPath {
  readonly account: number;
  readonly index: number;
}
/** Null for anything but m/44'/60'/account'/0/index, written plainly. */
export function parseAddressPath(path: string): AddressPath | null {
  const match = ADDRESS_PATH.exec(path);
  return match ? { account: Number(match[1]), index: Number(match[2]) } : null;
}

/** The keys below one seed. Private; lives in the signer only. */
export class HdTree {
  private readonly root: HDKey;
  constructor(seed: Uint8Array) {
    this.root = HDKey.fromMasterSeed(seed);
  }

  accountXpub(path: string): string {
    invariant(ACCOUNT_PATH.test(path), 'key.path', { path });
    return this.root.derive(path).publicExtendedKey;
  }

  privateKey({ account, index }: AddressPath): Uint8Array {
    const key = this.root.derive(addressPath(account, index)).privateKey;
    invariant(key !== null, 'key.no_private_key');
    return key;
  }

  address({ account, index }: AddressPath): Hex {
    return addressOf(this.root.derive(addressPath(account, index)));
  }
}

/** Address number `index` of an account's extended public key: its child /0/index. Throws on text that is not an extended public key. */
export function addressOfXpub(xpub: string, index: number): Hex {
  const account = HDKey.fromExtendedKey(xpub);
  invariant(account.privateKey === null, 'key.private_where_public_belongs');
  return addressOf(account.deriveChild(0).deriveChild(index));
}

function addressOf(key: HDKey): Hex {
  invariant(key.publicKey !== null, 'key.no_public_key');
  const point = secp256k1.Point.fromBytes(key.publicKey);
  return publicKeyToAddress(fromBytes(point.toBytes(false))).toLowerCase() as Hex;
}
