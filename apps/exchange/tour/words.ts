import { accept, assets, formatDecimal, parseDecimal } from '#kernel';

/** What the tour's client sends in, and what of it it stakes. ETH. */
export const DEPOSIT = '5.5';
export const STAKE = '5';

export const formatSeconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
/** "5 ETH" from a decimal string or base units. */
export const eth = (value: string | bigint): string => `${typeof value === 'bigint' ? formatDecimal(assets.ETH, value) : value} ETH`;
export const shortHash = (hash: string): string => (hash.length > 20 ? `${hash.slice(0, 10)}…${hash.slice(-6)}` : hash);
export const wei = (text: string): bigint => accept(parseDecimal(assets.ETH, text));
