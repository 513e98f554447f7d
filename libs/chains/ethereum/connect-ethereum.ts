import type { Clock } from '#kernel';
import type { Chain } from '../port.js';
import { createEthereum } from './create-ethereum.js';
import type { NetworkName } from './profiles.js';
import type { DepositHistory } from './staking/deposit-history.js';

/** The part of a room's configuration that says which Ethereum it talks to. */
export interface EthereumConfig {
  readonly BAILEE_NETWORK: NetworkName;
  readonly ETHEREUM_RPC_URL: string;
  readonly ETHEREUM_BEACON_URL: string;
  /** A second pair of nodes: what is final is compared with it. */
  readonly ETHEREUM_RPC_URL_2?: string;
  readonly ETHEREUM_BEACON_URL_2?: string;
  /** Do not start with one pair alone. */
  readonly ETHEREUM_REQUIRE_SECOND?: 'yes' | 'no';
  readonly STALL_SLOTS?: number;
}

/** Ethereum as a room's configuration names it, by the chain's name. */
export function connectEthereum(config: EthereumConfig, clock: Clock, depositHistory?: DepositHistory): ReadonlyMap<string, Chain> {
  const ethereum = createEthereum({
    network: config.BAILEE_NETWORK,
    executionUrl: config.ETHEREUM_RPC_URL,
    beaconUrl: config.ETHEREUM_BEACON_URL,
    clock,
    ...(config.ETHEREUM_RPC_URL_2 ? { secondExecutionUrl: config.ETHEREUM_RPC_URL_2 } : {}),
    ...(config.ETHEREUM_BEACON_URL_2 ? { secondBeaconUrl: config.ETHEREUM_BEACON_URL_2 } : {}),
    ...(config.ETHEREUM_REQUIRE_SECOND === 'yes' ? { requireSecond: true } : {}),
    ...(config.STALL_SLOTS === undefined ? {} : { stallSlots: config.STALL_SLOTS }),
    ...(depositHistory ? { depositHistory } : {}),
  });
  return new Map([[ethereum.name, ethereum]]);
}
