/** Evidence against validators: made on demand without signatures (nobody here holds operators' keys), or handed in with them and checked. */
import { createHash } from 'node:crypto';
import type { BeaconConfig } from '@lodestar/config';
import * as transition from '@lodestar/state-transition';
import type { electra, phase0 } from '@lodestar/types';
import { ssz } from '@lodestar/types';
import { epochOf } from './config.js';
import type { State } from './state.js';

const root = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

/** That a validator proposed two blocks in one slot. */
export function doubleProposal(state: State, proposerIndex: number): phase0.ProposerSlashing {
  const header = (body: string): phase0.ProposerSlashing['signedHeader1'] => ({
    message: {
      slot: BigInt(state.slot),
      proposerIndex,
      parentRoot: new Uint8Array(32),
      stateRoot: new Uint8Array(32),
      bodyRoot: root(body),
    },
    signature: new Uint8Array(96),
  });
  return { signedHeader1: header('one block'), signedHeader2: header('another block') };
}

/** That validators voted for two blocks in one epoch. */
export function doubleVote(state: State, indices: readonly number[]): electra.AttesterSlashing {
  const epoch = BigInt(epochOf(state.slot));
  const vote = (block: string): electra.AttesterSlashing['attestation1'] => ({
    attestingIndices: [...indices].sort((a, b) => a - b),
    data: {
      slot: BigInt(state.slot),
      index: 0n,
      beaconBlockRoot: root(block),
      source: { epoch: 0n, root: new Uint8Array(32) },
      target: { epoch, root: root(block) },
    },
    signature: new Uint8Array(96),
  });
  return { attestation1: vote('one block'), attestation2: vote('another block') };
}

/** Evidence from outside; throws an Error that says what is wrong with it. Signatures are checked. */
export function readProposerSlashing(config: BeaconConfig, state: State, json: unknown): phase0.ProposerSlashing {
  const slashing = ssz.phase0.ProposerSlashing.fromJson(json);
  const { proposerIndex } = slashing.signedHeader1.message;
  if (proposerIndex >= state.validators.length) throw new Error('unknown validator');
  const { epochCtx, slot } = state;
  const proposer = state.validators.getReadonly(proposerIndex);
  transition.assertValidProposerSlashing(config, epochCtx.pubkeyCache, slot, slashing, proposer, true);
  return slashing;
}

export function readAttesterSlashing(config: BeaconConfig, state: State, json: unknown): electra.AttesterSlashing {
  const slashing = ssz.electra.AttesterSlashing.fromJson(json);
  const { epochCtx, slot, validators } = state;
  transition.assertValidAttesterSlashing(config, epochCtx.pubkeyCache, slot, validators.length, slashing, true);
  return slashing;
}
