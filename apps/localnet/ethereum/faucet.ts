/** The one rich account of the local chain. Its key is public: it exists on no other chain, and gives to whoever asks by the control face. */
import { keccak256, stringToBytes } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Anvil } from './anvil.js';
import type { Hex } from './hex.js';

const TRANSFER_GAS = 21_000n;
const CONTRACT_GAS = 100_000n;
const PRIORITY_FEE_WEI = 1_000_000_000n;

const account = privateKeyToAccount(keccak256(stringToBytes('the faucet of the local network')));
export const FAUCET_ADDRESS: Hex = account.address;
/** Ten million ether. */
export const FAUCET_FUNDS_WEI = 10_000_000n * 10n ** 18n;

export interface Grant {
  readonly transactionHash: Hex;
  readonly from: Hex;
  readonly to: Hex;
  readonly wei: string;
}

/**
 * Sends a signed transfer to the pool; the next block includes it, so that a follower of blocks sees it like any other payment. Answers
 * null when the faucet cannot pay. The caller sees to it that two calls do not run at once (they would take the same nonce).
 */
export async function give(anvil: Anvil, chainId: number, to: Hex, wei: bigint): Promise<Grant | null> {
  const [nonce, balance, code, block] = (await anvil.batch([
    ['eth_getTransactionCount', account.address, 'pending'],
    ['eth_getBalance', account.address, 'latest'],
    ['eth_getCode', to, 'latest'],
    ['eth_getBlockByNumber', 'latest', false],
  ])) as [Hex, Hex, Hex, { baseFeePerGas: Hex }];
  const gas = code === '0x' ? TRANSFER_GAS : CONTRACT_GAS;
  const maxFeePerGas = BigInt(block.baseFeePerGas) * 2n + PRIORITY_FEE_WEI;
  if (wei + gas * maxFeePerGas > BigInt(balance)) return null;
  const signed = await account.signTransaction({
    type: 'eip1559',
    chainId,
    nonce: Number(nonce),
    to,
    value: wei,
    gas,
    maxFeePerGas,
    maxPriorityFeePerGas: PRIORITY_FEE_WEI,
  });
  const transactionHash = await anvil.call<Hex>('eth_sendRawTransaction', signed);
  return { transactionHash, from: account.address, to, wei: wei.toString() };
}
