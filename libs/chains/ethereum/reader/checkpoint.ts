import { Fault } from '#kernel';
import type { BlockRef, Checkpoint } from '../../port.js';
import type { Answer } from '../node/answer.js';
import { RpcRefusal } from '../node/execution-node.js';
import type { Network } from '../node/network.js';
import { findBlock, readBlockRef, requireBlock } from './block.js';

/**
 * The finalised checkpoint: the first slot of an epoch, the beacon block in force at it (of an earlier slot when that one was missed)
 * and its execution block, which the execution node must hold under the same hash.
 */
export async function readCheckpoint(network: Network): Promise<Checkpoint> {
  const [facts, checkpoints] = await Promise.all([
    network.facts(),
    network.beacon.get('/eth/v1/beacon/states/head/finality_checkpoints').then((answer) => answer.field('data')),
  ]);
  const epoch = checkpoints.field('finalized').field('epoch').decimal();
  if (epoch === 0n) return readGenesis(network);
  const blockRoot = checkpoints.field('finalized').field('root').hex(32);
  const message = await readBeaconBlock(network, blockRoot);
  const slot = epoch * facts.slotsPerEpoch;
  if (message.field('slot').decimal() > slot) throw message.field('slot').garbage(`a slot not after ${slot}`);
  return { epoch, slot, blockRoot, block: await executionBlock(network, message) };
}

/** Nothing is finalised before the third epoch, and the genesis cannot be undone. */
async function readGenesis(network: Network): Promise<Checkpoint> {
  const [header, block] = await Promise.all([network.beacon.get('/eth/v1/beacon/headers/genesis'), requireBlock(network.execution, 0n)]);
  return { epoch: 0n, slot: 0n, blockRoot: header.field('data').field('root').hex(32), block: readBlockRef(block) };
}

async function readBeaconBlock(network: Network, root: string): Promise<Answer> {
  const answer = await network.beacon.find(`/eth/v2/beacon/blocks/${root}`);
  if (!answer) throw new Fault('chain.syncing', 'The beacon node does not have its own finalised block.', true, { facts: { root } });
  return answer.field('data').field('message');
}

async function executionBlock(network: Network, message: Answer): Promise<BlockRef> {
  const payload = message.field('body').field('execution_payload');
  if (!payload.present) throw payload.garbage('an execution payload (this fork carries it elsewhere and is not supported yet)');
  const hash = payload.field('block_hash').hex(32);
  const number = payload.field('block_number').decimal();
  const block = readBlockRef(await requireBlock(network.execution, number));
  if (block.hash !== hash) throw payload.field('block_hash').garbage(`the execution node's block ${number}, ${block.hash},`);
  return block;
}

/**
 * The last block that will not be undone: by the execution node's own `finalized`, or by the beacon checkpoint, whichever is older,
 * since the one learns it from the other a little later. Both must be on one chain.
 */
export async function readFinalised(network: Network): Promise<BlockRef> {
  const [checkpoint, tagged] = await Promise.all([readCheckpoint(network), findTagged(network)]);
  return tagged && tagged.number < checkpoint.block.number ? tagged : checkpoint.block;
}

async function findTagged(network: Network): Promise<BlockRef | null> {
  const block = await findBlock(network.execution, 'finalized').catch((error: unknown) => {
    if (error instanceof RpcRefusal) return null; // nodes refuse the tag while nothing is finalised
    throw error;
  });
  return block ? readBlockRef(block) : readBlockRef(await requireBlock(network.execution, 0n));
}
