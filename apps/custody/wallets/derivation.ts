import { addressOfXpub } from '#chains/ethereum';

/** The address of child /0/index of an account's extended public key, lower-case. Throws on a private key: custody must never hold one. */
export const deriveAddress = (xpub: string, index: number): string => addressOfXpub(xpub, index);

/** Key path of the same child, for the signer. */
export const derivePath = (accountPath: string, index: number): string => `${accountPath}/0/${index}`;
