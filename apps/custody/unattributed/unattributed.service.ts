import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { invariant, ok, publicId, refuse, uuid5, type Clock, type Result } from '#kernel';
import { mustPost, type AccountKindName, type AccountRef, type TransferKindName } from '#ledger';
import { ofChain, ofClient } from '../accounts.js';
import { announceDeposit } from '../deposits/announcing.js';
import { insertDeposit } from '../deposits/deposits.store.js';
import { lockCursor } from '../follower/cursor.store.js';
import { receiveReward } from '../follower/execution-rewards.store.js';
import { CLOCK } from '../tokens.js';
import { insertIntention } from '../transactions/transactions.store.js';
import { singleWallet, vaultOfPool, walletAt, walletOfClient } from '../wallets/wallets.store.js';
import { mayDecide, moveUnattributed, proposalOf, type Proposal, type UnattributedEvent, type Wish } from './unattributed.js';
import type { UnattributedEntity } from './unattributed.entity.js';
import { lockUnattributed, moveUnattributedRow, type UnattributedChange } from './unattributed.store.js';

type Decided = Promise<Result<UnattributedEntity>>;

/** Four eyes on money without an owner: proposed by one, approved or denied by another, each time with a reason. */
interface Decision {
  readonly version: number;
  readonly reason: string;
}
type Gift = Extract<Proposal, { to: 'recovery' | 'operator_bond' | 'cover_fund' | 'first_loss' | 'instant_buffer' }>;
/** By destination: the kind that moves it there. */
const gifts = {
  recovery: { kind: 'unattributed.to_recovery', account: 'pool.recovery' },
  operator_bond: { kind: 'unattributed.to_operator_bond', account: 'cover.operator_bond' },
  cover_fund: { kind: 'unattributed.to_cover_fund', account: 'cover.fund' },
  first_loss: { kind: 'unattributed.to_first_loss', account: 'cover.first_loss' },
  instant_buffer: { kind: 'unattributed.to_instant_buffer', account: 'pool.instant_buffer' },
} as const satisfies Record<Gift['to'], { kind: TransferKindName; account: AccountKindName }>;

const CHANGED = refuse('unattributed.proposal_changed', 'The proposal is not the one that you saw: look again.');

@Injectable()
export class UnattributedService {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** Refusals: those of `proposalOf`, unattributed.client_unknown, unattributed.pool_unknown, address.own. */
  async propose(em: EntityManager, id: string, wish: Wish, staffId: string): Decided {
    const row = await this.locked(em, id, 'propose');
    if (!row.ok) return row;
    const proposal = proposalOf(row.value, wish);
    if (!proposal.ok) return proposal;
    const possible = await this.possible(em, row.value, proposal.value);
    if (!possible.ok) return possible;
    return this.move(em, row.value, 'propose', { proposal: proposal.value, proposedBy: staffId, decidedBy: null }, staffId, wish.reason);
  }

  /** `version`: what whoever decides has seen. Refusals: unattributed.proposal_changed, unattributed.maker_is_checker. */
  async deny(em: EntityManager, id: string, staffId: string, { version, reason }: Decision): Decided {
    const row = await this.locked(em, id, 'deny');
    if (!row.ok) return row;
    if (row.value.version !== version) return CHANGED;
    const may = mayDecide(row.value.proposedBy, staffId);
    return may.ok ? this.move(em, row.value, 'deny', { proposal: null, proposedBy: null }, staffId, reason) : may;
  }

  /** Does what was proposed. Refusals: unattributed.proposal_changed, unattributed.maker_is_checker, and those of `propose` that have come true meanwhile. */
  async approve(em: EntityManager, id: string, staffId: string, { version, reason }: Decision): Decided {
    const row = await this.locked(em, id, 'attribute');
    if (!row.ok) return row;
    if (row.value.version !== version) return CHANGED;
    const { proposal, proposedBy } = row.value;
    invariant(proposal !== null, 'unattributed.without_proposal', { id });
    const may = mayDecide(proposedBy, staffId);
    if (!may.ok) return may;
    const possible = await this.possible(em, row.value, proposal);
    if (!possible.ok) return possible;
    switch (proposal.to) {
      case 'client':
        return this.toClient(em, row.value, proposal, staffId, reason);
      case 'pool':
        return this.toPool(em, row.value, proposal.poolId, staffId, reason);
      case 'sender':
        return this.sendBack(em, row.value, proposal.address, staffId, reason);
      default:
        return this.give(em, row.value, proposal, staffId, reason);
    }
  }

