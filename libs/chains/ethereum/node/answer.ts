import type { Hex } from 'viem';
import { Fault } from '#kernel';

const DECIMAL = /^(0|[1-9]\d{0,19})$/;
const QUANTITY = /^0x(0|[1-9a-f][0-9a-f]{0,63})$/;
const HEX = /^0x([0-9a-f]{2})*$/;

/**
 * What a node answered, not yet believed. Each reading checks the protocol's own form and throws `chain.garbage` with the place where
 * the answer departs from it, so that nothing unchecked ever reaches a caller.
 */
export class Answer {
  constructor(
    private readonly source: string,
    private readonly value: unknown,
    private readonly place = '',
  ) {}

  garbage(expected: string): Fault {
    const found = this.value === undefined ? 'nothing' : JSON.stringify(this.value).slice(0, 120);
    return new Fault('chain.garbage', `${this.source} answered ${found} at ${this.place || 'the top'} where ${expected} belongs.`, true, {
      facts: { source: this.source, place: this.place },
    });
  }

  field(name: string): Answer {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) throw this.garbage('an object');
    const found = Object.hasOwn(this.value, name) ? (this.value as Record<string, unknown>)[name] : undefined;
    return new Answer(this.source, found, this.place ? `${this.place}.${name}` : name);
  }

  /** The names of an object's fields. */
  names(): string[] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) throw this.garbage('an object');
    return Object.keys(this.value);
  }

  has(name: string): boolean {
    return this.names().includes(name);
  }

  /** A field as an answer of its own. */
  part(name: string, source: string): Answer {
    return new Answer(source, this.field(name).value);
  }

  /** Neither missing nor null. */
  get present(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** As it came, for a parser that checks it by other means. */
  raw(): unknown {
    return this.value;
  }

  is(value: unknown): boolean {
    return this.value === value;
  }

  list(): Answer[] {
    if (!Array.isArray(this.value)) throw this.garbage('a list');
    return this.value.map((item: unknown, index) => new Answer(this.source, item, `${this.place}[${index}]`));
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.garbage('true or false');
    return this.value;
  }

  /** A small whole number that JSON writes as one (an error's code). */
  integer(): number {
    if (typeof this.value !== 'number' || !Number.isSafeInteger(this.value)) throw this.garbage('a whole number');
    return this.value;
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.garbage('a text');
    return this.value;
  }

  /** An unsigned 64-bit number as the Beacon API writes it: a decimal string. */
  decimal(): bigint {
    if (typeof this.value !== 'string' || !DECIMAL.test(this.value)) throw this.garbage('a decimal string');
    return BigInt(this.value);
  }

  /** The same of a number that may be below zero. */
  signed(): bigint {
    if (typeof this.value !== 'string' || !DECIMAL.test(this.value.replace(/^-/, '')))
      throw this.garbage('a decimal string with or without a sign');
    return BigInt(this.value);
  }

  /** A quantity as JSON-RPC writes it: 0x and hex digits without leading zeros. */
  quantity(): bigint {
    if (typeof this.value !== 'string' || !QUANTITY.test(this.value.toLowerCase())) throw this.garbage('a hex quantity');
    return BigInt(this.value);
  }

  hex(bytes?: number): Hex {
    const text = typeof this.value === 'string' ? this.value.toLowerCase() : '';
    if (!HEX.test(text) || (bytes !== undefined && text.length !== 2 + bytes * 2)) {
      throw this.garbage(bytes === undefined ? 'hex' : `${bytes} bytes of hex`);
    }
    return text as Hex;
  }
}
