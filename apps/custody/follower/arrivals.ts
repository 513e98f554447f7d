import type { ChainBlock, NativeTransfer, ProtocolCredit } from '#chains';
import { invariant, uuid5, type Amount } from '#kernel';
import type { AccountRef, Posting } from '#ledger';
import { holdingOf, ofChain, ofClient } from '../accounts.js';
import { depositId } from '../deposits/deposit.js';
import type { Books, DetectedDeposit, ExecutionArrival, OwnWallet, UnattributedArrival } from './books.js';

/** One arrival: its posting, and what else there is to know of it. */
export interface Arrived {
  readonly posting: Posting;
  readonly deposit?: DetectedDeposit;
  readonly unattributed?: UnattributedArrival;
  readonly reward?: ExecutionArrival;
}

/** Money that reaches an address of ours from outside. */
export class Arrivals {
  constructor(
    private readonly books: Books,
    private readonly block: ChainBlock,
  ) {}

  transfer(wallet: OwnWallet, transfer: NativeTransfer): Arrived {
    if (wallet.role === 'deposit') return this.deposit(wallet, transfer);
    const cause = [this.books.chain, transfer.transactionHash, wallet.address];
    const id = uuid5('arrival', ...cause);
    if (wallet.role === 'treasury') return { posting: this.toHouse(wallet, id, uuid5('house.fund', ...cause), transfer.value) };
    // a block's builder is its fee recipient, and pays whoever proposed it from there
    if (wallet.role === 'vault' && this.books.proposedByUs && transfer.from === this.block.feeRecipient)
      return this.reward(wallet, id, 'mev', transfer.value);
    return {
      posting: this.toNobody(wallet, id, uuid5('deposit.unattributed', ...cause), transfer.value),
      unattributed: {
        id,
        wallet,
        amount: transfer.value,
        cause: 'transfer',
        sender: transfer.from,
        transactionHash: transfer.transactionHash,
      },
    };
  }

  /** The block's own payment to its fee recipient: no transaction shows it. */
  priorityFees(wallet: OwnWallet): Arrived {
    const units = this.block.priorityFees;
    const id = uuid5('priority_fees', this.books.chain, this.block.number.toString());
    if (wallet.role === 'vault') return this.reward(wallet, id, 'priority_fees', units);
    if (wallet.role === 'treasury') return { posting: this.toHouse(wallet, id, uuid5('house.fund', id), units) };
    return {
      posting: this.toNobody(wallet, id, uuid5('deposit.unattributed', id), units),
      unattributed: { id, wallet, amount: units, cause: 'priority_fees', sender: null, transactionHash: null },
    };
  }

  /** A credit to an address that no validator of ours pays out to is a stranger's gift: booked where it belongs, to nobody. */
  credit(wallet: OwnWallet, credit: ProtocolCredit): Arrived {
    const cause = ['credit', this.books.chain, credit.index.toString()];
    const id = uuid5(...cause);
    if (wallet.role === 'vault') {
      invariant(wallet.poolId !== null, 'wallet.without_pool', { walletId: wallet.id });
      const to: AccountRef = { kind: 'pool.protocol_withdrawal', owner: wallet.poolId, asset: this.books.asset };
      return { posting: this.posting('protocol.withdraw', uuid5('protocol.withdraw', ...cause), id, wallet, to, credit.amount) };
    }
    if (wallet.role === 'treasury') return { posting: this.toHouse(wallet, id, uuid5('house.fund', ...cause), credit.amount) };
    return {
      posting: this.toNobody(wallet, id, uuid5('deposit.unattributed', ...cause), credit.amount),
      unattributed: { id, wallet, amount: credit.amount, cause: 'credit', sender: null, transactionHash: null },
    };
  }

  private deposit(wallet: OwnWallet, transfer: NativeTransfer): Arrived {
    const { value: amount, from: sender, transactionHash } = transfer;
    invariant(wallet.clientId !== null, 'wallet.without_client', { walletId: wallet.id });
    const id = depositId(this.books.chain, transactionHash, wallet.address);
    const to = ofClient('client.suspense', wallet.clientId, this.books.asset);
    return {
      posting: this.posting('deposit.receive', uuid5('deposit.receive', id), id, wallet, to, amount),
      deposit: { depositId: id, wallet, clientId: wallet.clientId, amount, sender, transactionHash },
    };
  }

  private reward(wallet: OwnWallet, id: string, component: ExecutionArrival['component'], units: Amount): Arrived {
    invariant(wallet.poolId !== null, 'wallet.without_pool', { walletId: wallet.id });
    const to: AccountRef = { kind: 'pool.execution_reward', owner: wallet.poolId, asset: this.books.asset };
    return {
      posting: this.posting('execution.receive', uuid5('execution.receive', id), id, wallet, to, units),
      reward: { id, poolId: wallet.poolId, component, amount: units },
    };
  }

  private toHouse(wallet: OwnWallet, id: string, key: string, units: Amount): Posting {
    return this.posting('house.fund', key, id, wallet, ofChain('house.capital', this.books.chain, this.books.asset), units);
  }

  private toNobody(wallet: OwnWallet, id: string, key: string, units: Amount): Posting {
    return this.posting('deposit.unattributed', key, id, wallet, ofChain('trust.unattributed', this.books.chain, this.books.asset), units);
  }

  private posting(kind: Posting['kind'], key: string, id: string, wallet: OwnWallet, credit: AccountRef, units: Amount): Posting {
    const debit = holdingOf(wallet, this.books.asset);
    return { key, kind, debit, credit, amount: units, effectiveAt: this.block.time, reference: id };
  }
}
