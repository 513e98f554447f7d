/** The file anchor: one JSON line a signed block, kept where whoever can write to the database cannot write. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { sealedLogs } from '#messages';
import type { SignedBlock } from './block.js';

export type AnchorEntry = Pick<SignedBlock, 'log' | 'seq' | 'previous' | 'hash' | 'sealed_at'> & {
  readonly signature: string;
  readonly public_key: string;
};

export function anchorLine({ log, seq, previous, hash, sealed_at, signature, public_key }: SignedBlock): string {
  return `${JSON.stringify({ log, seq, previous, hash, sealed_at, signature, public_key })}\n`;
}

/** Line by line, however long the file is; null for a line that is none of ours. */
export async function* readAnchor(path: string): AsyncGenerator<AnchorEntry | null, void, undefined> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity });
  for await (const line of lines) if (line !== '') yield entryOf(line);
}

const fields: Readonly<Record<keyof AnchorEntry, RegExp>> = {
  log: new RegExp(`^(${sealedLogs.join('|')})$`),
  seq: /^[1-9]\d{0,18}$/,
  previous: /^[0-9a-f]{64}$/,
  hash: /^[0-9a-f]{64}$/,
  sealed_at: /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/,
  signature: /^[0-9a-f]{128}$/,
  public_key: /^[0-9a-f]{64}$/,
};

function entryOf(line: string): AnchorEntry | null {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return null;
    const values = new Map(Object.entries(entry));
    const sound = Object.entries(fields).every(([name, form]) => {
      const value: unknown = values.get(name);
      return typeof value === 'string' && form.test(value);
    });
    return sound ? (entry as AnchorEntry) : null;
  } catch {
    return null;
  }
}
