import type { ProtocolCredit } from '#chains';
import type { Amount, AssetCode } from '#kernel';
import type { Posting } from '#ledger';
import type { Purpose, WalletRole } from '#messages';

/** An address of ours. */
export interface OwnWallet {
  readonly id: string;
  readonly role: WalletRole;
  /** Lower-case. */
  readonly address: string;
  readonly clientId: string | null;
  readonly poolId: string | null;
}

/** A transaction that we signed, as far as booking needs it. */
export interface OwnTransaction {
  readonly id: string;
  readonly purpose: Purpose;
  readonly from: string;
  readonly to: string;
  readonly value: Amount;
  readonly nonce: bigint;
  /** What the gas float set aside for it. */
  readonly reserved: Amount;
  readonly clientId: string | null;
  readonly poolId: string | null;
}

export interface Books {
  readonly chain: string;
  readonly asset: AssetCode;
  /** By lower-case address. */
  readonly wallets: ReadonlyMap<string, OwnWallet>;
  /** By the hash of any attempt that was signed. */
  readonly transactions: ReadonlyMap<string, OwnTransaction>;
  /** A validator of ours proposed the block: what its builder pays to a vault is the validator's earning, and no gift. */
  readonly proposedByUs: boolean;
}

export interface DetectedDeposit {
  readonly depositId: string;
  readonly wallet: OwnWallet;
  readonly clientId: string;
  readonly amount: Amount;
  readonly sender: string;
  readonly transactionHash: string;
}
export interface FinalisedTransaction {
  readonly id: string;
  /** Of the attempt that the chain took. */
  readonly hash: string;
  readonly succeeded: boolean;
  readonly gasCost: Amount;
}
export interface BookedCredit {
  readonly credit: ProtocolCredit;
  readonly wallet: OwnWallet;
}
/** Money to an address of ours that nobody can be credited for yet. */
export interface UnattributedArrival {
  /** The reference of its posting. */
  readonly id: string;
  readonly wallet: OwnWallet;
  readonly amount: Amount;
  readonly cause: 'transfer' | 'credit' | 'priority_fees';
  readonly sender: string | null;
  readonly transactionHash: string | null;
}
/** What a block paid the vault of a pool for having been proposed. */
export interface ExecutionArrival {
  /** The reference of its posting. */
  readonly id: string;
  readonly poolId: string;
  readonly component: 'priority_fees' | 'mev';
  readonly amount: Amount;
}
export interface BlockBooking {
  readonly postings: readonly Posting[];
  readonly deposits: readonly DetectedDeposit[];
  readonly finalised: readonly FinalisedTransaction[];
  readonly credits: readonly BookedCredit[];
  readonly unattributed: readonly UnattributedArrival[];
  readonly rewards: readonly ExecutionArrival[];
}
