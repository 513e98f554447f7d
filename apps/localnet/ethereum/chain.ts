/**
 * The bridge. One slot is one anvil block and one beacon block, always in step:
 * 1. the beacon state is advanced to the slot; if its proposer is slashed or offline, the slot is missed on both sides;
 * 2. anvil mines a block at genesis time + slot × SECONDS_PER_SLOT, for whom its proposer named or for a builder who pays that one;
 * 3. its deposits, and what the request contracts dequeue, go into a beacon block around it, with the withdrawals the state expects;
 * 4. the withdrawals are credited: after mining, so that they are part of the block just mined (credited before, history would shift);
 * 5. when finality advances, what became final is on disk before anyone sees it.
 * An error anywhere undoes the slot: anvil rolls back, the beacon state was never changed.
 */
import { EventEmitter } from 'node:events';
import type { BeaconConfig } from '@lodestar/config';
import { FaceError } from '../http.js';
import type { Report } from '../options.js';
import { noteOf } from './blocks.js';
import type { Block, Blocks } from './blocks.js';
import { SLOTS_PER_EPOCH, beaconConfig, epochOf, timeOf } from './config.js';
import type { Birth } from './config.js';
import type { MinedBlock } from './execution.js';
import { Building } from './building.js';
import { Finality } from './finality.js';
import { Gate } from './gate.js';
import { toBytes, toHex } from './hex.js';
import type { Hex } from './hex.js';
import type { OpenedChain } from './open.js';
import { OperationPool } from './operations.js';
import { blockRewards, produce } from './production.js';
import type { Operations } from './production.js';
import { leaveRemainder } from './remainder.js';
import { advance, blockRoot, expectedWithdrawals, isSlashed, proposerOf, serializeBlock, stateRoot } from './state.js';
import type { State } from './state.js';
import type { WaitingRoom } from './waiting.js';

const FINALITY_PATIENCE_EPOCHS = 100;

/** What can be made to go wrong. Not kept over a restart. */
export interface Switches {
  /** No genesis validator votes: blocks come, finality does not. */
  stalled: boolean;
  /** No blocks come. */
  halted: boolean;
  /** Both faces say that they are syncing. */
  syncing: boolean;
  /** Validators that neither vote nor propose. */
  readonly offline: Set<number>;
  /** Validators that do neither up to and with this slot, and then go on by themselves. */
  readonly missing: Map<number, number>;
}

export type ChainEvent = 'block' | 'head' | 'finalized_checkpoint' | 'chain_reorg';

export class Chain {
  readonly switches: Switches = { stalled: false, halted: false, syncing: false, offline: new Set(), missing: new Map() };
  readonly operations = new OperationPool();
  /** Emits `event` with a ChainEvent and its data, as the Beacon API's event stream has them. */
  readonly events = new EventEmitter().setMaxListeners(0);
  readonly gate = new Gate();
  readonly birth: Birth;
  readonly config: BeaconConfig;
  readonly blocks: Blocks;
  readonly building: Building;
  /** The part of the pool that anvil does not keep. */
  readonly waiting: WaitingRoom;
  #head: Block;
  #clock: number;
  #fork = 0;
  #paceMs = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #finality: Finality;
  readonly #disk: OpenedChain;

  constructor(
    opened: OpenedChain,
    readonly report: Report,
  ) {
    this.#disk = opened;
    this.birth = opened.birth;
    this.config = beaconConfig(opened.birth, opened.blocks.state(opened.blocks.genesis).genesisValidatorsRoot);
    this.blocks = opened.blocks;
    this.building = new Building(opened.execution, this.birth.chainId);
    this.waiting = opened.waiting;
    this.#head = opened.head;
    this.#clock = opened.head.slot;
    this.#finality = new Finality(opened, report);
  }

