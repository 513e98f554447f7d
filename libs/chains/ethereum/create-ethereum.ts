import type { Clock } from '#kernel';
import type { Chain } from '../port.js';
import { connectBeacon } from './node/beacon-node.js';
import { connectExecution } from './node/execution-node.js';
import { Network } from './node/network.js';
import { profiles, type NetworkName } from './profiles.js';
import { createReader } from './reader/create-reader.js';
import { createStaking } from './staking/create-staking.js';
import { rememberDeposits, type DepositHistory } from './staking/deposit-history.js';
import { createWriter } from './writer/create-writer.js';

export interface EthereumOptions {
  readonly network: NetworkName;
  /** JSON-RPC of an execution node, and the Beacon API of the consensus node beside it. */
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly clock: Clock;
  /** Until a call is given up as unanswered. 30 seconds where not given: some beacon answers are long. */
  readonly timeoutMs?: number;
  /** How many slots a head may stand still before the node counts as stalled; an epoch's worth where not given. */
  readonly stallSlots?: number;
  /** Keys of past deposits, where they shall outlive the process. */
  readonly depositHistory?: DepositHistory;
}

/** Ethereum behind the chain port. Nothing is asked before the first call. */
export function createEthereum(options: EthereumOptions): Chain {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const network = new Network(
    profiles[options.network],
    connectExecution(options.executionUrl, timeoutMs),
    connectBeacon(options.beaconUrl, timeoutMs),
  );
  return {
    name: 'ethereum',
    asset: 'ETH',
    reader: createReader(network, options.clock, options.stallSlots),
    writer: createWriter(network),
    staking: createStaking(network, options.depositHistory ?? rememberDeposits()),
  };
}
