import type { Hex } from 'viem';

const HEX = /^0x([0-9a-f]{2})*$/;

/** Lower-case 0x hex of whole bytes, of a given length where one is asked for. */
export const isHex = (text: string, bytes?: number): text is Hex =>
  HEX.test(text) && (bytes === undefined || text.length === 2 + bytes * 2);

export const fromBytes = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;

/** The caller has checked that the text is hex. */
export const toBytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
