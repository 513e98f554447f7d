import { Fault, type Clock } from '#kernel';
import type { Chain } from '../port.js';
import { connectBeacon } from './node/beacon-node.js';
import { describeNetwork, type NetworkItem } from './node/describe-network.js';
import { connectExecution } from './node/execution-node.js';
import { Network, type SecondOpinion } from './node/network.js';
import { sameNode } from './node/same-node.js';
import { profiles, type NetworkName } from './profiles.js';
import { createReader } from './reader/create-reader.js';
import { createStaking } from './staking/create-staking.js';
import { rememberDeposits, scanDeposits, type DepositHistory, type DepositScan } from './staking/deposit-history.js';
import { readDepositRoot, type DepositRoot } from './staking/deposit-root.js';
import { createWriter } from './writer/create-writer.js';

export interface EthereumOptions {
  readonly network: NetworkName;
  /** JSON-RPC of an execution node, and the Beacon API of the consensus node beside it. */
  readonly executionUrl: string;
  readonly beaconUrl: string;
  /** Nodes of somebody else, asked about all that is final. Where one is given alone the first pair fills in. */
  readonly secondExecutionUrl?: string;
  readonly secondBeaconUrl?: string;
  /** Refuse to work on the word of one pair of nodes. */
  readonly requireSecond?: boolean;
  /** How long a second node may be behind before that is said. One slot of a public network where not given. */
  readonly secondPatienceMs?: number;
  readonly clock: Clock;
  /** Until a call is given up as unanswered. 30 seconds where not given: some beacon answers are long. */
  readonly timeoutMs?: number;
  /** The longest answer that is read. 256 MiB where not given: the deposit queue of a public network can be tens of them. */
  readonly maxAnswerBytes?: number;
  /** How many slots a head may stand still before the node counts as stalled; an epoch's worth where not given. */
  readonly stallSlots?: number;
  /** Keys of past deposits, where they shall outlive the process. */
  readonly depositHistory?: DepositHistory;
}

/** What Ethereum has beyond the chain port. */
export interface Ethereum extends Chain {
  /** Everything that is checked about the nodes, for people. */
  describeNetwork(): Promise<readonly NetworkItem[]>;
  depositRoot(): Promise<DepositRoot>;
  /** Reads the history of deposits on, so many blocks at most; to be called until it is complete. */
  scanDeposits(maxBlocks: bigint): Promise<DepositScan>;
}

/**
 * Ethereum behind the chain port. Nothing is asked before the first call. Faults, not retryable: `chain.second_missing`, one pair alone where two
 * are required; `chain.second_is_first`, a second node that is the first again.
 */
export function createEthereum(options: EthereumOptions): Ethereum {
  const network = connectNodes(options);
  const history = options.depositHistory ?? rememberDeposits();
  return {
    name: 'ethereum',
    asset: 'ETH',
    reader: createReader(network, options.clock, options.stallSlots),
    writer: createWriter(network),
    staking: createStaking(network, history),
    describeNetwork: () => describeNetwork(network),
    depositRoot: () => readDepositRoot(network),
    scanDeposits: (maxBlocks) => scanDeposits(network, history, maxBlocks),
  };
}

/** The nodes by themselves. Faults: those of createEthereum. */
export function connectNodes(options: EthereumOptions): Network {
  const limits = { timeoutMs: options.timeoutMs ?? 30_000, maxBytes: options.maxAnswerBytes ?? 256 * 1024 * 1024 };
  const { secondExecutionUrl, secondBeaconUrl } = options;
  const profile = profiles[options.network];
  const pair = (executionUrl: string, beaconUrl: string, second: SecondOpinion | null): Network =>
    new Network(profile, connectExecution(executionUrl, limits), connectBeacon(beaconUrl, limits), second);
  if (options.requireSecond && !(secondExecutionUrl && secondBeaconUrl)) {
    throw new Fault('chain.second_missing', 'A second execution node and a second beacon node are required and not configured.', false);
  }
  refuseTheSame('execution', options.executionUrl, secondExecutionUrl);
  refuseTheSame('beacon', options.beaconUrl, secondBeaconUrl);
  const second = secondExecutionUrl ?? secondBeaconUrl;
  return pair(
    options.executionUrl,
    options.beaconUrl,
    second === undefined
      ? null
      : {
          network: pair(secondExecutionUrl ?? options.executionUrl, secondBeaconUrl ?? options.beaconUrl, null),
          patienceMs: options.secondPatienceMs ?? 12_000,
          whole: secondExecutionUrl !== undefined && secondBeaconUrl !== undefined,
        },
  );
}

/** A node that is asked twice agrees with itself. */
function refuseTheSame(kind: 'execution' | 'beacon', first: string, second: string | undefined): void {
  if (second === undefined || !sameNode(first, second)) return;
  const detail = `The second ${kind} node is the first again: give the URL of another node, run by somebody else, or none.`;
  throw new Fault('chain.second_is_first', detail, false);
}
