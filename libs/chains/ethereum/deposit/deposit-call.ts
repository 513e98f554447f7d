import { decodeAbiParameters, decodeFunctionData, encodeFunctionData, parseAbi, type Hex } from 'viem';
import type { Amount } from '#kernel';
import type { SignedDeposit } from '../../port.js';

/** The deposit contract: deposit() and the event it leaves. */
const abi = parseAbi(['function deposit(bytes pubkey, bytes withdrawal_credentials, bytes signature, bytes32 deposit_data_root) payable']);
/** keccak256("DepositEvent(bytes,bytes,bytes,bytes,bytes)") */
export const DEPOSIT_EVENT: Hex = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';

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

/** The validator key of a DepositEvent; null when the data is not one. */
export function pubkeyOfEvent(data: string): Hex | null {
  try {
    const [pubkey] = decodeAbiParameters(
      [{ type: 'bytes' }, { type: 'bytes' }, { type: 'bytes' }, { type: 'bytes' }, { type: 'bytes' }],
      data as Hex,
    );
    return pubkey.length === 98 ? (pubkey.toLowerCase() as Hex) : null;
  } catch {
    return null;
  }
}
