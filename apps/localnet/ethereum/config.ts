/**
 * Constants and the beacon chain configuration of the local network. Electra from genesis, minimal preset; two delays are shortened so
 * that a full exit takes about 20 epochs instead of about 520. Whoever talks to it reads them from GET /eth/v1/config/spec.
 */
import { chainConfigToJson, createBeaconConfig } from '@lodestar/config';
import type { BeaconConfig, ChainConfig } from '@lodestar/config';
import * as params from '@lodestar/params';
import { toBytes, toHex } from './hex.js';

if (params.ACTIVE_PRESET !== params.PresetName.minimal) {
  throw new Error('LODESTAR_PRESET=minimal must be in the environment before any @lodestar module is imported');
}

export const DEPOSIT_CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa';
/** EIP-7002. */
export const WITHDRAWAL_REQUESTS = '0x00000961ef480eb55e80d19ad83579a64c007002';
/** EIP-7251. */
export const CONSOLIDATION_REQUESTS = '0x0000bbddc7ce488642fb579f8b00f3a590007251';
/** EIP-2935. */
export const BLOCK_HASH_HISTORY = '0x0000f90827f1c53a10cb7a02335b175320002935';
/** Who the protocol is when it calls a contract at the end of a block. */
export const SYSTEM_ADDRESS = '0xfffffffffffffffffffffffffffffffffffffffe';
export const GWEI = 1_000_000_000n;
export const FORK = 'electra';
export const SLOTS_PER_EPOCH = params.SLOTS_PER_EPOCH;

export const epochOf = (slot: number): number => Math.floor(slot / SLOTS_PER_EPOCH);
export const firstSlotOf = (epoch: number): number => epoch * SLOTS_PER_EPOCH;

/** What a chain is born with and keeps for life. */
export interface Birth {
  readonly chainId: number;
  readonly secondsPerSlot: number;
  /** Genesis validators; they belong to nobody. */
  readonly validators: number;
  /** What each of them starts with, 32 to 2048 ETH: above 32, all but the swept ones are compounding. */
  readonly validatorEther: number;
  /** Funds of the builder. */
  readonly builderEther: number;
  /** Unix seconds. */
  readonly genesisTime: number;
}

const forkVersion = (first: number): Uint8Array => Uint8Array.from([first, 0, 0, 0x31]);
export const ELECTRA_VERSION = forkVersion(0x60);

const chainConfig = ({ chainId, secondsPerSlot }: Birth): Partial<ChainConfig> => ({
  PRESET_BASE: params.PresetName.minimal,
  CONFIG_NAME: 'localnet',
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- clients read it from /eth/v1/config/spec
  SECONDS_PER_SLOT: secondsPerSlot,
  SLOT_DURATION_MS: secondsPerSlot * 1000,
  MIN_GENESIS_TIME: 0,
  GENESIS_DELAY: 0,
  GENESIS_FORK_VERSION: forkVersion(0x10),
  ALTAIR_FORK_VERSION: forkVersion(0x20),
  ALTAIR_FORK_EPOCH: 0,
  BELLATRIX_FORK_VERSION: forkVersion(0x30),
  BELLATRIX_FORK_EPOCH: 0,
  CAPELLA_FORK_VERSION: forkVersion(0x40),
  CAPELLA_FORK_EPOCH: 0,
  DENEB_FORK_VERSION: forkVersion(0x50),
  DENEB_FORK_EPOCH: 0,
  ELECTRA_FORK_VERSION: ELECTRA_VERSION,
  ELECTRA_FORK_EPOCH: 0,
  FULU_FORK_EPOCH: Infinity,
  GLOAS_FORK_EPOCH: Infinity,
  HEZE_FORK_EPOCH: Infinity,
  SHARD_COMMITTEE_PERIOD: 8,
  MIN_VALIDATOR_WITHDRAWABILITY_DELAY: 8,
  DEPOSIT_CHAIN_ID: chainId,
  DEPOSIT_NETWORK_ID: chainId,
  DEPOSIT_CONTRACT_ADDRESS: toBytes(DEPOSIT_CONTRACT),
});

/** Unix seconds. */
export const timeOf = (birth: Birth, slot: number): number => birth.genesisTime + slot * birth.secondsPerSlot;

export const beaconConfig = (birth: Birth, genesisValidatorsRoot: Uint8Array): BeaconConfig =>
  createBeaconConfig(chainConfig(birth), genesisValidatorsRoot);

/** The answer of GET /eth/v1/config/spec: configuration, preset and domain constants, every value a string. */
export function specJson(config: BeaconConfig): Record<string, unknown> {
  const preset = Object.fromEntries(Object.entries(params.activePreset).map(([name, value]) => [name, String(value)]));
  const domains: Record<string, string> = {};
  for (const [name, value] of Object.entries(params)) {
    if (name.startsWith('DOMAIN_') && value instanceof Uint8Array) domains[name] = toHex(value);
  }
  return { ...preset, ...chainConfigToJson(config), ...domains, FAR_FUTURE_EPOCH: '18446744073709551615' };
}
