import { decodeFunctionData, encodeFunctionData, parseAbi, type Hex } from 'viem';
import type { Amount } from '#kernel';
import type { SignedDeposit } from '../../port.js';

const abi = parseAbi(['function deposit(bytes pubkey, bytes withdrawal_credentials, bytes signature, bytes32 deposit_data_root) payable']);

export const encodeDepositCall = (deposit: SignedDeposit): Hex =>
  encodeFunctionData({
    abi,
    functionName: 'deposit',
    args: [deposit.pubkey as Hex, deposit.withdrawalCredentials as Hex, deposit.signature as Hex, deposit.depositDataRoot as Hex],
  });

/** The deposit that this calldata with this value makes; null when it is not exactly a deposit call. */
export function decodeDepositCall(data: string, value: Amount): SignedDeposit | null {
  try {
    const { args } = decodeFunctionData({ abi, data: data as Hex });
    const [pubkey, withdrawalCredentials, signature, depositDataRoot] = args;
    const deposit = { pubkey, withdrawalCredentials, signature, depositDataRoot, amount: value };
    return encodeDepositCall(deposit) === data ? deposit : null; // one encoding only: no bytes hidden behind the arguments
  } catch {
    return null;
  }
}
