/**
 * The chain on disk: one append-only file of frames. Whenever finality advances, the blocks up to the one that showed it are appended in one
 * write that ends with a `final` frame and is synced before anyone sees that they are final; whatever stands after the last whole `final`
 * frame is cut off at the next start. So a kill at any moment leaves a final block on both sides of the bridge, and a transaction that was
 * sent later on neither.
 *
 * Blocks above the final one may still be undone by a reorg: a block frame takes the place of all before it that are not its ancestors.
 */
import { closeSync, fsyncSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { rewards } from '@lodestar/types';
import type { Birth } from './config.js';
import { noteFrame, notedFrame, readFrames, readNote, readNoted, readWhole, syncFolder } from './frames.js';
import type { Hex } from './hex.js';

export interface BirthNote extends Birth {
  readonly genesisRoot: Hex;
  readonly genesisHash: Hex;
}
export interface FinalNote {
  readonly epoch: number;
  readonly root: Hex;
}
/** What is noted of a block beside its bytes. */
export interface BlockNote {
  readonly slot: number;
  readonly root: Hex;
  readonly parentRoot: Hex;
  readonly executionNumber: number;
  readonly executionHash: Hex;
  readonly rewards: rewards.BlockRewards | null;
}
/** Where bytes lie in the journal. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}
export interface BlockEntry {
  readonly note: BlockNote;
  readonly bytes: Uint8Array;
}
export interface StateEntry {
  /** Of the block after which the state stood. */
  readonly slot: number;
  readonly bytes: Uint8Array;
}
export interface Contents {
  readonly birth: BirthNote;
  readonly final: FinalNote;
  /** The canonical chain after genesis, in order; above the final block as far as it was known when that became final. */
  readonly blocks: readonly { readonly note: BlockNote; readonly place: Place }[];
  readonly states: readonly { readonly slot: number; readonly place: Place }[];
}

/** What chains have that were born before these could be chosen. */
const BORN_BEFORE = { validatorEther: 32, builderEther: 0 };

/** The contents in force and where they end; nothing when no chain was born here. */
function parse(file: Buffer): { contents: Contents | null; length: number } {
  const all = [...readFrames(file)];
  const inForce = all.slice(0, all.findLastIndex(({ kind }) => kind === 'final') + 1);
  let birth: BirthNote | null = null;
  let final: FinalNote | null = null;
  const blocks: { note: BlockNote; place: Place }[] = [];
  const states: { slot: number; place: Place }[] = [];
  for (const { kind, payload, start } of inForce) {
    if (kind === 'birth') birth = { ...BORN_BEFORE, ...(readNote(payload) as BirthNote) };
    if (kind === 'final') final = readNote(payload) as FinalNote;
    if (kind !== 'block' && kind !== 'state') continue;
    const { note, bytes, bytesAt } = readNoted(payload);
    const place = { offset: start + bytesAt, length: bytes.length };
    if (kind === 'state') states.push({ slot: (note as StateEntry).slot, place });
    else {
      const block = note as BlockNote;
      while (blocks.length > 0 && blocks.at(-1)?.note.root !== block.parentRoot) blocks.pop();
      blocks.push({ note: block, place });
    }
  }
  return { contents: birth && final && { birth, final, blocks, states }, length: inForce.at(-1)?.end ?? 0 };
}

export class Journal {
  readonly #file: number;
  #length: number;

  private constructor(file: number, length: number) {
    this.#file = file;
    this.#length = length;
  }

  static open(dir: string): { journal: Journal; contents: Contents | null } {
    const path = join(dir, 'chain.journal');
    const { contents, length } = parse(readWhole(path));
    const file = openSync(path, contents ? 'r+' : 'w+', 0o600);
    ftruncateSync(file, length);
    syncFolder(dir);
    return { journal: new Journal(file, length), contents };
  }

  born(birth: BirthNote): void {
    this.#append([noteFrame('birth', birth), noteFrame('final', { epoch: 0, root: birth.genesisRoot } satisfies FinalNote)]);
  }

  /** Appends blocks and says what is final now, all or nothing; answers where the bytes lie. */
  commit(blocks: readonly BlockEntry[], state: StateEntry | null, final: FinalNote): { blocks: Place[]; state: Place | null } {
    const pieces = blocks.map(({ note, bytes }) => ({ ...notedFrame('block', note, bytes), length: bytes.length }));
    if (state) pieces.push({ ...notedFrame('state', { slot: state.slot }, state.bytes), length: state.bytes.length });
    let at = this.#length;
    const places = pieces.map((piece) => {
      const place = { offset: at + piece.bytesAt, length: piece.length };
      at += piece.frame.length;
      return place;
    });
    this.#append([...pieces.map((piece) => piece.frame), noteFrame('final', final)]);
    return { blocks: places.slice(0, blocks.length), state: state ? (places.at(-1) ?? null) : null };
  }

  /** The length in force moves only when all is on disk: what an error leaves behind is written over by the next append. */
  #append(parts: readonly Buffer[]): void {
    const data = Buffer.concat(parts);
    let written = 0;
    while (written < data.length) written += writeSync(this.#file, data, written, data.length - written, this.#length + written);
    fsyncSync(this.#file);
    this.#length += data.length;
  }

  read({ offset, length }: Place): Uint8Array {
    const bytes = new Uint8Array(length);
    const got = readSync(this.#file, bytes, 0, length, offset);
    if (got !== length) throw new Error(`the journal ends early: ${got} of ${length} bytes at ${offset}`);
    return bytes;
  }

  close(): void {
    closeSync(this.#file);
  }
}
