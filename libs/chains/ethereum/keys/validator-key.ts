import { SecretKey } from '@chainsafe/blst';
import { invariant } from '#kernel';

const PATH = /^m(\/(0|[1-9]\d{0,9}))*$/;
const LAST_INDEX = 2 ** 32 - 1;

/** EIP-2334: the key that validator number `index` signs with. */
export const validatorKeyPath = (index: number): string => `m/12381/3600/${index}/0/0`;

/** EIP-2333: the key at a path below a seed. Every level is hardened by construction: no public derivation exists. */
export function deriveBlsKey(seed: Uint8Array, path: string): SecretKey {
  invariant(PATH.test(path), 'key.path', { path });
  const levels = path.split('/').slice(1).map(Number);
  invariant(
    levels.every((level) => level <= LAST_INDEX),
    'key.path',
    { path },
  );
  return levels.reduce((key, level) => key.deriveChildEip2333(level), SecretKey.deriveMasterEip2333(seed));
}