  /** As a deposit that has just arrived: compliance clears it before anybody can use it. */
  private async toClient(
    em: EntityManager,
    row: UnattributedEntity,
    { clientId, sender, transactionHash }: Extract<Proposal, { to: 'client' }>,
    staffId: string,
    reason: string,
  ): Decided {
    const moved = await this.move(em, row, 'attribute', { decidedBy: staffId }, staffId, reason);
    const { chain, asset, walletId, amount } = row;
    const block = { number: row.blockNumber, hash: row.blockHash, time: row.blockTime };
    const depositId = uuid5('deposit', 'unattributed', row.id);
    const arrival = { depositId, chain, asset, walletId, clientId, amount, sender, transactionHash, block };
    await announceDeposit(em, await insertDeposit(em, arrival, 'suspense', this.clock.now()));
    await this.post(em, row, 'unattributed.to_client', ofClient('client.suspense', clientId, asset), depositId);
    return moved;
  }

  private async toPool(em: EntityManager, row: UnattributedEntity, poolId: string, staffId: string, reason: string): Decided {
    const moved = await this.move(em, row, 'attribute', { decidedBy: staffId }, staffId, reason);
    const id = uuid5('unattributed.to_pool', row.id);
    // of the block at which the books stand: rewards are counted in the order in which they were booked
    const { number } = await lockCursor(em, row.chain);
    await receiveReward(em, row, { number }, { id, poolId, component: 'mev', amount: row.amount });
    await this.post(em, row, 'unattributed.to_pool', { kind: 'pool.execution_reward', owner: poolId, asset: row.asset }, id);
    return moved;
  }

  /** To what bears losses, makes them good or pays instant exits. Whoever gave it has no claim to it any more. */
  private async give(em: EntityManager, row: UnattributedEntity, gift: Gift, staffId: string, reason: string): Decided {
    const moved = await this.move(em, row, 'attribute', { decidedBy: staffId }, staffId, reason);
    const { kind, account } = gifts[gift.to];
    const owner = 'poolId' in gift ? gift.poolId : 'operatorId' in gift ? gift.operatorId : row.chain;
    await this.post(em, row, kind, { kind: account, owner, asset: row.asset }, uuid5(kind, row.id));
    return moved;
  }

  /** The ledger moves when the transaction is final. */
  private async sendBack(em: EntityManager, row: UnattributedEntity, address: string, staffId: string, reason: string): Decided {
    const omnibus = await singleWallet(em, row.chain, 'omnibus');
    invariant(omnibus !== null, 'wallet.absent', { role: 'omnibus' });
    const { chain, asset, amount } = row;
    const requestId = uuid5('fund_return', row.id, String(row.version));
    const intention = { requestId, chain, asset, amount, purpose: 'fund_return' as const, fromWalletId: omnibus.id, toAddress: address };
    const transactionId = await insertIntention(em, intention, this.clock.now(), `staff:${staffId}`);
    invariant(transactionId !== null, 'unattributed.returned_twice', { id: row.id });
    return this.move(em, row, 'send_back', { decidedBy: staffId, transactionId }, staffId, reason);
  }

  private async possible(em: EntityManager, { chain }: UnattributedEntity, proposal: Proposal): Promise<Result<null>> {
    if (proposal.to === 'client' && !(await walletOfClient(em, chain, proposal.clientId)))
      return refuse('unattributed.client_unknown', 'There is no such client with a deposit address on this chain.');
    if ('poolId' in proposal && !(await vaultOfPool(em, chain, proposal.poolId)))
      return refuse('unattributed.pool_unknown', 'There is no such pool with a vault on this chain.');
    if (proposal.to === 'sender' && (await walletAt(em, chain, proposal.address)))
      return refuse('address.own', 'The address belongs to the exchange.');
    return ok(null);
  }

  private async locked(em: EntityManager, id: string, event: UnattributedEvent): Decided {
    const row = await lockUnattributed(em, id);
    if (!row) return refuse('not_found', 'There is no such arrival.');
    const may = moveUnattributed(row.state, event);
    return may.ok ? ok(row) : may;
  }

  private async move(
    em: EntityManager,
    row: UnattributedEntity,
    event: UnattributedEvent,
    change: UnattributedChange,
    staffId: string,
    reason: string,
  ): Decided {
    const moved = await moveUnattributedRow(em, row, event, change, { at: this.clock.now(), actor: `staff:${staffId}`, reason });
    const details = { amount_atomic: row.amount.toString(), to: moved.proposal?.to ?? row.proposal?.to ?? null };
    const resource = publicId('unattributed', row.id);
    await record(em, { actor: { kind: 'staff', id: staffId }, action: `unattributed.${event}`, resource, reason, details });
    return ok(moved);
  }

  private async post(
    em: EntityManager,
    row: UnattributedEntity,
    kind: Extract<TransferKindName, `unattributed.${string}`>,
    credit: AccountRef,
    reference: string,
  ): Promise<void> {
    const debit = ofChain('trust.unattributed', row.chain, row.asset);
    const key = uuid5(kind, row.id);
    await mustPost(em, [{ key, kind, debit, credit, amount: row.amount, effectiveAt: this.clock.now(), reference }]);
  }
}
