import { Fault } from '#kernel';
import type { Home } from '#runtime';
import { realness, startLocalnet } from '../localnet/index.js';
import type { ExchangeOptions } from './options.js';
import type { ChainEndpoints } from './room-environment.js';

export interface ExchangeChain {
  readonly endpoints: ChainEndpoints;
  /** Time and faults on demand; the local chain only. */
  readonly controlUrl: string | undefined;
  readonly exited: Promise<unknown>;
  stop(): Promise<void>;
}

/** The chain given by the environment, else the local Ethereum, resumed from the home. */
export async function openChain(home: Home, options: Pick<ExchangeOptions, 'chain' | 'paceMs'>): Promise<ExchangeChain> {
  if (options.chain) {
    const { network, executionUrl, beaconUrl } = options.chain;
    const label = `Ethereum ${network}`;
    return {
      endpoints: { network, executionUrl, beaconUrl, label, ...(await identity(executionUrl, beaconUrl)) },
      controlUrl: undefined,
      exited: new Promise(() => undefined),
      stop: () => Promise.resolve(),
    };
  }
  const localnet = await startLocalnet({ dir: home.path('localnet'), paceMs: options.paceMs });
  const { executionUrl, beaconUrl, controlUrl } = localnet;
  return {
    endpoints: {
      network: 'localnet',
      executionUrl,
      beaconUrl,
      label: `local Ethereum: ${realness}`,
      ...(await identity(executionUrl, beaconUrl)),
    },
    controlUrl,
    exited: localnet.ended,
    stop: () => localnet.stop(),
  };
}

/** What the signer must know of the network, and has no network of its own to ask. */
async function identity(
  executionUrl: string,
  beaconUrl: string,
): Promise<Pick<ChainEndpoints, 'chainId' | 'genesisForkVersion' | 'depositContract'>> {
  const answer = await ask<{ result: string }>(executionUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[]}',
  });
  const genesis = await ask<{ data: { genesis_fork_version: string } }>(`${beaconUrl}/eth/v1/beacon/genesis`);
  const contract = await ask<{ data: { address: string } }>(`${beaconUrl}/eth/v1/config/deposit_contract`);
  return {
    chainId: BigInt(answer.result).toString(),
    genesisForkVersion: genesis.data.genesis_fork_version,
    depositContract: contract.data.address.toLowerCase(),
  };
}

async function ask<T>(url: string, init: RequestInit = {}): Promise<T> {
  try {
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return (await response.json()) as T;
  } catch (cause) {
    throw new Fault('chain.unreachable', `${new URL(url).origin} does not answer as a node should: ${(cause as Error).message}`, true, {
      cause,
    });
  }
}
