/** What is final, in memory and on disk: on disk first, then exposed. */
import { noteOf } from './blocks.js';
import type { Block, Blocks } from './blocks.js';
import type { Report } from '../options.js';
import { toHex } from './hex.js';
import type { OpenedChain } from './open.js';
import { serializeState } from './state.js';

/** Every so many epochs a finalised state goes to the journal: no question about the past costs more than the replay of that many. */
const ARCHIVE_EPOCHS = 8;

export class Finality {
  #block: Block;
  #epoch: number;
  #archivedEpoch: number;
  readonly #blocks: Blocks;
  readonly #disk: OpenedChain;

  constructor(
    opened: OpenedChain,
    private readonly report: Report,
  ) {
    this.#disk = opened;
    this.#blocks = opened.blocks;
    this.#block = opened.finalised;
    this.#epoch = opened.finalisedEpoch;
    this.#archivedEpoch = opened.archivedEpoch;
  }

  get block(): Block {
    return this.#block;
  }
  get epoch(): number {
    return this.#epoch;
  }

  /** When the state after `made` finalises a later checkpoint, commits the chain up to it, whole or not at all. Answers whether it did. */
  commit(made: Block): boolean {
    const checkpoint = this.#blocks.state(made).finalizedCheckpoint;
    if (checkpoint.epoch <= this.#epoch) return false;
    const root = toHex(checkpoint.root);
    const finalised = this.#blocks.byRoot(root);
    if (!finalised) throw new Error(`the finalised block ${root} is not part of the chain`);
    // All up to `made`, which shows that it is final: a chain that goes on from here never knows less finality than it showed before.
    const fresh = this.#blocks.after(this.#block).filter(({ bytes }) => bytes instanceof Uint8Array);
    const archive = checkpoint.epoch - this.#archivedEpoch >= ARCHIVE_EPOCHS;
    const places = this.#disk.journal.commit(
      fresh.map((block) => ({ note: noteOf(block), bytes: this.#blocks.bytes(block) })),
      archive ? { slot: finalised.slot, bytes: serializeState(this.#blocks.state(finalised)) } : null,
      { epoch: checkpoint.epoch, root },
    );
    fresh.forEach((block, i) => {
      block.bytes = places.blocks[i] ?? block.bytes;
    });
    if (places.state) {
      this.#blocks.archiveState(finalised.slot, places.state);
      this.#archivedEpoch = checkpoint.epoch;
    }
    this.#block = finalised;
    this.#epoch = checkpoint.epoch;
    this.#blocks.forget(finalised);
    return true;
  }

  /** Now and then a dump of the execution side at the head; without it the next start only takes longer. */
  async snapshot({ executionNumber, executionHash }: Block): Promise<void> {
    if (!this.#disk.snapshots.due(executionNumber)) return;
    try {
      this.#disk.snapshots.save(executionNumber, executionHash, await this.#disk.execution.anvil.dump());
    } catch (error) {
      this.report('a snapshot could not be written', error);
    }
  }
}
