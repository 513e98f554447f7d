/** The canonical chain in memory, and the state after each of its blocks: kept, or computed again from the blocks. */
import { SLOTS_PER_EPOCH, epochOf, firstSlotOf } from './config.js';
import type { Birth } from './config.js';
import type { Hex } from './hex.js';
import type { BlockNote, Journal, Place } from './journal.js';
import { replay } from './production.js';
import { deserializeBlock, deserializeState } from './state.js';
import type { SignedBlock, State } from './state.js';

/** Epochs behind the finalised one whose first states are kept in memory. */
const EPOCHS_KEPT = 32;
/** Computed states kept for the next question. */
const RECENT_STATES = 8;

export interface Block extends BlockNote {
  /** Until the block is in the journal its bytes are here. */
  bytes: Uint8Array | Place;
  /** The state after the block; null where it is left to be computed again. */
  post: State | null;
}

export const noteOf = ({ slot, root, parentRoot, executionNumber, executionHash, rewards }: Block): BlockNote => ({
  slot,
  root,
  parentRoot,
  executionNumber,
  executionHash,
  rewards,
});

export class Blocks {
  readonly #bySlot = new Map<number, Block>();
  readonly #byRoot = new Map<string, Block>();
  readonly #byExecutionHash = new Map<string, Block>();
  readonly #archive = new Map<number, Place>();
  readonly #withState = new Set<Block>();
  readonly #recent = new Map<Hex, State>();
  #lastSlot = 0;

  constructor(
    readonly genesis: Block,
    private readonly birth: Birth,
    private readonly journal: Journal,
  ) {
    this.add(genesis);
  }

  add(block: Block): void {
    this.#bySlot.set(block.slot, block);
    this.#byRoot.set(block.root, block);
    this.#byExecutionHash.set(block.executionHash, block);
    if (block.post) this.#withState.add(block);
    this.#lastSlot = Math.max(this.#lastSlot, block.slot);
  }

  remove(block: Block): void {
    this.#bySlot.delete(block.slot);
    this.#byRoot.delete(block.root);
    if (this.#byExecutionHash.get(block.executionHash) === block) this.#byExecutionHash.delete(block.executionHash);
    this.#withState.delete(block);
    this.#recent.delete(block.root);
    while (this.#lastSlot > 0 && !this.#bySlot.has(this.#lastSlot)) this.#lastSlot--;
  }

  at(slot: number): Block | undefined {
    return this.#bySlot.get(slot);
  }
  byRoot(root: string): Block | undefined {
    return this.#byRoot.get(root.toLowerCase());
  }
  byExecutionHash(hash: string): Block | undefined {
    return this.#byExecutionHash.get(hash.toLowerCase());
  }

  /** The last block at or before a slot: the one whose state, advanced, is the state at that slot. */
  atOrBefore(slot: number): Block {
    for (let at = Math.min(slot, this.#lastSlot); at > 0; at--) {
      const block = this.#bySlot.get(at);
      if (block) return block;
    }
    return this.genesis;
  }

  /** Blocks of slots above `from` up to `to`, in order. */
  between(from: number, to: number): Block[] {
    const found: Block[] = [];
    for (let slot = from + 1; slot <= Math.min(to, this.#lastSlot); slot++) {
      const block = this.#bySlot.get(slot);
      if (block) found.push(block);
    }
    return found;
  }
  after(block: Block): Block[] {
    return this.between(block.slot, this.#lastSlot);
  }

  bytes({ bytes }: Block): Uint8Array {
    return bytes instanceof Uint8Array ? bytes : this.journal.read(bytes);
  }
  content(block: Block): SignedBlock {
    return deserializeBlock(this.bytes(block));
  }
  parent(block: Block): Block | undefined {
    return block.slot === 0 ? undefined : this.atOrBefore(block.slot - 1);
  }

  archiveState(slot: number, place: Place): void {
    this.#archive.set(slot, place);
  }

  /** The state after a block. From the nearest state that is there it replays the blocks between: a state root that differs throws. */
  state(block: Block): State {
    const path: Block[] = [];
    let at = block;
    let state = this.#known(at);
    while (!state) {
      path.push(at);
      at = this.atOrBefore(at.slot - 1);
      state = this.#known(at);
    }
    for (const next of path.reverse()) state = replay(state, this.content(next));
    if (path.length > 0) this.#remember(block, state);
    return state;
  }

  #known(block: Block): State | undefined {
    const archived = this.#archive.get(block.slot);
    return block.post ?? this.#recent.get(block.root) ?? (archived && deserializeState(this.journal.read(archived), this.birth));
  }

  #remember(block: Block, state: State): void {
    this.#recent.set(block.root, state);
    for (const root of this.#recent.keys()) {
      if (this.#recent.size <= RECENT_STATES) break;
      this.#recent.delete(root);
    }
  }

  /** A finalised state that can be asked for by its root: only those in memory are looked through. */
  byStateRoot(matches: (state: State) => boolean): Block | undefined {
    return [...this.#withState].find((block) => block.post && matches(block.post));
  }

  /** Lets go of states behind the finalised block, except those with which recent epochs began. */
  forget(finalised: Block): void {
    const oldest = firstSlotOf(epochOf(finalised.slot) - EPOCHS_KEPT);
    for (const block of this.#withState) {
      if (block.slot >= finalised.slot || block.slot === 0) continue;
      if (block.slot >= oldest && this.#beginsEpoch(block)) continue;
      block.post = null;
      this.#withState.delete(block);
    }
  }

  /** Whether the first slot of an epoch has this block's state: also when the slots up to it were missed. */
  #beginsEpoch(block: Block): boolean {
    const epochStart = firstSlotOf(epochOf(block.slot + SLOTS_PER_EPOCH - 1));
    return this.atOrBefore(epochStart) === block;
  }
}
