import { assets, formatDecimal } from '#kernel';

export const formatSeconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
/** "5 ETH" from a decimal string or base units. */
export const eth = (value: string | bigint): string => `${typeof value === 'bigint' ? formatDecimal(assets.ETH, value) : value} ETH`;
export const shortHash = (hash: string): string => (hash.length > 20 ? `${hash.slice(0, 10)}…${hash.slice(-6)}` : hash);
