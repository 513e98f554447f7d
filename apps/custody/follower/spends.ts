import type { ChainBlock, NativeTransfer } from '#chains';
import { amount, invariant, unreachable, uuid5, type Amount } from '#kernel';
import type { AccountRef, Posting } from '#ledger';
import type { Purpose } from '#messages';
import { holdingOf, ofChain } from '../accounts.js';
import { isProtocolRequest } from '../transactions/transaction.js';
import type { Books, OwnTransaction, OwnWallet } from './books.js';

/** Both ends are ours and booked by the one rule of the purpose. */
export const isInternal = (purpose: Purpose): boolean =>
  purpose === 'sweep' || purpose === 'gas_feed' || purpose === 'gas_top_up' || purpose === 'fee_sweep';

/** What leaves an address of ours by a transaction that we signed. */
export class Spends {
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
    const fee = isProtocolRequest(own.purpose) && transfer.succeeded ? own.value : 0n;
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
      case 'fund_return':
        return [this.posting('unattributed.return', own, this.ofChain('trust.unattributed'), wallet, own.value)];
      case 'stake_deposit':
      case 'stake_top_up':
        return [this.posting('stake.send', own, this.pool('pool.bonding', own.poolId), wallet, own.value)];
      case 'exit_request':
      case 'partial_withdrawal':
      case 'consolidation':
      case 'credentials_switch':
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
    return holdingOf(wallet, this.books.asset);
  }

  private ofChain(kind: AccountRef['kind']): AccountRef {
    return ofChain(kind, this.books.chain, this.books.asset);
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
