/** How execution-layer requests look on the wire (EIP-6110, EIP-7002, EIP-7251), decoded into what a beacon block carries. */
import type { electra } from '@lodestar/types';
import { toBytes } from './hex.js';
import type { Hex } from './hex.js';

/** keccak256 of `DepositEvent(bytes,bytes,bytes,bytes,bytes)`. */
export const DEPOSIT_EVENT = '0x649bbc62d0e31342afea4e5cd82d4049e7e1ee912fc0889aa790803be39038c5';
const WITHDRAWAL_REQUEST_BYTES = 76;
const CONSOLIDATION_REQUEST_BYTES = 116;

const uint64 = (bytes: Uint8Array, offset: number): bigint => Buffer.from(bytes).readBigUInt64LE(offset);

/** The event holds five `bytes` of known length, so every offset is fixed (EIP-6110). Integers are little-endian. */
export function decodeDeposit(data: Hex): electra.DepositRequest {
  const bytes = toBytes(data);
  return {
    pubkey: bytes.slice(192, 240),
    withdrawalCredentials: bytes.slice(288, 320),
    amount: Number(uint64(bytes, 352)),
    signature: bytes.slice(416, 512),
    index: uint64(bytes, 544),
  };
}

function records(data: Hex, size: number): Uint8Array[] {
  const bytes = toBytes(data);
  if (bytes.length % size !== 0) throw new Error(`requests of ${size} bytes each expected, got ${bytes.length} bytes`);
  return Array.from({ length: bytes.length / size }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

/** What the EIP-7002 contract dequeues. The amount is little-endian here, though big-endian in the calldata that asked for it. */
export const decodeWithdrawalRequests = (data: Hex): electra.WithdrawalRequest[] =>
  records(data, WITHDRAWAL_REQUEST_BYTES).map((bytes) => ({
    sourceAddress: bytes.slice(0, 20),
    validatorPubkey: bytes.slice(20, 68),
    amount: uint64(bytes, 68),
  }));

/** What the EIP-7251 contract dequeues. */
export const decodeConsolidationRequests = (data: Hex): electra.ConsolidationRequest[] =>
  records(data, CONSOLIDATION_REQUEST_BYTES).map((bytes) => ({
    sourceAddress: bytes.slice(0, 20),
    sourcePubkey: bytes.slice(20, 68),
    targetPubkey: bytes.slice(68, 116),
  }));
