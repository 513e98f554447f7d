import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { StatementRow } from './statement-row.js';

/** Of what is kept: a new number when rows get another form. */
export const SCHEMA_VERSION = 2;
/** Rows of one part: what is in memory at once while a statement is made or read. */
export const PART_ROWS = 2_000;

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

  /** The last part, if there is one, and the hash over all rows and the head, which is what does not change about a statement. */
  end(head: object): { part: { seq: number; content: Buffer } | null; sha256: Buffer } {
    const part = this.rows.length > 0 ? this.flush() : null;
    return { part, sha256: this.hash.update(JSON.stringify(head)).digest() };
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
