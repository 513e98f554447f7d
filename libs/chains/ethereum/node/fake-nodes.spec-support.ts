import { Fault } from '#kernel';
import { profiles, type Profile } from '../profiles.js';
import { Answer } from './answer.js';
import type { BeaconNode } from './beacon-node.js';
import { RpcRefusal, type ExecutionNode } from './execution-node.js';
import { Network } from './network.js';

export const bytes32 = (of: number | string): string => `0x${of.toString(16).padStart(64, '0')}`;
export const pubkeyOf = (of: number): string => `0x${of.toString(16).padStart(96, '0')}`;
export const hexOf = (of: number | bigint): string => `0x${of.toString(16)}`;

/** A local network whose blocks need not prove themselves: what a test says they contain, they contain. */
export const unproven: Profile = { ...profiles.localnet, proof: 'none' };

type RpcHandler = (...params: never[]) => unknown;

/** Parameters of the minimal preset with the shortened delays of a local chain; a mainnet node answers the same names. */
const localSpec: Readonly<Record<string, string>> = {
  CONFIG_NAME: 'localnet',
  DEPOSIT_CHAIN_ID: '31337',
  DEPOSIT_CONTRACT_ADDRESS: '0x00000000219ab540356cBB839Cbe05303d7705Fa',
  GENESIS_FORK_VERSION: '0x10000031',
  CAPELLA_FORK_VERSION: '0x40000031',
  SECONDS_PER_SLOT: '12',
  SLOTS_PER_EPOCH: '8',
  SHARD_COMMITTEE_PERIOD: '8',
  MIN_VALIDATOR_WITHDRAWABILITY_DELAY: '8',
  MAX_SEED_LOOKAHEAD: '4',
  MAX_PENDING_DEPOSITS_PER_EPOCH: '16',
  MAX_WITHDRAWALS_PER_PAYLOAD: '4',
  MAX_VALIDATORS_PER_WITHDRAWALS_SWEEP: '16',
  MIN_ACTIVATION_BALANCE: '32000000000',
  EFFECTIVE_BALANCE_INCREMENT: '1000000000',
  MIN_PER_EPOCH_CHURN_LIMIT_ELECTRA: '64000000000',
  MAX_PER_EPOCH_ACTIVATION_EXIT_CHURN_LIMIT: '128000000000',
  CHURN_LIMIT_QUOTIENT: '32',
  ELECTRA_FORK_EPOCH: '0',
  MAX_EFFECTIVE_BALANCE_ELECTRA: '2048000000000',
  MAX_PENDING_PARTIALS_PER_WITHDRAWALS_SWEEP: '2',
  PENDING_PARTIAL_WITHDRAWALS_LIMIT: '64',
  PENDING_CONSOLIDATIONS_LIMIT: '64',
  EPOCHS_PER_SLASHINGS_VECTOR: '64',
  MIN_SLASHING_PENALTY_QUOTIENT_ELECTRA: '4096',
  PROPORTIONAL_SLASHING_MULTIPLIER_BELLATRIX: '3',
};

/**
 * An execution and a beacon node in memory: says what a test has told it to say, over the adapter's own node interfaces. What it was not
 * told it does not know (404, or an error of JSON-RPC), so that nothing passes by accident.
 */
export class FakeNodes {
  readonly spec: Record<string, string> = { ...localSpec };
  readonly replies = new Map<string, unknown>();
  readonly methods = new Map<string, RpcHandler>();
  readonly asked: string[] = [];
  /** Answers paths that no reply was given for; undefined where it does not know either. */
  otherwise: (path: string) => unknown = () => undefined;
  chainId = 31_337n;
  genesisValidatorsRoot = bytes32(7);

  constructor() {
    this.methods.set('eth_chainId', () => hexOf(this.chainId));
    this.methods.set('eth_syncing', () => false);
    this.reply('/eth/v1/node/syncing', { head_slot: '1', sync_distance: '0', is_syncing: false, is_optimistic: false, el_offline: false });
  }

  /** What GET (or POST) of a path answers: `data` in the envelope of the Beacon API. */
  reply(path: string, data: unknown, more: Record<string, unknown> = {}): void {
    this.replies.set(path, { execution_optimistic: false, finalized: true, data, ...more });
  }

