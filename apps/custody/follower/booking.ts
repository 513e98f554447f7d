import type { ChainBlock, NativeTransfer, ProtocolCredit } from '#chains';
import { amount, invariant, uuid5, unreachable, type Amount, type AssetCode } from '#kernel';
import type { AccountRef, Posting } from '#ledger';
import type { Purpose, WalletRole } from '#messages';
import { depositId } from '../deposits/deposit.js';

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
  /** By transaction hash. */
  readonly transactions: ReadonlyMap<string, OwnTransaction>;
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
  readonly succeeded: boolean;
  readonly gasCost: Amount;
}
export interface BookedCredit {
  readonly credit: ProtocolCredit;
  readonly wallet: OwnWallet;
}
export interface BlockBooking {
  readonly postings: readonly Posting[];
  readonly deposits: readonly DetectedDeposit[];
  readonly finalised: readonly FinalisedTransaction[];
  readonly credits: readonly BookedCredit[];
}

/** Every address that blocks move coins from or to. */
export const addressesIn = (blocks: readonly ChainBlock[]): string[] => [
  ...new Set(
    blocks.flatMap((b) => [...b.transfers.flatMap((t) => (t.to === null ? [t.from] : [t.from, t.to])), ...b.credits.map((c) => c.address)]),
  ),
];

/** Whether a block moves anything of ours; where it does not, only the cursor moves. */
export const touchesUs = (block: ChainBlock, wallets: Books['wallets']): boolean =>
  block.transfers.some((t) => wallets.has(t.from) || (t.succeeded && t.value > 0n && t.to !== null && wallets.has(t.to))) ||
  block.credits.some((c) => c.amount > 0n && wallets.has(c.address));

/**
 * What a finalised block means for the books: every movement of an address of ours, to the base unit, in the block's own order (so that no
 * wallet gives what it has not got), protocol credits last as the protocol applies them. A spend that we did not sign, or that differs
 * from what we signed, is a broken invariant: somebody else holds a key.
 */
export function bookBlock(block: ChainBlock, books: Books): BlockBooking {
  const booking = {
    postings: [] as Posting[],
    deposits: [] as DetectedDeposit[],
    finalised: [] as FinalisedTransaction[],
    credits: [] as BookedCredit[],
  };
  const rules = new Rules(books, block);
  for (const transfer of block.transfers) {
    const from = books.wallets.get(transfer.from);
    const to = transfer.to === null || !transfer.succeeded || transfer.value === 0n ? undefined : books.wallets.get(transfer.to);
    if (from) {
      const own = rules.ownTransaction(transfer);
      booking.postings.push(...rules.spend(own, from, transfer));
      booking.finalised.push({ id: own.id, succeeded: transfer.succeeded, gasCost: transfer.gasCost });
      if (isInternal(own.purpose)) continue;
    }
    if (to) {
      const arrival = rules.arrival(to, transfer);
      booking.postings.push(arrival.posting);
      if (arrival.deposit) booking.deposits.push(arrival.deposit);
    }
  }
  for (const credit of block.credits) {
    const wallet = books.wallets.get(credit.address);
    if (!wallet || credit.amount === 0n) continue;
    booking.postings.push(rules.credit(wallet, credit));
    if (wallet.role === 'vault') booking.credits.push({ credit, wallet });
  }
  return booking;
}

/** Both ends are ours and booked by the one rule of the purpose. */
const isInternal = (purpose: Purpose): boolean =>
  purpose === 'sweep' || purpose === 'gas_feed' || purpose === 'gas_top_up' || purpose === 'fee_sweep';

class Rules {
  constructor(
    private readonly books: Books,
    private readonly block: ChainBlock,
  ) {}

  ownTransaction(transfer: NativeTransfer): OwnTransaction {
    const own = this.books.transactions.get(transfer.transactionHash);
    invariant(own !== undefined, 'follower.foreign_spend', { transactionHash: transfer.transactionHash, from: transfer.from });
    const same = own.from === transfer.from && own.to === transfer.to && own.value === transfer.value && own.nonce === transfer.nonce;
    invariant(same, 'follower.spend_differs', { transactionHash: transfer.transactionHash, transactionId: own.id });
    return own;
  }

  /** Gas is spent whether it succeeded or not; the value moves only if it did. */
  spend(own: OwnTransaction, from: OwnWallet, transfer: NativeTransfer): Posting[] {
    const value = transfer.succeeded ? this.value(own, from) : this.reverted(own);
    const fee = own.purpose === 'exit_request' && transfer.succeeded ? own.value : 0n;
    return [...value, ...this.gas(own, from, amount(transfer.gasCost + fee))];
  }

  private value(own: OwnTransaction, from: OwnWallet): Posting[] {
    if (own.value === 0n) return [];
    const wallet = this.holding(from);
    switch (own.purpose) {
      case 'sweep':
      case 'gas_feed':
        return [this.posting('wallet.sweep', own, this.holding(this.ours(own.to)), wallet, own.value)];
      case 'withdrawal':
        return [this.posting('withdrawal.settle', own, this.client('client.reserved', own.clientId), wallet, own.value)];
      case 'stake_deposit':
        return [this.posting('stake.send', own, this.pool('pool.bonding', own.poolId), wallet, own.value)];
      case 'exit_request':
        return []; // its value is the protocol's fee and counts as gas
      case 'fee_sweep':
        return this.group(own, [
          this.posting('fee.sweep', own, this.ofChain('trust.fee_payable'), wallet, own.value),
          this.posting('house.fee_receive', own, this.holding(this.ours(own.to)), this.ofChain('house.fee_receivable'), own.value),
        ]);
      case 'gas_top_up':
        return this.group(own, [
          this.posting('gas.top_up', own, this.holding(this.ours(own.to)), this.ofChain('trust.gas_float'), own.value),
          this.posting('house.top_up', own, this.ofChain('house.gas_expense'), wallet, own.value),
        ]);
      default:
        return unreachable(own.purpose);
    }
  }

