/** 0x-prefixed lower-case hexadecimal, as both wire protocols write bytes. */
export type Hex = `0x${string}`;

export const toHex = (bytes: Uint8Array): Hex => `0x${Buffer.from(bytes).toString('hex')}`;

export const toBytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), 'hex'));

/** A JSON-RPC quantity: no leading zeros. */
export const toQuantity = (value: number | bigint): Hex => `0x${value.toString(16)}`;
