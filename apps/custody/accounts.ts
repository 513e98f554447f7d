import type { AssetCode } from '#kernel';
import type { AccountKindName, AccountRef } from '#ledger';
import type { WalletRole } from '#messages';

/** The coins at an address of ours: the treasury's belong to the house, all others are held on trust. */
export const holdingOf = (wallet: { id: string; role: WalletRole }, asset: AssetCode): AccountRef => ({
  kind: wallet.role === 'treasury' ? 'house.wallet' : 'trust.wallet',
  owner: wallet.id,
  asset,
});

export const ofChain = (kind: AccountKindName, chain: string, asset: AssetCode): AccountRef => ({ kind, owner: chain, asset });
export const ofClient = (kind: AccountKindName, clientId: string, asset: AssetCode): AccountRef => ({ kind, owner: clientId, asset });
