import { keccak256, parseTransaction, serializeTransaction, type Hex, type TransactionSerializableEIP1559 } from 'viem';
import { publicKeyToAddress } from 'viem/accounts';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { amount, LARGEST, ok, refuse, type Result } from '#kernel';
import type { DecodedTransaction } from '../../port.js';
import { fromBytes, isHex, toBytes } from '../hex.js';

/** The envelope as viem reads it, signature apart. */
export interface Envelope {
  readonly body: TransactionSerializableEIP1559;
  readonly signature: { readonly r: Hex; readonly s: Hex; readonly yParity: number } | null;
}

/**
 * Reads an EIP-1559 transaction, signed or not. Only what this system builds is accepted: type 2, no access list, written exactly as it
 * would be written again (two encodings of one transaction are one too many), a signature in its low form (EIP-2). Refusal:
 * `transaction.undecodable`.
 */
export function openEnvelope(bytes: string): Result<Envelope> {
  if (!isHex(bytes) || !bytes.startsWith('0x02')) return undecodable('not an EIP-1559 transaction');
  try {
    const { r, s, yParity, accessList, ...parsed } = parseTransaction(bytes as `0x02${string}`);
    const { chainId, nonce, to, value, data, gas, maxFeePerGas, maxPriorityFeePerGas } = parsed;
    const body: TransactionSerializableEIP1559 = {
      type: 'eip1559',
      chainId,
      nonce,
      to,
      value,
      data,
      gas,
      maxFeePerGas,
      maxPriorityFeePerGas,
    };
    if (accessList && accessList.length > 0) return undecodable('an access list, which we never build');
    const signature = r !== undefined && s !== undefined && yParity !== undefined ? { r, s, yParity } : null;
    const again = signature ? serializeTransaction(body, signature) : serializeTransaction(body);
    return again === bytes ? ok({ body, signature }) : undecodable('not in canonical form');
  } catch {
    return undecodable('malformed');
  }
}

export function decodeTransaction(bytes: string): Result<DecodedTransaction> {
  const opened = openEnvelope(bytes);
  if (!opened.ok) return opened;
  const { body, signature } = opened.value;
  const value = body.value ?? 0n;
  const worstCost = (body.gas ?? 0n) * (body.maxFeePerGas ?? 0n);
  if (value > LARGEST || worstCost > LARGEST) return undecodable('an amount beyond what the ledger can hold');
  const from = signature ? recoverSender(body, signature) : null;
  if (signature && !from) return undecodable('a signature that no key could have made');
  return ok({
    chainId: BigInt(body.chainId),
    nonce: BigInt(body.nonce ?? 0),
    to: body.to ? body.to.toLowerCase() : null,
    value: amount(value),
    data: body.data ?? '0x',
    worstCost: amount(worstCost),
    from,
    hash: signature ? keccak256(bytes as Hex) : null,
  });
}

function recoverSender(body: TransactionSerializableEIP1559, signature: NonNullable<Envelope['signature']>): string | null {
  try {
    const parts = new secp256k1.Signature(BigInt(signature.r), BigInt(signature.s)).addRecoveryBit(signature.yParity);
    if (parts.hasHighS()) return null;
    const digest = toBytes(keccak256(serializeTransaction(body)));
    return publicKeyToAddress(fromBytes(parts.recoverPublicKey(digest).toBytes(false))).toLowerCase();
  } catch {
    return null;
  }
}

const undecodable = (why: string): Result<never> => refuse('transaction.undecodable', `These bytes are not a transaction of ours: ${why}.`);
