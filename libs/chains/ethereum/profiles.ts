import type { Hex } from 'viem';
import { WEI_PER_ETH, WEI_PER_GWEI } from './units.js';

export const networkNames = ['mainnet', 'hoodi', 'localnet'] as const;
export type NetworkName = (typeof networkNames)[number];

/**
 * What makes a network this network. Only identity is fixed here and compared with what the nodes say; parameters (slots an epoch,
 * delays, churn) are read from the node's own configuration, because forks change them.
 */
export interface Profile {
  readonly name: NetworkName;
  /** Null: the network is made anew each time (localnet), the node is asked. */
  readonly identity: NetworkIdentity | null;
  /** What the node's configuration must say; null where it is taken as it is. */
  readonly parameters: NetworkParameters | null;
  /**
   * What a block must prove of itself: all by its hash, or its transactions and receipts by the roots in its header (a local chain's
   * other header fields cannot be recomputed).
   */
  readonly proof: 'hash' | 'contents' | 'none';
  /** Block in which the deposit contract appeared: the history of deposits starts here. */
  readonly depositContractBlock: bigint;
  /** The most wei a request of EIP-7002 or EIP-7251 may cost: above it the queue is congested, waiting is cheaper (an overpaid fee is not returned). */
  readonly maxRequestFee: bigint;
  /** The most wei a unit of gas may cost us: above it transactions wait. */
  readonly maxFeePerGas: bigint;
}
export interface NetworkIdentity {
  readonly chainId: bigint;
  readonly genesisForkVersion: Hex;
  readonly genesisValidatorsRoot: Hex;
  readonly depositContract: Hex;
}

/** Money is wei. A fork that changes one of these needs a release that knows it: until then nothing is done on that network. */
export interface NetworkParameters {
  readonly capellaForkVersion: Hex;
  readonly secondsPerSlot: number;
  readonly slotsPerEpoch: bigint;
  readonly activationBalance: bigint;
  readonly maxEffectiveBalance: bigint;
}

/** EIP-7002 predeploy: the same address on every network. */
export const WITHDRAWAL_REQUESTS: Hex = '0x00000961ef480eb55e80d19ad83579a64c007002';
/** EIP-7251 predeploy. */
export const CONSOLIDATION_REQUESTS: Hex = '0x0000bbddc7ce488642fb579f8b00f3a590007251';

const DEPOSIT_CONTRACT: Hex = '0x00000000219ab540356cbb839cbe05303d7705fa';
const parameters = (capellaForkVersion: Hex): NetworkParameters => ({
  capellaForkVersion,
  secondsPerSlot: 12,
  slotsPerEpoch: 32n,
  activationBalance: 32n * WEI_PER_ETH,
  maxEffectiveBalance: 2_048n * WEI_PER_ETH,
});
const MAX_REQUEST_FEE = 1_000_000n * WEI_PER_GWEI; // 0.001 ETH
const MAX_FEE_PER_GAS = 500n * WEI_PER_GWEI;

export const profiles: Readonly<Record<NetworkName, Profile>> = {
  mainnet: {
    name: 'mainnet',
    identity: {
      chainId: 1n,
      genesisForkVersion: '0x00000000',
      genesisValidatorsRoot: '0x4b363db94e286120d76eb905340fdd4e54bfe9f06bf33ff6cf5ad27f511bfe95',
      depositContract: DEPOSIT_CONTRACT,
    },
    parameters: parameters('0x03000000'),
    proof: 'hash',
    depositContractBlock: 11_052_984n,
    maxRequestFee: MAX_REQUEST_FEE,
    maxFeePerGas: MAX_FEE_PER_GAS,
  },
  hoodi: {
    name: 'hoodi',
    identity: {
      chainId: 560_048n,
      genesisForkVersion: '0x10000910',
      genesisValidatorsRoot: '0x212f13fc4df078b6cb7db228f1c8307566dcecf900867401a92023d7ba99cb5f',
      depositContract: DEPOSIT_CONTRACT,
    },
    parameters: parameters('0x40000910'),
    proof: 'hash',
    depositContractBlock: 0n,
    maxRequestFee: MAX_REQUEST_FEE,
    maxFeePerGas: MAX_FEE_PER_GAS,
  },
  localnet: {
    name: 'localnet',
    identity: null,
    parameters: null,
    proof: 'contents',
    depositContractBlock: 0n,
    maxRequestFee: MAX_REQUEST_FEE,
    maxFeePerGas: MAX_FEE_PER_GAS,
  },
};

/** Chains on which coins or validators of others live (mainnet, hoodi, sepolia, holesky): a localnet must never turn out to be one. */
export const publicChainIds: ReadonlySet<bigint> = new Set([1n, 560_048n, 11_155_111n, 17_000n]);
export const publicForkVersions: ReadonlySet<Hex> = new Set<Hex>(['0x00000000', '0x10000910', '0x90000069', '0x01017000']);
