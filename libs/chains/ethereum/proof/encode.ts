import { formatTransaction, keccak256, serializeTransaction, toHex, toRlp, type Hex, type RpcTransaction } from 'viem';
import type { Answer } from '../node/answer.js';

/** A quantity as RLP writes numbers: no leading zeros, nothing for zero. */
const number = (value: bigint): Hex => (value === 0n ? '0x' : evenDigits(toHex(value)));
const evenDigits = (hex: Hex): Hex => (hex.length % 2 === 0 ? hex : `0x0${hex.slice(2)}`);
const quantity = (of: Answer): Hex => number(of.quantity());
const typed = (type: bigint, body: Hex): Hex => (type === 0n ? body : `${evenDigits(toHex(type))}${body.slice(2)}`);

/** A transaction as its block holds it; `chain.garbage` when what the node shows is not what its hash is of. */
export function encodeTransaction(transaction: Answer): Hex {
  const hash = transaction.field('hash').hex(32);
  const encoded = attempt(transaction);
  if (encoded === null || keccak256(encoded) !== hash) throw transaction.garbage(`the transaction ${hash}`);
  return encoded;
}

function attempt(transaction: Answer): Hex | null {
  try {
    const { r, s, v, yParity, ...body } = formatTransaction(transaction.raw() as RpcTransaction);
    const parity = yParity ?? (v === 27n || v === 28n ? Number(v - 27n) : Number((v - 35n) % 2n));
    return serializeTransaction({ ...body, data: body.input }, { r, s, v, yParity: parity });
  } catch {
    return null; // of a type that nobody here has heard of, or malformed
  }
}

/** A receipt as its block's root counts it (EIP-658, EIP-2718). */
export function encodeReceipt(receipt: Answer): Hex {
  const logs = receipt
    .field('logs')
    .list()
    .map((log): readonly [Hex, readonly Hex[], Hex] => [
      log.field('address').hex(20),
      log.field('topics').list().map((topic) => topic.hex(32)), // prettier-ignore
      log.field('data').hex(),
    ]);
  const body = toRlp([
    quantity(receipt.field('status')),
    quantity(receipt.field('cumulativeGasUsed')),
    receipt.field('logsBloom').hex(256),
    logs,
  ]);
  return typed(receipt.field('type').quantity(), body);
}

/** EIP-4895; the amount is Gwei here as on the wire. */
export const encodeWithdrawal = (credit: Answer): Hex =>
  toRlp([
    quantity(credit.field('index')),
    quantity(credit.field('validatorIndex')),
    credit.field('address').hex(20),
    quantity(credit.field('amount')),
  ]);

/** The header up to Prague (EIP-7685), of which the block's hash is. */
export function encodeHeader(block: Answer): Hex {
  const words = (...names: string[]): Hex[] => names.map((name) => block.field(name).hex());
  const numbers = (...names: string[]): Hex[] => names.map((name) => quantity(block.field(name)));
  return toRlp([
    ...words('parentHash', 'sha3Uncles', 'miner', 'stateRoot', 'transactionsRoot', 'receiptsRoot', 'logsBloom'),
    ...numbers('difficulty', 'number', 'gasLimit', 'gasUsed', 'timestamp'),
    ...words('extraData', 'mixHash', 'nonce'),
    ...numbers('baseFeePerGas'),
    ...words('withdrawalsRoot'),
    ...numbers('blobGasUsed', 'excessBlobGas'),
    ...words('parentBeaconBlockRoot', 'requestsHash'),
  ]);
}
