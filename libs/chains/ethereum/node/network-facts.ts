import type { Hex } from 'viem';
import { Fault } from '#kernel';
import { publicChainIds, publicForkVersions, type NetworkIdentity, type NetworkParameters, type Profile } from '../profiles.js';
import { fromGwei } from '../units.js';
import type { Answer } from './answer.js';
import type { BeaconNode } from './beacon-node.js';
import type { ExecutionNode } from './execution-node.js';
import { readChurnRules, type ChurnRules } from './churn-rules.js';
import { readForkSchedule, type ForkSchedule } from './fork-schedule.js';

/** What the nodes say about the network they follow. Epochs and slots are counts, times are seconds, money is wei. */
export interface NetworkFacts extends NetworkIdentity, NetworkParameters {
  readonly genesisTime: bigint;
  /** Epochs a validator must have been active before it may exit. */
  readonly shardCommitteePeriod: bigint;
  /** Epochs between leaving and being paid out. */
  readonly withdrawabilityDelay: bigint;
  /** Epochs between the decision to activate or exit and its effect, less one. */
  readonly seedLookahead: bigint;
  readonly depositsPerEpoch: bigint;
  readonly withdrawalsPerBlock: bigint;
  readonly sweepPerBlock: bigint;
  /** Partial withdrawals a block pays at most. */
  readonly partialsPerBlock: bigint;
  /** The step of effective balances. */
  readonly increment: bigint;
  readonly queueLimits: { readonly partials: bigint; readonly consolidations: bigint };
  readonly slashing: SlashingRules;
  readonly forks: ForkSchedule;
  readonly churn: ChurnRules;
}

/** Constants of slash_validator and process_slashings. */
export interface SlashingRules {
  /** Epochs that a slashed validator stays, at least; half of it before its end the correlation penalty falls due. */
  readonly window: bigint;
  /** What is taken at once is effective balance / this. */
  readonly quotient: bigint;
  readonly multiplier: bigint;
}

/**
 * Asks both nodes who they are and holds them to the profile: `/eth/v1/config/spec`, `/eth/v1/config/deposit_contract`,
 * `/eth/v1/beacon/genesis` and `eth_chainId` must agree with one another and with it. Fault `chain.wrong_network` otherwise.
 */
export async function learnNetwork(profile: Profile, execution: ExecutionNode, beacon: BeaconNode): Promise<NetworkFacts> {
  const [chainId, spec, contract, genesis] = await Promise.all([
    execution.call('eth_chainId', []).then((answer) => answer.quantity()),
    beacon.get('/eth/v1/config/spec').then((answer) => answer.field('data')),
    beacon.get('/eth/v1/config/deposit_contract').then((answer) => answer.field('data')),
    beacon.get('/eth/v1/beacon/genesis').then((answer) => answer.field('data')),
  ]);
  const identity: NetworkIdentity = {
    chainId,
    genesisForkVersion: spec.field('GENESIS_FORK_VERSION').hex(4),
    genesisValidatorsRoot: genesis.field('genesis_validators_root').hex(32),
    depositContract: contract.field('address').hex(20),
  };
  agree('chain id of the beacon node', spec.field('DEPOSIT_CHAIN_ID').decimal(), chainId);
  agree('chain id of the deposit contract', contract.field('chain_id').decimal(), chainId);
  agree('deposit contract', spec.field('DEPOSIT_CONTRACT_ADDRESS').hex(20), identity.depositContract);
  agree('genesis fork version', genesis.field('genesis_fork_version').hex(4), identity.genesisForkVersion);
  holdTo(profile, identity);
  const facts = { ...identity, genesisTime: genesis.field('genesis_time').decimal(), ...readParameters(spec) };
  if (profile.parameters) holdParameters(profile.name, facts, profile.parameters);
  return facts;
}

function readParameters(spec: Answer): Omit<NetworkFacts, keyof NetworkIdentity | 'genesisTime'> {
  const number = (name: string): bigint => spec.field(name).decimal();
  const positive = (name: string): bigint => {
    const value = number(name);
    if (value === 0n) throw spec.field(name).garbage('a number above zero');
    return value;
  };
  return {
    capellaForkVersion: spec.field('CAPELLA_FORK_VERSION').hex(4),
    // newer configurations count milliseconds and may drop the older name
    secondsPerSlot: spec.field('SECONDS_PER_SLOT').present
      ? Number(positive('SECONDS_PER_SLOT'))
      : Number(positive('SLOT_DURATION_MS')) / 1000,
    slotsPerEpoch: positive('SLOTS_PER_EPOCH'),
    shardCommitteePeriod: number('SHARD_COMMITTEE_PERIOD'),
    withdrawabilityDelay: number('MIN_VALIDATOR_WITHDRAWABILITY_DELAY'),
    seedLookahead: number('MAX_SEED_LOOKAHEAD'),
    depositsPerEpoch: positive('MAX_PENDING_DEPOSITS_PER_EPOCH'),
    withdrawalsPerBlock: positive('MAX_WITHDRAWALS_PER_PAYLOAD'),
    sweepPerBlock: positive('MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP'),
    partialsPerBlock: positive('MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP'),
    activationBalance: fromGwei(positive('MIN_ACTIVATION_BALANCE')),
    maxEffectiveBalance: fromGwei(positive('MAX_EFFECTIVE_BALANCE_ELECTRA')),
    increment: fromGwei(positive('EFFECTIVE_BALANCE_INCREMENT')),
    queueLimits: { partials: positive('PENDING_PARTIAL_WITHDRAWALS_LIMIT'), consolidations: positive('PENDING_CONSOLIDATIONS_LIMIT') },
    slashing: {
      window: positive('EPOCHS_PER_SLASHINGS_VECTOR'),
      quotient: positive('MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA'),
      multiplier: positive('PROPORTIONAL_SLASHING_MULTIPLIER_BELLATRIX'),
    },
    forks: readForkSchedule(spec),
    churn: readChurnRules(spec),
  };
}

function holdTo(profile: Profile, found: NetworkIdentity): void {
  if (profile.identity) {
    for (const name of ['chainId', 'genesisForkVersion', 'genesisValidatorsRoot', 'depositContract'] as const) {
      agree(`${name} of ${profile.name}`, found[name], profile.identity[name]);
    }
  } else if (publicChainIds.has(found.chainId) || publicForkVersions.has(found.genesisForkVersion)) {
    throw wrongNetwork(`The profile ${profile.name} was given the nodes of a public network.`, { chainId: found.chainId.toString() });
  }
}

function holdParameters(network: string, found: NetworkParameters, expected: NetworkParameters): void {
  for (const name of ['capellaForkVersion', 'slotsPerEpoch', 'activationBalance', 'maxEffectiveBalance'] as const) {
    agree(`${name} of ${network}`, found[name], expected[name]);
  }
  agree(`secondsPerSlot of ${network}`, BigInt(Math.round(found.secondsPerSlot * 1000)), BigInt(expected.secondsPerSlot * 1000));
}

function agree(what: string, found: bigint | Hex, expected: bigint | Hex): void {
  if (found === expected) return;
  throw wrongNetwork(`The ${what} is ${found}, not ${expected}.`, { what, found: found.toString(), expected: expected.toString() });
}

const wrongNetwork = (words: string, facts: Record<string, unknown>): Fault => new Fault('chain.wrong_network', words, false, { facts });