  method(name: string, handler: RpcHandler): void {
    this.methods.set(name, handler);
  }

  network(profile: Profile = unproven): Network {
    return new Network(profile, this.execution, this.beacon);
  }

  readonly execution: ExecutionNode = {
    call: async (method, params) => {
      this.asked.push(method);
      const handler = this.methods.get(method);
      if (!handler) throw new RpcRefusal(method, -32_601, 'the method does not exist');
      return new Answer(method, await (handler as (...given: unknown[]) => unknown)(...params));
    },
  };

  readonly beacon: BeaconNode = {
    get: async (path) => {
      const found = await this.beacon.find(path);
      if (!found) throw new Fault('chain.garbage', `${path} was not found`, true);
      return found;
    },
    find: (path) => {
      this.asked.push(path);
      const known = this.identity(path) ?? this.replies.get(path) ?? this.otherwise(path);
      return Promise.resolve(known === undefined ? null : new Answer(path, known));
    },
    post: (path) => this.beacon.get(path),
  };

  private identity(path: string): unknown {
    if (path === '/eth/v1/config/spec') return { data: this.spec };
    if (path === '/eth/v1/config/deposit_contract')
      return { data: { chain_id: this.spec['DEPOSIT_CHAIN_ID'], address: this.spec['DEPOSIT_CONTRACT_ADDRESS'] } };
    if (path !== '/eth/v1/beacon/genesis') return undefined;
    return {
      data: {
        genesis_time: '1000',
        genesis_validators_root: this.genesisValidatorsRoot,
        genesis_fork_version: this.spec['GENESIS_FORK_VERSION'],
      },
    };
  }
}

/** A validator as the Beacon API writes it; epochs not given are far in the future. */
export function validatorAnswer(
  index: number,
  change: { status?: string; balance?: string; validator?: Record<string, unknown> } = {},
): unknown {
  const far = '18446744073709551615';
  return {
    index: String(index),
    balance: change.balance ?? '32000000000',
    status: change.status ?? 'active_ongoing',
    validator: {
      pubkey: pubkeyOf(index),
      withdrawal_credentials: `0x01${'00'.repeat(11)}${'aa'.repeat(20)}`,
      effective_balance: '32000000000',
      slashed: false,
      activation_eligibility_epoch: '0',
      activation_epoch: '0',
      exit_epoch: far,
      withdrawable_epoch: far,
      ...change.validator,
    },
  };
}

/** A deposit as it waits in the queue. */
export const queuedDeposit = (of: number, gwei: string, change: Record<string, unknown> = {}): unknown => ({
  pubkey: pubkeyOf(of),
  withdrawal_credentials: `0x01${'00'.repeat(11)}${'aa'.repeat(20)}`,
  amount: gwei,
  signature: `0x${'5e'.repeat(96)}`,
  slot: '90',
  ...change,
});

/** The slot of the head in `atHead`: the fifth of epoch 12. */
export const HEAD = 100;
export const state = (slot: number, what: string): string => `/eth/v1/beacon/states/${slot}/${what}`;

/** Nodes whose head state holds these validators (indices below 10), deposits, partial withdrawals and exits. */
export function atHead(
  options: { validators?: unknown[]; queue?: unknown[]; partials?: unknown[]; consolidations?: unknown[]; exiting?: unknown[] } = {},
): FakeNodes {
  const nodes = new FakeNodes();
  nodes.reply('/eth/v1/beacon/headers/head', { root: bytes32(1), header: { message: { slot: String(HEAD) } } });
  for (let index = 0; index < 10; index++) {
    const found = (options.validators ?? []).filter((each) => (each as { index: string }).index === String(index));
    nodes.reply(state(HEAD, `validators?id=${pubkeyOf(index)}`), found, { finalized: false });
  }
  nodes.reply(state(HEAD, 'pending_deposits'), options.queue ?? [], { finalized: false });
  nodes.reply(state(HEAD, 'pending_partial_withdrawals'), options.partials ?? [], { finalized: false });
  nodes.reply(state(HEAD, 'pending_consolidations'), options.consolidations ?? [], { finalized: false });
  nodes.reply(state(HEAD, 'validators?status=active_exiting,active_slashed'), options.exiting ?? [], { finalized: false });
  return nodes;
}
