/**
 * Checked frames in a file. A frame: length of the payload (4 bytes, big-endian), kind (1 byte), payload, first 8 bytes of
 * sha256(kind + payload). Reading stops at the first frame that is torn or wrong.
 */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const KINDS = ['birth', 'block', 'state', 'final', 'transaction'] as const;
export type FrameKind = (typeof KINDS)[number];
const HEAD_BYTES = 5;
const SUM_BYTES = 8;

const checksum = (kindAndPayload: Uint8Array): Buffer => createHash('sha256').update(kindAndPayload).digest().subarray(0, SUM_BYTES);

export function frame(kind: FrameKind, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(KINDS.indexOf(kind), 4);
  return Buffer.concat([head, payload, checksum(Buffer.concat([head.subarray(4), payload]))]);
}

export const noteFrame = (kind: FrameKind, note: unknown): Buffer => frame(kind, Buffer.from(JSON.stringify(note)));

/** A note in JSON and bytes after it, in one payload: length of the note (4 bytes), note, bytes. `bytesAt` counts from the frame's start. */
export function notedFrame(kind: FrameKind, note: unknown, bytes: Uint8Array): { frame: Buffer; bytesAt: number } {
  const text = Buffer.from(JSON.stringify(note));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length, 0);
  return { frame: frame(kind, Buffer.concat([length, text, bytes])), bytesAt: HEAD_BYTES + 4 + text.length };
}

export interface Frame {
  readonly kind: FrameKind;
  readonly payload: Buffer;
  readonly start: number;
  readonly end: number;
}

export function* readFrames(file: Buffer): Generator<Frame> {
  let start = 0;
  while (start + HEAD_BYTES + SUM_BYTES <= file.length) {
    const payloadAt = start + HEAD_BYTES;
    const sumAt = payloadAt + file.readUInt32BE(start);
    const end = sumAt + SUM_BYTES;
    const kind = KINDS[file.readUInt8(start + 4)];
    if (kind === undefined || end > file.length) return;
    if (!checksum(file.subarray(start + 4, sumAt)).equals(file.subarray(sumAt, end))) return;
    yield { kind, payload: file.subarray(payloadAt, sumAt), start, end };
    start = end;
  }
}

export const readNote = (payload: Buffer): unknown => JSON.parse(payload.toString('utf8')) as unknown;

/** The reverse of `notedFrame`. `bytesAt` counts from the frame's start. */
export function readNoted(payload: Buffer): { note: unknown; bytes: Uint8Array; bytesAt: number } {
  const at = 4 + payload.readUInt32BE(0);
  return { note: readNote(payload.subarray(4, at)), bytes: new Uint8Array(payload.subarray(at)), bytesAt: HEAD_BYTES + at };
}

/** The bytes of a file; none when there is no such file. */
export function readWhole(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Makes names in a folder last through a power cut. */
export function syncFolder(dir: string): void {
  const folder = openSync(dir, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

/** Writes a file whole or not at all. */
export function writeWhole(path: string, data: Uint8Array): void {
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeFileSync(file, data);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}
