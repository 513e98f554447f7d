import type { Chain } from '#chains';
import { isAssetCode, refuse, type AssetCode, type Result } from '#kernel';

/** Injection token of the chains that custody holds coins on. */
export const CHAINS = Symbol('custody.chains');

/** By name. */
export type Chains = ReadonlyMap<string, Chain>;

/** The chain that carries an asset. Refusal: asset.unknown. */
export function chainOfAsset(chains: Chains, code: string): Result<{ chain: Chain; asset: AssetCode }> {
  for (const chain of chains.values()) if (isAssetCode(code) && chain.asset === code) return { ok: true, value: { chain, asset: code } };
  return refuse('asset.unknown', 'This asset is not held here.', { asset: code.slice(0, 32) });
}