  get anvil(): OpenedChain['execution']['anvil'] {
    return this.#disk.execution.anvil;
  }
  get head(): Block {
    return this.#head;
  }
  get finalised(): Block {
    return this.#finality.block;
  }
  get finalisedEpoch(): number {
    return this.#finality.epoch;
  }
  get justified(): Block {
    return this.blocks.byRoot(toHex(this.headState.currentJustifiedCheckpoint.root)) ?? this.blocks.genesis;
  }
  get headState(): State {
    return this.blocks.state(this.#head);
  }
  /** The slot last made or missed. */
  get slot(): number {
    return this.#clock;
  }
  get paceMs(): number {
    return this.#paceMs;
  }

  /** Makes the next slot; null when it is missed. */
  step(): Promise<Block | null> {
    return this.gate.alone(() => this.#makeSlot());
  }

  async advance(slots: number): Promise<void> {
    for (let made = 0; made < slots; made++) await this.step();
  }

  /** Steps until the present head is finalised. */
  async finalise(): Promise<void> {
    const target = this.#head.slot;
    for (let made = 0; this.finalised.slot < target; made++) {
      if (this.switches.stalled || made > FINALITY_PATIENCE_EPOCHS * SLOTS_PER_EPOCH) {
        throw new FaceError(409, 'localnet.no_finality', 'finality does not advance: too many validators are silent');
      }
      await this.step();
    }
  }

  /** A slot every `ms`; 0 only on demand. */
  setPace(ms: number): void {
    this.#paceMs = ms;
    clearTimeout(this.#timer);
    if (ms > 0 && !this.#closed) this.#timer = setTimeout(() => void this.#tick(), ms);
  }

  async #tick(): Promise<void> {
    try {
      if (!this.switches.halted) await this.step();
    } catch (error) {
      if (!this.#closed) this.report('a slot could not be made', error);
    }
    this.setPace(this.#paceMs);
  }

  #isAway(index: number): boolean {
    return this.switches.offline.has(index) || (this.switches.missing.get(index) ?? 0) >= this.#clock;
  }

  #isSilent(index: number): boolean {
    return this.#isAway(index) || (this.switches.stalled && index < this.birth.validators);
  }

  #assertMoving(): void {
    if (this.#closed) throw new FaceError(503, 'localnet.stopping', 'the chain is being stopped');
    if (this.switches.halted)
      throw new FaceError(409, 'localnet.halted', 'the chain is halted: POST /localnet/halt {"halted": false} first');
  }

  async #makeSlot(): Promise<Block | null> {
    this.#assertMoving();
    const slot = ++this.#clock;
    const parent = this.#head;
    const pre = advance(this.blocks.state(parent), slot);
    const proposer = proposerOf(pre);
    if (this.#isAway(proposer) || isSlashed(pre, proposer)) return null;
    const operations = this.operations.due(pre);
    let made: Block;
    let finalityMoved: boolean;
    try {
      const mined = await this.#mine(slot, proposer);
      made = await this.#makeBlock(parent, pre, mined, operations);
      this.blocks.add(made);
      finalityMoved = this.#finality.commit(made);
    } catch (error) {
      const lost = this.blocks.at(slot);
      if (lost) this.blocks.remove(lost);
      await this.#disk.execution.undo(Number((await this.#disk.execution.latest()).number) - parent.executionNumber);
      throw error;
    }
    this.#head = made;
    this.operations.included(operations);
    this.building.built();
    this.#announce(parent, made, finalityMoved);
    if (finalityMoved) await this.#finality.snapshot(made);
    return made;
  }

  async #mine(slot: number, proposer: number): Promise<MinedBlock> {
    const baseFee = await this.building.baseFee();
    await this.waiting.sort(baseFee);
    return this.#disk.execution.mine(await this.building.order(proposer, timeOf(this.birth, slot), baseFee, this.#fork));
  }

  async #makeBlock(parent: Block, pre: State, mined: MinedBlock, operations: Operations): Promise<Block> {
    const withdrawals = expectedWithdrawals(pre);
    const { block, post } = produce({
      parentSlot: parent.slot,
      pre,
      mined,
      withdrawals,
      operations,
      silent: (index) => this.#isSilent(index),
      mark: `localnet fork ${this.#fork}`,
    });
    await this.#disk.execution.credit(withdrawals);
    const rewards = await blockRewards(this.config, block, pre, post);
    return {
      slot: pre.slot,
      root: blockRoot(block),
      parentRoot: parent.root,
      bytes: serializeBlock(block),
      post,
      executionNumber: Number(mined.block.number),
      executionHash: mined.block.hash,
      rewards,
    };
  }

  #emit(event: ChainEvent, data: Record<string, string | boolean>): void {
    this.events.emit('event', event, { ...data, execution_optimistic: false });
  }

  #announce(parent: Block, made: Block, finalityMoved: boolean): void {
    const slot = String(made.slot);
    this.#emit('block', { slot, block: made.root });
    const state = stateRoot(this.blocks.state(made));
    this.#emit('head', { slot, block: made.root, state, epoch_transition: epochOf(parent.slot) !== epochOf(made.slot) });
    if (!finalityMoved) return;
    const { root } = this.finalised;
    this.#emit('finalized_checkpoint', {
      block: root,
      state: stateRoot(this.blocks.state(this.finalised)),
      epoch: String(this.finalisedEpoch),
    });
  }

  /**
   * Replaces the last `depth` slots by others. Their transactions are gone, or with `keep` back in the pool. Refuses
   * (`localnet.reorg_too_deep`) to undo what is final, or more than anvil remembers.
   */
  reorg(depth: number, keep: boolean): Promise<{ removed: Hex[]; head: Hex }> {
    return this.gate.alone(async () => {
      this.#assertMoving();
      const old = this.#head;
      const target = this.blocks.atOrBefore(Math.max(0, old.slot - depth));
      if (target.slot < this.finalised.slot || old.executionNumber - target.executionNumber >= this.anvil.statesKept) {
        throw new FaceError(
          409,
          'localnet.reorg_too_deep',
          `slot ${target.slot} cannot be returned to: slot ${this.finalised.slot} is final`,
        );
      }
      const removed = this.blocks.after(target);
      const contents = removed.map((block) => this.blocks.content(block));
      await this.#disk.execution.undo(old.executionNumber - target.executionNumber);
      for (const block of removed) this.blocks.remove(block);
      const until = this.#clock;
      this.#head = target;
      this.#clock = target.slot;
      this.#fork++;
      const freed = keep ? contents.flatMap(({ message }) => message.body.executionPayload.transactions) : [];
      for (const raw of freed) await this.waiting.submit(toHex(raw));
      while (this.#clock < until) await this.#makeSlot();
      const slot = String(this.#head.slot);
      const heads = { old_head_block: old.root, new_head_block: this.#head.root };
      this.#emit('chain_reorg', { slot, depth: String(depth), ...heads, epoch: String(epochOf(this.#head.slot)) });
      return { removed: removed.map((block) => block.root), head: this.#head.root };
    });
  }

  /** An orderly stop: what is not final yet is left for the next start. */
  close(): Promise<void> {
    this.#closed = true;
    this.setPace(0);
    return this.gate.alone(async () => {
      const { dir, execution, journal } = this.#disk;
      const blocks = this.blocks.after(this.finalised).map((block) => ({ note: noteOf(block), bytes: this.blocks.bytes(block) }));
      const pooled = [...(await execution.rawTransactions(await execution.pool())), ...this.waiting.transactions];
      leaveRemainder(dir, { blocks, transactions: pooled.map(toBytes) });
      await this.anvil.stop();
      journal.close();
    });
  }
}
