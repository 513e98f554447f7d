/**
 * Making and remaking beacon blocks. One trusted producer makes them all: signatures of blocks, attestations, sync committees and randao
 * are not checked. Deposit and voluntary exit signatures are, and so is every rule of the state transition.
 */
import { createHash } from 'node:crypto';
import type { BeaconConfig } from '@lodestar/config';
import { MAX_ATTESTATIONS_ELECTRA } from '@lodestar/params';
import * as transition from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import type { capella, electra, phase0, rewards } from '@lodestar/types';
import { epochOf, firstSlotOf } from './config.js';
import type { MinedBlock } from './execution.js';
import { toBytes } from './hex.js';
import { proposerOf } from './state.js';
import type { SignedBlock, State } from './state.js';

const TRUSTED = {
  verifyProposer: false,
  verifySignatures: false,
  executionPayloadStatus: transition.ExecutionPayloadStatus.valid,
  dataAvailabilityStatus: transition.DataAvailabilityStatus.Available,
};

export interface Operations {
  readonly proposerSlashings: readonly phase0.ProposerSlashing[];
  readonly attesterSlashings: readonly electra.AttesterSlashing[];
  readonly voluntaryExits: readonly phase0.SignedVoluntaryExit[];
}

export interface Proposal {
  readonly parentSlot: number;
  /** The parent's state, advanced to the slot of the new block. */
  readonly pre: State;
  readonly mined: MinedBlock;
  readonly withdrawals: capella.Withdrawal[];
  readonly operations: Operations;
  /** Whether a validator withholds its votes. */
  readonly silent: (index: number) => boolean;
  /** Marks the block, so that two forks never have the same one. */
  readonly mark: string;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** One aggregate over all committees of `slot`, without the silent validators; null when nobody votes. */
function attestation(pre: State, slot: number, silent: Proposal['silent']): electra.Attestation | null {
  const epoch = epochOf(slot);
  const votes: boolean[] = [];
  const committees: number[] = [];
  for (let committee = 0; committee < pre.epochCtx.getCommitteeCountPerSlot(epoch); committee++) {
    const members = Array.from(pre.epochCtx.getBeaconCommittee(slot, committee), (index) => !silent(index));
    if (!members.includes(true)) continue; // a committee without a vote may not be named
    committees.push(committee);
    votes.push(...members);
  }
  if (votes.length === 0) return null;
  const made = ssz.electra.Attestation.defaultValue();
  const bits = ssz.electra.AggregationBits.defaultValue();
  const Bits = bits.constructor as new (uint8Array: Uint8Array, bitLen: number) => typeof bits;
  made.aggregationBits = new Bits(new Uint8Array(Math.ceil(votes.length / 8)), votes.length);
  votes.forEach((voted, position) => {
    made.aggregationBits.set(position, voted);
  });
  for (const committee of committees) made.committeeBits.set(committee, true);
  const source = epoch === epochOf(pre.slot) ? pre.currentJustifiedCheckpoint : pre.previousJustifiedCheckpoint;
  made.data = {
    slot,
    index: 0,
    beaconBlockRoot: transition.getBlockRootAtSlot(pre, slot),
    source: source.toValue(),
    target: { epoch, root: transition.getBlockRootAtSlot(pre, firstSlotOf(epoch)) },
  };
  return made;
}

function executionPayload({ block, transactions }: MinedBlock, pre: State, withdrawals: capella.Withdrawal[]): electra.ExecutionPayload {
  return {
    ...ssz.electra.ExecutionPayload.defaultValue(),
    withdrawals,
    transactions: transactions.map(toBytes),
    prevRandao: transition.getRandaoMix(pre, pre.epochCtx.epoch),
    parentHash: toBytes(block.parentHash),
    blockHash: toBytes(block.hash),
    stateRoot: toBytes(block.stateRoot),
    receiptsRoot: toBytes(block.receiptsRoot),
    logsBloom: toBytes(block.logsBloom),
    feeRecipient: toBytes(block.miner),
    blockNumber: Number(block.number),
    gasLimit: Number(block.gasLimit),
    gasUsed: Number(block.gasUsed),
    timestamp: Number(block.timestamp),
    extraData: toBytes(block.extraData),
    baseFeePerGas: BigInt(block.baseFeePerGas),
  };
}

/** Builds the block of `pre.slot` around a mined execution block and applies it by the rules; a block that breaks one throws. */
export function produce(proposal: Proposal): { block: SignedBlock; post: State } {
  const { parentSlot, pre, mined, withdrawals, operations, silent, mark } = proposal;
  const body = ssz.electra.BeaconBlockBody.defaultValue();
  body.randaoReveal = new Uint8Array(Buffer.concat(['a', 'b', 'c'].map((part) => sha256(`${mark} ${pre.slot} ${part}`))));
  body.graffiti = new Uint8Array(sha256(mark));
  body.eth1Data = pre.eth1Data.toValue();
  // Votes of all slots since the parent: also of those that were missed.
  for (let slot = Math.max(1, parentSlot, pre.slot - MAX_ATTESTATIONS_ELECTRA); slot < pre.slot; slot++) {
    const made = attestation(pre, slot, silent);
    if (made) body.attestations.push(made);
  }
  Array.from(pre.epochCtx.currentSyncCommitteeIndexed.validatorIndices).forEach((index, position) => {
    body.syncAggregate.syncCommitteeBits.set(position, !silent(index));
  });
  body.proposerSlashings = [...operations.proposerSlashings];
  body.attesterSlashings = [...operations.attesterSlashings];
  body.voluntaryExits = [...operations.voluntaryExits];
  body.executionRequests = mined.requests;
  body.executionPayload = executionPayload(mined, pre, withdrawals);
  const message: electra.BeaconBlock = {
    slot: pre.slot,
    proposerIndex: proposerOf(pre),
    parentRoot: pre.latestBlockHeader.hashTreeRoot(),
    stateRoot: new Uint8Array(32),
    body,
  };
  const block = { message, signature: new Uint8Array(96) };
  const post = transition.stateTransition(pre, block, { ...TRUSTED, verifyStateRoot: false }) as State;
  message.stateRoot = post.hashTreeRoot();
  return { block, post };
}

/** Applies a block of the past; throws unless it leads to the state root it names. */
export const replay = (parent: State, block: SignedBlock): State =>
  transition.stateTransition(parent, block, { ...TRUSTED, verifyStateRoot: true }) as State;

export const blockRewards = (config: BeaconConfig, block: SignedBlock, pre: State, post: State): Promise<rewards.BlockRewards> =>
  transition.computeBlockRewards(config, block.message, pre, post.proposerRewards);
export const attestationRewards = (
  config: BeaconConfig,
  state: State,
  validators: (number | string)[],
): Promise<rewards.AttestationsRewards> => transition.computeAttestationsRewards(config, state.epochCtx.pubkeyCache, state, validators);
export const syncCommitteeRewards = (
  config: BeaconConfig,
  block: SignedBlock,
  pre: State,
  validators: (number | string)[],
): Promise<rewards.SyncCommitteeRewards> =>
  transition.computeSyncCommitteeRewards(config, pre.epochCtx.pubkeyCache, block.message, pre, validators);
