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
  readonly STALL_SLOTS?: number;
}

/** Ethereum as a room's configuration names it, by the chain's name. */
export function connectEthereum(config: EthereumConfig, clock: Clock, depositHistory?: DepositHistory): ReadonlyMap<string, Chain> {
  const ethereum = createEthereum({
    network: config.BAILEE_NETWORK,
    executionUrl: config.ETHEREUM_RPC_URL,
    beaconUrl: config.ETHEREUM_BEACON_URL,
    clock,
    ...(depositHistory ? { depositHistory } : {}),
    ...(config.STALL_SLOTS === undefined ? {} : { stallSlots: config.STALL_SLOTS }),
  });
  return new Map([[ethereum.name, ethereum]]);
}
