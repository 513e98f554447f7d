/** The first beacon state: validators of nobody's, active from the start. It follows from what the chain was born with and nothing else. */
import { createHash } from 'node:crypto';
import { EPOCHS_PER_HISTORICAL_VECTOR, SYNC_COMMITTEE_SIZE } from '@lodestar/params';
import { interopSecretKey } from '@lodestar/state-transition';
import { ssz } from '@lodestar/types';
import type { BeaconStateElectra } from '@lodestar/state-transition';
import { ELECTRA_VERSION } from './config.js';
import type { Birth } from './config.js';
import type { ExecutionBlock } from './execution.js';
import { toBytes } from './hex.js';
import { withCaches } from './state.js';
import type { SignedBlock, State } from './state.js';

const GWEI_PER_ETHER = 1_000_000_000;
/** So many genesis validators have 0x01 credentials and 32 ETH, so that a sweep always has something to do. */
const SWEPT_VALIDATORS = 4;
const SWEPT_ETHER = 32;

const sha256 = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

function addValidators(state: BeaconStateElectra, pubkeys: readonly Uint8Array[], ether: number): void {
  pubkeys.forEach((pubkey, index) => {
    const withdrawalCredentials = sha256(`genesis validator ${index}`);
    withdrawalCredentials.fill(0, 0, 12);
    const swept = index < SWEPT_VALIDATORS;
    if (swept) withdrawalCredentials[0] = 1;
    else if (ether > SWEPT_ETHER) withdrawalCredentials[0] = 2;
    const balance = (swept ? SWEPT_ETHER : ether) * GWEI_PER_ETHER;
    state.validators.push(
      ssz.phase0.Validator.toViewDU({
        pubkey,
        withdrawalCredentials,
        effectiveBalance: balance,
        slashed: false,
        activationEligibilityEpoch: 0,
        activationEpoch: 0,
        exitEpoch: Infinity,
        withdrawableEpoch: Infinity,
      }),
    );
    state.balances.push(balance);
    state.previousEpochParticipation.push(0);
    state.currentEpochParticipation.push(0);
    state.inactivityScores.push(0);
  });
  state.commit();
  state.genesisValidatorsRoot = state.validators.hashTreeRoot();
}

/** `execution` is block 0 of the execution side. Keys are the well-known interop keys; proposals are not signed, so nobody needs them. */
export function genesisState(birth: Birth, execution: Pick<ExecutionBlock, 'hash'>): State {
  const types = ssz.electra;
  const state = types.BeaconState.defaultViewDU();
  state.genesisTime = birth.genesisTime;
  state.fork = ssz.phase0.Fork.toViewDU({ previousVersion: ELECTRA_VERSION, currentVersion: ELECTRA_VERSION, epoch: 0 });
  const keys = Array.from({ length: birth.validators }, (_, index) => interopSecretKey(index).toPublicKey().toBytes());
  addValidators(state, keys, birth.validatorEther);
  state.depositRequestsStartIndex = 0n; // deposits come as requests only (EIP-6110)
  for (let i = 0; i < EPOCHS_PER_HISTORICAL_VECTOR; i++) state.randaoMixes.set(i, sha256('randao of genesis'));
  const emptyBody = types.BeaconBlockBody.hashTreeRoot(types.BeaconBlockBody.defaultValue());
  state.latestBlockHeader = ssz.phase0.BeaconBlockHeader.toViewDU({
    slot: 0,
    proposerIndex: 0,
    parentRoot: new Uint8Array(32),
    stateRoot: new Uint8Array(32),
    bodyRoot: emptyBody,
  });
  const payload = types.ExecutionPayloadHeader.defaultValue();
  payload.blockHash = toBytes(execution.hash);
  payload.timestamp = birth.genesisTime;
  state.latestExecutionPayloadHeader = types.ExecutionPayloadHeader.toViewDU(payload);
  const first = keys[0] ?? new Uint8Array(48);
  // The aggregate key is only used for signatures, which are not checked.
  const committee = {
    pubkeys: Array.from({ length: SYNC_COMMITTEE_SIZE }, (_, i) => keys[i % keys.length] ?? first),
    aggregatePubkey: first,
  };
  state.currentSyncCommittee = ssz.altair.SyncCommittee.toViewDU(committee);
  state.nextSyncCommittee = ssz.altair.SyncCommittee.toViewDU(committee);
  state.commit();
  return withCaches(state, birth);
}

/** Genesis has no block of its own: an empty one that names its state. */
export function genesisBlock(state: State): SignedBlock {
  const message = ssz.electra.BeaconBlock.defaultValue();
  message.stateRoot = state.hashTreeRoot();
  return { message, signature: new Uint8Array(96) };
}
