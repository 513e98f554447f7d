import { Fault } from '#kernel';
import type { BlockRef, Checkpoint } from '../../port.js';
import { agreed, confirmed, contradiction } from '../node/agreement.js';
import type { Answer } from '../node/answer.js';
import { RpcRefusal } from '../node/execution-node.js';
import type { Network } from '../node/network.js';
import { settledPayload } from '../node/payload.js';
import { findBlock, readBlockRef, requireBlock } from './block.js';

/**
 * The finalised checkpoint: the first slot of an epoch, the beacon block in force at it (of an earlier slot when that one was missed)
 * and its execution block, which the execution node must hold under the same hash. It never goes back (`chain.finality_violated`), and a
 * second node must have it too (`chain.contradiction`).
 */
export async function readCheckpoint(network: Network): Promise<Checkpoint> {
  const facts = await network.facts();
  const { epoch, root } = await network.finality.observe('checkpoint', () => askFinality(network), (seen) => ({ height: seen.epoch, hash: seen.root })); // prettier-ignore
  if (epoch === 0n) return readGenesis(network);
  const slot = epoch * facts.slotsPerEpoch;
  await confirmed(network, `the checkpoint of epoch ${epoch}`, (second) => confirmCheckpoint(second, epoch, root));
  const block = await agreed(network, `the execution block of epoch ${epoch}`, async (nodes) => {
    const message = await readBeaconBlock(nodes, root);
    if (message.field('slot').decimal() > slot) throw message.field('slot').garbage(`a slot not after ${slot}`);
    return executionBlock(nodes, message);
  });
  return { epoch, slot, blockRoot: root, block };
}

async function askFinality(network: Network): Promise<{ epoch: bigint; root: string }> {
  const answer = await network.beacon.get('/eth/v1/beacon/states/head/finality_checkpoints');
  const finalized = answer.field('data').field('finalized');
  return { epoch: finalized.field('epoch').decimal(), root: finalized.field('root').hex(32) };
}

/** The second has finalised this epoch under the same root, or is past it and still counts the root as final. */
async function confirmCheckpoint(second: Network, epoch: bigint, root: string): Promise<void> {
  const theirs = await askFinality(second);
  if (theirs.epoch < epoch) {
    throw new Fault('chain.behind', `The second node has finalised epoch ${theirs.epoch}, not yet ${epoch}.`, true);
  }
  const header = theirs.epoch === epoch ? null : await second.beacon.find(`/eth/v1/beacon/headers/${root}`);
  const same = header ? header.field('finalized').boolean() && header.field('data').field('canonical').boolean() : theirs.root === root;
  if (!same) throw contradiction(`the checkpoint of epoch ${epoch}`, root, theirs.root);
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
  const payload = settledPayload(message);
  if (payload.number !== null) {
    const block = readBlockRef(await requireBlock(network.execution, payload.number));
    if (block.hash === payload.hash) return block;
    throw message.garbage(`the execution node's block ${payload.number}, ${block.hash},`);
  }
  const answer = await network.execution.call('eth_getBlockByHash', [payload.hash, false]);
  if (!answer.present) throw new Fault('chain.syncing', `The execution node has no block ${payload.hash}.`, true);
  if (answer.field('hash').hex(32) !== payload.hash) throw answer.field('hash').garbage(payload.hash);
  return readBlockRef(answer);
}

/**
 * The last block that will not be undone: by the execution node's own `finalized`, or by the beacon checkpoint, whichever is older,
 * since the one learns it from the other a little later. Both must be on one chain.
 */
export async function readFinalised(network: Network): Promise<BlockRef> {
  const older = async (): Promise<BlockRef> => {
    const [checkpoint, tagged] = await Promise.all([readCheckpoint(network), findTagged(network)]);
    return tagged.number < checkpoint.block.number ? tagged : checkpoint.block;
  };
  const block = await network.finality.observe('block', older, (seen) => ({ height: seen.number, hash: seen.hash }));
  await confirmed(network, `block ${block.number}`, async (second) => {
    const theirs = readBlockRef(await requireBlock(second.execution, block.number));
    if (theirs.hash !== block.hash) throw contradiction(`block ${block.number}`, block.hash, theirs.hash);
  });
  return block;
}

async function findTagged(network: Network): Promise<BlockRef> {
  const block = await findBlock(network.execution, 'finalized').catch((error: unknown) => {
    if (error instanceof RpcRefusal) return null; // nodes refuse the tag while nothing is finalised
    throw error;
  });
  return readBlockRef(block ?? (await requireBlock(network.execution, 0n)));
}
