import { entropyToMnemonic, mnemonicToEntropy, mnemonicToSeedSync } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import { ok, refuse, type Result } from '#kernel';

/** BIP-39 with the English list. The entropy is what is kept; words are for people. */
export const mnemonicOf = (entropy: Uint8Array): string => entropyToMnemonic(entropy, wordlist);

/** The 64-byte seed of all keys (PBKDF2 with 2,048 rounds, as BIP-39 says). */
export const seedOf = (entropy: Uint8Array, passphrase = ''): Uint8Array => mnemonicToSeedSync(mnemonicOf(entropy), passphrase);

/** Refusal: `mnemonic.invalid` (a word not of the list, a wrong count, a wrong checksum). */
export function entropyOf(mnemonic: string): Result<Uint8Array> {
  try {
    return ok(mnemonicToEntropy(mnemonic.normalize('NFKD').trim().split(/\s+/).join(' '), wordlist));
  } catch {
    return refuse('mnemonic.invalid', 'These are not the words of a BIP-39 mnemonic: check spelling, order and count.');
  }
}
