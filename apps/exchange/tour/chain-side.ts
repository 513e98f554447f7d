import { createPublicClient, createWalletClient, defineChain, http, parseEther, type Chain, type Hash } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';

/** The world outside the exchange: the client's own wallet on the chain's public JSON-RPC, and time. */
export interface Outside {
  readonly executionUrl: string;
  readonly beaconUrl: string;
  readonly controlUrl: string;
}

export interface OwnWallet {
  readonly address: `0x${string}`;
  send(to: string, wei: bigint): Promise<Hash>;
  balance(): Promise<bigint>;
}

const POLL_MS = 50;

/** A fresh wallet of the client's own, with coins from the local faucet. */
export async function newWallet(outside: Outside, ether: string): Promise<OwnWallet> {
  const account = privateKeyToAccount(generatePrivateKey());
  const chain = await chainOf(outside);
  const reader = createPublicClient({ chain, transport: http(outside.executionUrl), pollingInterval: POLL_MS, cacheTime: 0 });
  const wallet = createWalletClient({ account, chain, transport: http(outside.executionUrl) });
  await control(outside, 'fund', { address: account.address, wei: parseEther(ether).toString() });
  await control(outside, 'advance', { slots: 1 });
  return {
    address: account.address,
    send: (to, value) => wallet.sendTransaction({ account, chain, to: to as `0x${string}`, value }),
    balance: () => reader.getBalance({ address: account.address }),
  };
}

async function chainOf({ executionUrl }: Outside): Promise<Chain> {
  const id = await createPublicClient({ transport: http(executionUrl) }).getChainId();
  return defineChain({
    id,
    name: 'Ethereum',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [executionUrl] } },
  });
}

/** Asks localnet's control face for time or a fault. */
export async function control({ controlUrl }: Outside, what: string, body: object = {}): Promise<Record<string, unknown>> {
  const response = await fetch(`${controlUrl}/localnet/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`localnet ${what}: ${text}`);
  return (text ? JSON.parse(text) : {}) as Record<string, unknown>;
}

export interface ChainNow {
  readonly slot: number;
  readonly epoch: number;
  readonly finalizedEpoch: number;
  readonly finalizedBlock: number;
}

export async function chainNow({ controlUrl }: Outside): Promise<ChainNow> {
  return (await (await fetch(`${controlUrl}/localnet/status`)).json()) as ChainNow;
}
