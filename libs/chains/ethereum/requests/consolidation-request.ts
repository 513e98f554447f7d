import type { Hex } from 'viem';

const REQUEST = /^0x([0-9a-f]{96})([0-9a-f]{96})$/;

/** What EIP-7251 calldata asks for. Source and target are one key where an 0x01 validator is to become compounding. */
export interface ConsolidationRequest {
  readonly kind: 'consolidation' | 'switch';
  readonly source: Hex;
  readonly target: Hex;
}

/** EIP-7251: exactly 96 bytes, the key whose money moves and the key that receives it. */
export const encodeConsolidationCall = (source: string, target: string): Hex => `0x${source.slice(2)}${target.slice(2)}`;

/** Null when the calldata is anything else. */
export function decodeConsolidationCall(data: string): ConsolidationRequest | null {
  const match = REQUEST.exec(data);
  if (!match) return null;
  const [source, target]: [Hex, Hex] = [`0x${match[1]}`, `0x${match[2]}`];
  return { kind: source === target ? 'switch' : 'consolidation', source, target };
}
