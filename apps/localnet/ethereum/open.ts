/** Opening a folder: a chain is born in it, or the one that was born there goes on from its last finalised block. */
import type { Clock } from '#kernel';
import { Blocks } from './blocks.js';
import type { Block } from './blocks.js';
import { epochOf } from './config.js';
import type { Birth } from './config.js';
import { Execution } from './execution.js';
import { genesisBlock, genesisState } from './genesis.js';
import { toHex } from './hex.js';
import type { Hex } from './hex.js';
import { Journal } from './journal.js';
import type { BirthNote, Contents } from './journal.js';
import { replay } from './production.js';
import { takeRemainder } from './remainder.js';
import { Snapshots } from './snapshots.js';
import { blockRoot, serializeBlock } from './state.js';
import { WaitingRoom } from './waiting.js';

export interface OpenedChain {
  readonly dir: string;
  readonly birth: Birth;
  readonly execution: Execution;
  readonly waiting: WaitingRoom;
  readonly journal: Journal;
  readonly snapshots: Snapshots;
  readonly blocks: Blocks;
  readonly head: Block;
  readonly finalised: Block;
  readonly finalisedEpoch: number;
  /** Epoch of the newest state in the journal. */
  readonly archivedEpoch: number;
}

function firstBlock(birth: Birth, executionHash: Hex): Block {
  const post = genesisState(birth, { hash: executionHash });
  const block = genesisBlock(post);
  const parentRoot = toHex(block.message.parentRoot);
  return {
    slot: 0,
    root: blockRoot(block),
    parentRoot,
    bytes: serializeBlock(block),
    post,
    executionNumber: 0,
    executionHash,
    rewards: null,
  };
}

/** Makes the execution blocks after the dump again, up to the finalised one: each must come out with its old hash. */
async function remakeExecution(execution: Execution, blocks: Blocks, finalised: Block): Promise<void> {
  const from = Number((await execution.latest()).number);
  for (const block of blocks.between(0, finalised.slot)) {
    if (block.executionNumber > from) await execution.remake(blocks.content(block).message.body.executionPayload);
  }
}

/** Puts blocks on top of the finalised one, on both sides; answers the head. */
async function restoreTail(execution: Execution, blocks: Blocks, finalised: Block, tail: readonly Block[]): Promise<Block> {
  let head = finalised;
  for (const block of tail) {
    const content = blocks.content(block);
    await execution.remake(content.message.body.executionPayload);
    block.post = replay(blocks.state(head), content);
    blocks.add(block);
    head = block;
  }
  return head;
}

async function resume(dir: string, journal: Journal, contents: Contents, snapshots: Snapshots, statesKept: number): Promise<OpenedChain> {
  const { birth, final } = contents;
  const genesis = firstBlock(birth, birth.genesisHash);
  if (genesis.root !== birth.genesisRoot) throw new Error(`genesis came out as ${genesis.root} instead of ${birth.genesisRoot}`);
  const blocks = new Blocks(genesis, birth, journal);
  const known: Block[] = contents.blocks.map(({ note, place }) => ({ ...note, bytes: place, post: null }));
  const finalised = [genesis, ...known].find(({ root }) => root === final.root);
  if (!finalised) throw new Error(`the journal lacks its finalised block ${final.root}`);
  for (const block of known) if (block.slot <= finalised.slot) blocks.add(block);
  for (const { slot, place } of contents.states) blocks.archiveState(slot, place);
  const hashes = new Map([genesis, ...known].map((block) => [block.executionNumber, block.executionHash]));
  // Later than what the journal has: it is only there after an orderly stop.
  const remainder = takeRemainder(dir);
  const left: Block[] = remainder.blocks.map(({ note, bytes }) => ({ ...note, bytes, post: null }));
  const tail = left[0]?.parentRoot === finalised.root ? left : known.filter(({ slot }) => slot > finalised.slot);
  const dump = snapshots.choose(finalised.executionNumber, (number) => hashes.get(number));
  const execution = await Execution.start({ dir, ...birth, statesKept, ...(dump && { dump }) });
  const waiting = new WaitingRoom(execution.anvil);
  try {
    await remakeExecution(execution, blocks, finalised);
    finalised.post = blocks.state(finalised);
    blocks.add(finalised);
    const head = await restoreTail(execution, blocks, finalised, tail);
    // What the pool no longer takes (its nonce was used meanwhile) is lost, as in any node.
    for (const raw of remainder.transactions) await waiting.submit(toHex(raw)).catch(() => undefined);
    const archivedEpoch = epochOf(contents.states.at(-1)?.slot ?? 0);
    return { dir, birth, execution, waiting, journal, snapshots, blocks, head, finalised, finalisedEpoch: final.epoch, archivedEpoch };
  } catch (error) {
    await execution.anvil.stop();
    throw error;
  }
}

async function begin(dir: string, journal: Journal, birth: Birth, snapshots: Snapshots, statesKept: number): Promise<OpenedChain> {
  const execution = await Execution.start({ dir, ...birth, statesKept });
  const waiting = new WaitingRoom(execution.anvil);
  try {
    const genesis = firstBlock(birth, (await execution.latest()).hash);
    const note: BirthNote = { ...birth, genesisRoot: genesis.root, genesisHash: genesis.executionHash };
    journal.born(note);
    const blocks = new Blocks(genesis, birth, journal);
    return {
      dir,
      birth,
      execution,
      waiting,
      journal,
      snapshots,
      blocks,
      head: genesis,
      finalised: genesis,
      finalisedEpoch: 0,
      archivedEpoch: 0,
    };
  } catch (error) {
    await execution.anvil.stop();
    throw error;
  }
}

/** `wanted` counts at birth only: a chain keeps what it was born with. Throws when what is on disk does not lead to the same chain. */
export async function openChain(dir: string, wanted: Omit<Birth, 'genesisTime'>, clock: Clock, statesKept: number): Promise<OpenedChain> {
  const { journal, contents } = Journal.open(dir);
  const snapshots = new Snapshots(dir);
  try {
    if (contents) return await resume(dir, journal, contents, snapshots, statesKept);
    const genesisTime = Math.floor(clock.now().getTime() / 1000);
    return await begin(dir, journal, { ...wanted, genesisTime }, snapshots, statesKept);
  } catch (error) {
    journal.close();
    throw error;
  }
}
