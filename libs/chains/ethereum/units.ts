import { amount, type Amount } from '#kernel';

/** The consensus layer counts in Gwei, the execution layer in wei. */
export const WEI_PER_GWEI = 1_000_000_000n;
export const WEI_PER_ETH = 1_000_000_000_000_000_000n;

export const fromGwei = (gwei: bigint): Amount => amount(gwei * WEI_PER_GWEI);

/** Whole Gwei, or null when the amount is not a whole number of them (the consensus layer cannot express it). */
export const toGwei = (wei: Amount): bigint | null => (wei % WEI_PER_GWEI === 0n ? wei / WEI_PER_GWEI : null);
