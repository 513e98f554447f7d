/** Beacon states and blocks: the types used here, their bytes, and the questions asked of a state. Pure: no state is ever changed. */
import { ForkSeq } from '@lodestar/params';
import * as transition from '@lodestar/state-transition';
import type { BeaconStateElectra, CachedBeaconStateElectra } from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import type { capella, electra, phase0 } from '@lodestar/types';
import { beaconConfig } from './config.js';
import type { Birth } from './config.js';
import { toHex } from './hex.js';
import type { Hex } from './hex.js';

export type State = CachedBeaconStateElectra;
export type SignedBlock = electra.SignedBeaconBlock;

export const withCaches = (state: BeaconStateElectra, birth: Birth): State =>
  transition.createCachedBeaconState(state, {
    config: beaconConfig(birth, state.genesisValidatorsRoot),
    pubkeyCache: transition.createPubkeyCache(),
  });

export const serializeState = (state: State): Uint8Array => ssz.electra.BeaconState.serialize(state.toValue());
export const deserializeState = (bytes: Uint8Array, birth: Birth): State =>
  withCaches(ssz.electra.BeaconState.deserializeToViewDU(bytes), birth);
export const serializeBlock = (block: SignedBlock): Uint8Array => ssz.electra.SignedBeaconBlock.serialize(block);
export const deserializeBlock = (bytes: Uint8Array): SignedBlock => ssz.electra.SignedBeaconBlock.deserialize(bytes);
export const blockRoot = (block: SignedBlock): Hex => toHex(ssz.electra.BeaconBlock.hashTreeRoot(block.message));
export const stateRoot = (state: State): Hex => toHex(state.hashTreeRoot());

/** The state at a later slot if no block comes in between. */
export const advance = (state: State, slot: number): State => transition.processSlots(state, slot) as State;
export const proposerOf = (state: State): number => state.epochCtx.getBeaconProposer(state.slot);
export const isSlashed = (state: State, index: number): boolean => state.validators.getReadonly(index).slashed;
export const expectedWithdrawals = (state: State): capella.Withdrawal[] =>
  transition.getExpectedWithdrawals(ForkSeq.electra, state).expectedWithdrawals;

/** null when the exit may go into a block on this state; signatures are checked (EIP-7044: the Capella domain). */
export function exitProblem(state: State, exit: phase0.SignedVoluntaryExit): string | null {
  const validity = transition.getVoluntaryExitValidity(ForkSeq.electra, state, exit, true);
  return validity === transition.VoluntaryExitValidity.valid ? null : validity;
}

/** The cache of keys is shared by all states, so a validator of a later state may be in it. */
export function indexOf(state: State, pubkey: Uint8Array): number | null {
  const index = state.epochCtx.pubkeyCache.getIndex(pubkey);
  return index !== null && index < state.validators.length ? index : null;
}