  private reverted(own: OwnTransaction): Posting[] {
    if (own.purpose !== 'withdrawal') return [];
    return [
      this.posting(
        'withdrawal.return',
        own,
        this.client('client.reserved', own.clientId),
        this.client('client.available', own.clientId),
        own.value,
      ),
    ];
  }

  private gas(own: OwnTransaction, from: OwnWallet, spent: Amount): Posting[] {
    const wallet = this.holding(from);
    if (from.role === 'treasury')
      return spent > 0n ? [this.posting('house.gas', own, this.ofChain('house.gas_expense'), wallet, spent)] : [];
    invariant(spent <= own.reserved, 'follower.gas_beyond_reserve', {
      transactionId: own.id,
      spent: spent.toString(),
      reserved: own.reserved.toString(),
    });
    const reserve = this.ofChain('trust.gas_reserved');
    const rest = amount(own.reserved - spent);
    return [
      ...(spent > 0n ? [this.posting('gas.spend', own, reserve, wallet, spent)] : []),
      ...(rest > 0n ? [this.posting('gas.release', own, reserve, this.ofChain('trust.gas_float'), rest)] : []),
    ];
  }

  /** Money that reaches one of our addresses from outside. */
  arrival(wallet: OwnWallet, transfer: NativeTransfer): { posting: Posting; deposit?: DetectedDeposit } {
    const cause = [this.books.chain, transfer.transactionHash, wallet.address] as const;
    const post = (kind: 'house.fund' | 'deposit.unattributed', credit: AccountRef): { posting: Posting } => ({
      posting: {
        key: uuid5(kind, ...cause),
        kind,
        debit: this.holding(wallet),
        credit,
        amount: transfer.value,
        effectiveAt: this.block.time,
        reference: uuid5('arrival', ...cause),
      },
    });
    if (wallet.role === 'treasury') return post('house.fund', this.ofChain('house.capital'));
    if (wallet.role !== 'deposit') return post('deposit.unattributed', this.ofChain('trust.unattributed'));
    invariant(wallet.clientId !== null, 'wallet.without_client', { walletId: wallet.id });
    const id = depositId(this.books.chain, transfer.transactionHash, wallet.address);
    return {
      posting: {
        key: uuid5('deposit.receive', id),
        kind: 'deposit.receive',
        debit: this.holding(wallet),
        credit: this.client('client.suspense', wallet.clientId),
        amount: transfer.value,
        effectiveAt: this.block.time,
        reference: id,
      },
      deposit: {
        depositId: id,
        wallet,
        clientId: wallet.clientId,
        amount: transfer.value,
        sender: transfer.from,
        transactionHash: transfer.transactionHash,
      },
    };
  }

  /** A credit to an address that no validator of ours pays out to is a stranger's gift: booked where it belongs, to nobody. */
  credit(wallet: OwnWallet, credit: ProtocolCredit): Posting {
    const cause = [this.books.chain, credit.index.toString()] as const;
    const [kind, account] =
      wallet.role === 'vault'
        ? (['protocol.withdraw', this.pool('pool.protocol_withdrawal', wallet.poolId)] as const)
        : wallet.role === 'treasury'
          ? (['house.fund', this.ofChain('house.capital')] as const)
          : (['deposit.unattributed', this.ofChain('trust.unattributed')] as const);
    return {
      key: uuid5(kind, 'credit', ...cause),
      kind,
      debit: this.holding(wallet),
      credit: account,
      amount: credit.amount,
      effectiveAt: this.block.time,
      reference: uuid5('credit', ...cause),
    };
  }

  private posting(kind: Posting['kind'], own: OwnTransaction, debit: AccountRef, credit: AccountRef, units: Amount): Posting {
    return { key: uuid5(kind, own.id), kind, debit, credit, amount: units, effectiveAt: this.block.time, reference: own.id };
  }

  private group(own: OwnTransaction, postings: readonly Posting[]): Posting[] {
    const group = uuid5('group', own.id);
    return postings.map((posting) => ({ ...posting, group }));
  }

  private ours(address: string): OwnWallet {
    const wallet = this.books.wallets.get(address);
    invariant(wallet !== undefined, 'follower.unknown_wallet', { address });
    return wallet;
  }

  private holding(wallet: OwnWallet): AccountRef {
    return { kind: wallet.role === 'treasury' ? 'house.wallet' : 'trust.wallet', owner: wallet.id, asset: this.books.asset };
  }

  private ofChain(kind: AccountRef['kind']): AccountRef {
    return { kind, owner: this.books.chain, asset: this.books.asset };
  }

  private client(kind: AccountRef['kind'], clientId: string | null): AccountRef {
    invariant(clientId !== null, 'follower.without_client', { kind });
    return { kind, owner: clientId, asset: this.books.asset };
  }

  private pool(kind: AccountRef['kind'], poolId: string | null): AccountRef {
    invariant(poolId !== null, 'follower.without_pool', { kind });
    return { kind, owner: poolId, asset: this.books.asset };
  }
}
