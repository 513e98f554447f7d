/**
 * The finalised chain on disk: one append-only file of frames. What belongs together is appended in one write that ends with a `final`
 * frame and is synced before anyone sees it; whatever stands after the last whole `final` frame is cut off at the next start. So a kill at
 * any moment leaves a block finalised on both sides of the bridge or on neither.
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
  readonly blocks: readonly { readonly note: BlockNote; readonly place: Place }[];
  readonly states: readonly { readonly slot: number; readonly place: Place }[];
}

/** The contents in force and where they end; nothing when no chain was born here. */
function parse(file: Buffer): { contents: Contents | null; length: number } {
  let birth: BirthNote | null = null;
  let inForce: { final: FinalNote; blocks: number; states: number; length: number } | null = null;
  const blocks: { note: BlockNote; place: Place }[] = [];
  const states: { slot: number; place: Place }[] = [];
  for (const { kind, payload, start, end } of readFrames(file)) {
    if (kind === 'birth') birth = readNote(payload) as BirthNote;
    if (kind === 'block' || kind === 'state') {
      const { note, bytes, bytesAt } = readNoted(payload);
      const place = { offset: start + bytesAt, length: bytes.length };
      if (kind === 'block') blocks.push({ note: note as BlockNote, place });
      else states.push({ slot: (note as StateEntry).slot, place });
    }
    if (kind === 'final') inForce = { final: readNote(payload) as FinalNote, blocks: blocks.length, states: states.length, length: end };
  }
  if (!birth || !inForce) return { contents: null, length: 0 };
  const contents = { birth, final: inForce.final, blocks: blocks.slice(0, inForce.blocks), states: states.slice(0, inForce.states) };
  return { contents, length: inForce.length };
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

  /** Makes blocks final, all or none; answers where their bytes lie now, and those of the state. */
  finalise(blocks: readonly BlockEntry[], state: StateEntry | null, final: FinalNote): { blocks: Place[]; state: Place | null } {
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
