import { createHash, type Hash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { StatementRow } from './statement-row.js';
import type { NewStatement } from './statements.store.js';

/** Of what is kept: a new number when rows get another form. */
export const SCHEMA_VERSION = 2;
/** Rows of one part: what is in memory at once while a statement is made or read. */
export const PART_ROWS = 2_000;

/** What is hashed besides the rows: the whole head but its hash, and the lots that the next month goes on with. */
export type Sealed = Omit<NewStatement, 'contentSha256' | 'parts'>;

const sealOf = (
  hash: Hash,
  { id, clientId, kind, month, from, to, currency, provisional, ...more }: Sealed & { parts: number },
): Buffer => {
  const { lines, parts, unpriced, unpricedCode, accounts, lots, schemaVersion, madeAt } = more;
  const head = {
    id,
    clientId,
    kind,
    month,
    from,
    to,
    currency,
    provisional,
    lines,
    parts,
    unpriced,
    unpricedCode,
    accounts,
    lots,
    schemaVersion,
    madeAt,
  };
  return hash.update(canonical(head)).digest();
};

/** JSON with names in order, as the database keeps them in one of its own. */
const canonical = (value: object): string =>
  JSON.stringify(value, (_name, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );

/** Hashes what is kept of a statement again, part by part. */
export class ContentCheck {
  private readonly hash = createHash('sha256');

  part(content: Buffer): void {
    this.hash.update(gunzipSync(content));
  }

  /** After the last part: whether all is as it was made. */
  intact(head: NewStatement): boolean {
    return sealOf(this.hash, head).equals(head.contentSha256);
  }
}

/** Cuts rows into parts as they come, and hashes them on the way. */
export class ContentWriter {
  private readonly hash = createHash('sha256');
  private rows: string[] = [];
  private seq = 0;

  /** Returns the parts that are full. */
  write(rows: readonly StatementRow[]): { seq: number; content: Buffer }[] {
    const full: { seq: number; content: Buffer }[] = [];
    for (const row of rows) {
      this.rows.push(JSON.stringify(row));
      if (this.rows.length === PART_ROWS) full.push(this.flush());
    }
    return full;
  }

  /** The last part, if there is one, how many there are, and the hash over all that never changes about a statement. */
  end(head: Sealed): { part: { seq: number; content: Buffer } | null; parts: number; sha256: Buffer } {
    const part = this.rows.length > 0 ? this.flush() : null;
    return { part, parts: this.seq, sha256: sealOf(this.hash, { ...head, parts: this.seq }) };
  }

  private flush(): { seq: number; content: Buffer } {
    const text = `${this.rows.join('\n')}\n`;
    this.hash.update(text);
    this.rows = [];
    return { seq: this.seq++, content: gzipSync(text, { level: 6 }) };
  }
}

export const rowsOfPart = (content: Buffer): StatementRow[] =>
  gunzipSync(content)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StatementRow);
