/** One line for a banner: what the local Ethereum is. The long form is at the top of main.ts. */
export const realness = 'real EVM (anvil) + real consensus rules (Lodestar), one trusted producer';
