/**
 * Dumps of the execution side, so that a start need not make every block again. They are an abbreviation, not the truth: one is used only
 * when its block is in the journal, and the blocks after it are remade with their hashes checked.
 */
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './frames.js';
import type { Hex } from './hex.js';

/** Blocks from one dump to the next. */
const EVERY = 128;
/** A start remakes at least so many finalised blocks (where there are that many), so that balances at them can be asked for. */
const REMADE_AT_LEAST = 64;
const KEPT = 3;

interface Snapshot {
  readonly number: number;
  readonly hash: string;
  readonly file: string;
}

export class Snapshots {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Newest first. */
  #all(): Snapshot[] {
    return readdirSync(this.#dir)
      .map((file) => ({ file, match: /^execution-(\d+)-(0x[0-9a-f]{64})\.gz$/.exec(file) }))
      .flatMap(({ file, match }) => (match ? [{ number: Number(match[1]), hash: match[2] ?? '', file }] : []))
      .sort((a, b) => b.number - a.number);
  }

  /** The newest dump that leaves enough finalised blocks to remake. Dumps that are not part of the finalised chain are thrown away. */
  choose(finalised: number, hashOf: (number: number) => Hex | undefined): Buffer | undefined {
    const [canonical, others] = [
      this.#all().filter((s) => hashOf(s.number) === s.hash),
      this.#all().filter((s) => hashOf(s.number) !== s.hash),
    ];
    for (const { file } of others) rmSync(join(this.#dir, file), { force: true });
    const chosen = canonical.find(({ number }) => number <= finalised - REMADE_AT_LEAST);
    return chosen && readFileSync(join(this.#dir, chosen.file));
  }

  due(number: number): boolean {
    return number - (this.#all()[0]?.number ?? 0) >= EVERY;
  }

  save(number: number, hash: Hex, dump: Buffer): void {
    writeWhole(join(this.#dir, `execution-${String(number).padStart(10, '0')}-${hash}.gz`), dump);
    for (const { file } of this.#all().slice(KEPT)) rmSync(join(this.#dir, file), { force: true });
  }
}
