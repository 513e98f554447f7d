/**
 * What an orderly stop leaves for the next start: the blocks that are not final yet, and what waits in the pool. It is taken once; after a
 * kill there is none, and what was not final is gone from both sides.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { frame, notedFrame, readFrames, readNoted, readWhole, writeWhole } from './frames.js';
import type { BlockEntry, BlockNote } from './journal.js';

export interface Remainder {
  readonly blocks: readonly BlockEntry[];
  /** Signed bytes. */
  readonly transactions: readonly Uint8Array[];
}

const pathIn = (dir: string): string => join(dir, 'unfinalised');

export function leaveRemainder(dir: string, { blocks, transactions }: Remainder): void {
  const made = blocks.map(({ note, bytes }) => notedFrame('block', note, bytes).frame);
  writeWhole(pathIn(dir), Buffer.concat([...made, ...transactions.map((bytes) => frame('transaction', bytes))]));
}

export function takeRemainder(dir: string): Remainder {
  const blocks: BlockEntry[] = [];
  const transactions: Uint8Array[] = [];
  for (const { kind, payload } of readFrames(readWhole(pathIn(dir)))) {
    if (kind === 'transaction') transactions.push(new Uint8Array(payload));
    if (kind !== 'block') continue;
    const { note, bytes } = readNoted(payload);
    blocks.push({ note: note as BlockNote, bytes });
  }
  rmSync(pathIn(dir), { force: true });
  return { blocks, transactions };
}
