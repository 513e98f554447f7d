/**
 * The two rich accounts of the local chain: the faucet, which gives to whoever asks by the control face, and the builder of blocks that a
 * proposer did not build. Their keys are public: they exist on no other chain.
 */
import { keccak256, stringToBytes } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import type { Anvil } from './anvil.js';
import type { Hex } from './hex.js';

const TRANSFER_GAS = 21_000n;
const CONTRACT_GAS = 100_000n;
const PRIORITY_FEE_WEI = 1_000_000_000n;

const account = privateKeyToAccount(keccak256(stringToBytes('the faucet of the local network')));
const builder = privateKeyToAccount(keccak256(stringToBytes('the builder of the local network')));
export const FAUCET_ADDRESS: Hex = account.address;
export const BUILDER_ADDRESS: Hex = builder.address;
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

/**
 * The builder's payment to a proposer. It pays no tip and no more than the block's base fee, so that anvil, which orders by what
 * transactions may pay, puts it last. False when the builder's funds do not reach.
 */
export async function payProposer(anvil: Anvil, chainId: number, to: Hex, wei: bigint, baseFeePerGas: bigint): Promise<boolean> {
  const [nonce, balance, code] = (await anvil.batch([
    ['eth_getTransactionCount', builder.address, 'latest'],
    ['eth_getBalance', builder.address, 'latest'],
    ['eth_getCode', to, 'latest'],
  ])) as [Hex, Hex, Hex];
  const gas = code === '0x' ? TRANSFER_GAS : CONTRACT_GAS;
  if (wei + gas * baseFeePerGas > BigInt(balance)) return false;
  const fees = { gas, maxFeePerGas: baseFeePerGas, maxPriorityFeePerGas: 0n };
  const signed = await builder.signTransaction({ type: 'eip1559', chainId, nonce: Number(nonce), to, value: wei, ...fees });
  await anvil.call('eth_sendRawTransaction', signed);
  return true;
}
