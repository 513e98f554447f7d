import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { uuidOf } from '#kernel';
import type { Caller, StaffRole } from './doors.js';
import { isPassingTrouble } from './passing-trouble.js';
import type { Scope } from './scopes.js';

/** Client API keys start with bk_, staff tokens with bs_; then 32 random bytes in base64url. */
const TOKEN = /^b[ks]_[A-Za-z0-9_-]{43}$/;

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Looked for by a token's hash, or by the id of a key that signs. */
interface IdentityRow {
  looked_for: string;
  kind: 'client' | 'staff';
  subject: string;
  key_id: string;
  name: string | null;
  roles: StaffRole[];
  scopes: Scope[];
  public_key: Buffer | null;
}
const LOOK_UP =
  'SELECT looked_for, kind, subject, key_id, name, roles, scopes, public_key FROM reception.identify($1::bytea[], $2::uuid[])';

const PAUSES_MS = [0, 20, 100];

/** A signing key's owner, and what its signatures are checked with. */
export interface Signer {
  readonly caller: Caller;
  readonly publicKey: Buffer;
}
type Waiting = Map<string, ((row: IdentityRow | null) => void)[]>;

/**
 * Finds who a token belongs to, by reception's SECURITY DEFINER function and at every request, so that a revocation binds at once. Tokens
 * that arrive while a lookup is under way share the next one: one round trip, not one a request. It keeps a connection to itself, so that
 * nobody waits at the door for the work inside.
 */
export class Authenticator implements BeforeApplicationShutdown {
  private waiting: Waiting = new Map();
  private failures: ((error: unknown) => void)[] = [];
  private underWay = false;
  private connection: QueryRunner | null = null;
  private closing = false;

  constructor(private readonly dataSource: DataSource) {}

  /** What is still under way uses the pool. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    await this.connection?.release();
  }

  /** The caller, or null when nobody owns the token (or no longer). */
  async callerOf(token: string): Promise<Caller | null> {
    if (!TOKEN.test(token)) return null;
    const row = await this.rowOf(tokenHash(token));
    return row && callerFrom(row);
  }

  /** Whose key this is, by its public id (key_…); null when it is nobody's, revoked, expired, or no key that signs. */
  async signerOf(keyId: string): Promise<Signer | null> {
    const id = uuidOf('apiKey', keyId);
    const row = id === null ? null : await this.rowOf(id);
    return row?.public_key ? { caller: callerFrom(row), publicKey: row.public_key } : null;
  }

  private rowOf(lookedFor: string): Promise<IdentityRow | null> {
    return new Promise<IdentityRow | null>((resolve, reject) => {
      const others = this.waiting.get(lookedFor);
      if (others) others.push(resolve);
      else this.waiting.set(lookedFor, [resolve]);
      this.failures.push(reject);
      if (!this.underWay) void this.lookUp();
    });
  }

  private async lookUp(): Promise<void> {
    const { waiting, failures } = this;
    this.waiting = new Map();
    this.failures = [];
    this.underWay = true;
    try {
      const found = await this.find([...waiting.keys()]);
      for (const [lookedFor, resolves] of waiting) for (const resolve of resolves) resolve(found.get(lookedFor) ?? null);
    } catch (error) {
      for (const reject of failures) reject(error);
    } finally {
      this.underWay = false;
      if (this.waiting.size > 0) void this.lookUp();
    }
  }

  private async find(lookedFor: readonly string[]): Promise<Map<string, IdentityRow>> {
    const hashes = lookedFor.filter((one) => one.length === 64).map((hash) => `\\x${hash}`);
    const rows = await this.ask([hashes, lookedFor.filter((one) => one.length !== 64)]);
    return new Map(rows.map((row) => [row.looked_for, row]));
  }

  /** Connections die of old age and of a server's restart, and the pool notices late: asked again with a fresh one. */
  private async ask(parameters: unknown[]): Promise<IdentityRow[]> {
    for (const pauseMs of PAUSES_MS) {
      try {
        return await this.query(parameters);
      } catch (error) {
        if (!isPassingTrouble(error)) throw error;
        await this.connection?.release().catch(() => undefined);
        this.connection = null;
        await pause(pauseMs);
      }
    }
    return this.query(parameters);
  }

  private query(parameters: unknown[]): Promise<IdentityRow[]> {
    if (this.closing) return this.dataSource.query(LOOK_UP, parameters);
    if (this.connection === null || this.connection.isReleased) this.connection = this.dataSource.createQueryRunner();
    return this.connection.query(LOOK_UP, parameters) as Promise<IdentityRow[]>;
  }
}

const callerFrom = (row: IdentityRow): Caller =>
  row.kind === 'client'
    ? { kind: 'client', clientId: row.subject, keyId: row.key_id, scopes: row.scopes }
    : { kind: 'staff', staffId: row.subject, name: row.name ?? '', roles: row.roles };
