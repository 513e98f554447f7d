/** Reading the bodies of control commands; what is wrong with one is `localnet.invalid`. */
import { isAddress } from 'viem';
import type { Chain } from '../ethereum/chain.js';
import { toBytes } from '../ethereum/hex.js';
import type { Hex } from '../ethereum/hex.js';
import { indexOf } from '../ethereum/state.js';
import { FaceError } from '../http.js';
import type { Handler } from '../http.js';

/** One command of the control face, as the help lists it. */
export interface Command {
  /** Its fields, as people read them. */
  readonly body: string;
  readonly does: string;
  readonly handle: Handler;
}
export type Commands = Readonly<Record<string, Command>>;
export type Body = Readonly<Record<string, unknown>>;

export const invalid = (message: string): FaceError => new FaceError(400, 'localnet.invalid', message);

/** The body of a POST as an object with no other fields than these. */
export function bodyOf(body: unknown, allowed: readonly string[]): Body {
  if (body === undefined) return {};
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw invalid('the body must be a JSON object');
  const unknown = Object.keys(body).find((field) => !allowed.includes(field));
  if (unknown !== undefined) throw invalid(`unknown field ${unknown}: only ${allowed.join(', ') || 'none'} here`);
  return body as Body;
}

export function whole(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(`${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

export function flag(value: unknown, name: string, absent: boolean): boolean {
  if (value === undefined) return absent;
  if (typeof value !== 'boolean') throw invalid(`${name} must be true or false`);
  return value;
}

export function hexOf(value: unknown, name: string, bytes: number): Hex {
  if (typeof value !== 'string' || !new RegExp(`^0x[0-9a-fA-F]{${bytes * 2}}$`).test(value)) {
    throw invalid(`${name} must be 0x and ${bytes * 2} hexadecimal digits`);
  }
  return value.toLowerCase() as Hex;
}

export function addressOf(value: unknown, name: string): Hex {
  if (typeof value === 'string' && isAddress(value)) return value;
  throw invalid(`${name} must be an Ethereum address, with a right checksum if in mixed case`);
}

export function weiOf(value: unknown): bigint {
  if (typeof value === 'string' && /^[1-9]\d{0,30}$/.test(value)) return BigInt(value);
  throw invalid('wei must be a string of digits: a whole amount above zero');
}

/** The index of the validator that a body names by `index` or `pubkey`. */
export function validatorOf({ headState }: Chain, body: Body): number {
  const index = body['pubkey'] === undefined ? body['index'] : indexOf(headState, toBytes(hexOf(body['pubkey'], 'pubkey', 48)));
  if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= headState.validators.length) {
    throw new FaceError(404, 'localnet.validator_unknown', 'no such validator: give its index or pubkey');
  }
  return index;
}
