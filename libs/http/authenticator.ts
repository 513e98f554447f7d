import { createHash } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { Caller, StaffRole } from './doors.js';

/** Client API keys start with bk_, staff tokens with bs_; then 32 random bytes in base64url. */
const TOKEN = /^b[ks]_[A-Za-z0-9_-]{43}$/;

export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

interface IdentityRow {
  token_sha256: string;
  kind: 'client' | 'staff';
  subject: string;
  key_id: string;
  name: string | null;
  roles: StaffRole[];
}
type Waiting = Map<string, ((caller: Caller | null) => void)[]>;

/**
 * Finds who a token belongs to, by reception's SECURITY DEFINER function and at every request, so that a revocation binds at once. Tokens
 * that arrive while a lookup is under way share the next one: one round trip, not one a request.
 */
export class Authenticator {
  private waiting: Waiting = new Map();
  private failures: ((error: unknown) => void)[] = [];
  private underWay = 0;

  constructor(
    private readonly dataSource: DataSource,
    private readonly lanes = 2,
  ) {}

  /** The caller, or null when nobody owns the token (or no longer). */
  async callerOf(token: string): Promise<Caller | null> {
    if (!TOKEN.test(token)) return null;
    const hash = tokenHash(token);
    return new Promise<Caller | null>((resolve, reject) => {
      const others = this.waiting.get(hash);
      if (others) others.push(resolve);
      else this.waiting.set(hash, [resolve]);
      this.failures.push(reject);
      if (this.underWay < this.lanes) void this.lookUp();
    });
  }

  private async lookUp(): Promise<void> {
    const { waiting, failures } = this;
    this.waiting = new Map();
    this.failures = [];
    this.underWay++;
    try {
      const found = await this.find([...waiting.keys()]);
      for (const [hash, resolves] of waiting) for (const resolve of resolves) resolve(found.get(hash) ?? null);
    } catch (error) {
      for (const reject of failures) reject(error);
    } finally {
      this.underWay--;
      if (this.waiting.size > 0) void this.lookUp();
    }
  }

  private async find(hashes: readonly string[]): Promise<Map<string, Caller>> {
    const rows: IdentityRow[] = await this.dataSource.query(
      `SELECT encode(token_sha256, 'hex') AS token_sha256, kind, subject, key_id, name, roles FROM reception.authenticate_all($1::bytea[])`,
      [hashes.map((hash) => `\\x${hash}`)],
    );
    return new Map(rows.map((row) => [row.token_sha256, callerFrom(row)]));
  }
}

const callerFrom = (row: IdentityRow): Caller =>
  row.kind === 'client'
    ? { kind: 'client', clientId: row.subject, keyId: row.key_id }
    : { kind: 'staff', staffId: row.subject, name: row.name ?? '', roles: row.roles };
