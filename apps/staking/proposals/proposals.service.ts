import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { page, Requests, wireTime, type Answer, type Operation, type Page, type PageQuery, type Reply, type StaffCaller } from '#http';
import { amount, invariant, ok, publicId, refuse, uuidOf, type Clock, type Refusal, type Result } from '#kernel';
import { TransactionRequest, type TransactionFinalisedV1, type TransactionRefusedV1, type TransactionSignedV1 } from '#messages';
import { WriteOffService } from '../batches/write-off.service.js';
import { SYSTEM } from '../history/history.store.js';
import type { Why } from '../orders/order-moves.store.js';
import { PoolRow } from '../pools/pool.entity.js';
import { lockPool, type Held } from '../pools/pools.store.js';
import { CLOCK } from '../tokens.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { DryRunService } from './dry-run.service.js';
import { ProposalActions } from './proposal-actions.service.js';
import { Proposal } from './proposal.entity.js';
import { decidersOf, isPoolKind, type PoolProposalKind } from './proposal.js';
import type { ProposalBody } from './proposals.dto.js';
import { lockKind, lockProposal, moveProposal, pageOfProposals, proposalById } from './proposals.store.js';

/** What takes two people of our staff: each sees what it would do before it does anything. */
@Injectable()
export class ProposalsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly dryRuns: DryRunService,
    private readonly writeOffs: WriteOffService,
    private readonly actions: ProposalActions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async propose(staffId: string, body: ProposalBody, operation: Operation): Promise<Answer> {
    const dryRun = await this.dryRuns.of(body);
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      if (!dryRun.ok) return dryRun;
      const at = this.clock.now();
      const proposal = Object.assign(new Proposal(), {
        id: operation.id,
        poolId: body.pool_id ?? null,
        kind: body.kind,
        terms: body.terms ?? {},
        pubkey: body.pubkey ?? null,
        targetPubkey: body.target_pubkey ?? null,
        batchId: body.batch_id ?? null,
        amount: body.amount_atomic === undefined ? null : amount(BigInt(body.amount_atomic)),
        state: 'proposed',
        dryRun: dryRun.value,
        proposedBy: staffId,
        decidedBy: null,
        comment: body.comment,
        transactionHash: null,
        reason: null,
        sentEpoch: null,
        createdAt: at,
        stateSince: at,
        version: 1,
      });
      await em.insert(Proposal, proposal);
      await this.audit(em, proposal, 'proposal.make', staffId, body.comment);
      return ok({ status: 201, body: view(proposal) });
    });
  }

  decide(event: 'approve' | 'reject', by: StaffCaller, id: string, comment: string, operation: Operation): Promise<Answer> {
    const { staffId } = by;
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const uuid = uuidOf('operation', id);
      const seen = uuid === null ? null : await proposalById(em, uuid);
      if (seen === null) return refuse('not_found', 'There is no such proposal.');
      const held = seen.poolId === null ? null : await lockPool(em, seen.poolId);
      if (held === null) await lockKind(em, seen.kind);
      const proposal = await lockProposal(em, seen.id);
      if (!decidersOf(proposal.kind).some((role) => by.roles.includes(role)))
        return refuse('proposal.not_yours', 'A compliance officer must decide this.', { deciders: [...decidersOf(proposal.kind)] });
      if (proposal.state !== 'proposed')
        return refuse('proposal.forbidden_move', 'It has been decided already.', { state: proposal.state });
      if (proposal.proposedBy === staffId) return refuse('proposal.same_person', 'Another person must decide.');
      const problem = event === 'approve' && held !== null ? await this.dryRuns.stillPossible(em, held, proposal) : null;
      if (problem !== null) return { ok: false, refusal: problem };
      const why: Why = { at: this.clock.now(), actor: { kind: 'staff', id: staffId }, reason: comment };
      proposal.decidedBy = staffId;
      await moveProposal(em, proposal, event, why);
      await this.audit(em, proposal, `proposal.${event}`, staffId, comment);
      const refused = event === 'approve' ? await this.carryOut(em, held, proposal, why) : null;
      if (refused !== null) return { ok: false, refusal: refused };
      return ok({ status: 200, body: view(proposal) });
    });
  }

  list(query: PageQuery): Promise<Page<object>> {
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'staking.proposals' },
        fetch: (limit, before) => pageOfProposals(em, limit, before),
        at: ({ createdAt, id }) => ({ createdAt, id }),
        show: view,
      }),
    );
  }

  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const proposal = await this.held(em, message.requestId);
    if (proposal.state !== 'approved') return;
    proposal.transactionHash = message.transactionHash;
    await moveProposal(em, proposal, 'sign', this.why(message.transactionHash));
  }

  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const proposal = await this.held(em, message.requestId);
    if (proposal.state === 'approved') await moveProposal(em, proposal, 'sign', this.why(message.transactionHash));
    if (proposal.state !== 'signed') return;
    if (!message.succeeded) proposal.reason = 'transaction.reverted';
    const done = proposal.kind === 'consolidation' ? 'send' : 'finalise';
    await moveProposal(em, proposal, message.succeeded ? done : 'fail', this.why(message.transactionHash));
  }

  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const proposal = await this.held(em, message.requestId);
    if (proposal.state !== 'approved' && proposal.state !== 'signed') return; // a signed one was given up: its nonce is somebody else's for ever
    proposal.reason = message.code;
    await moveProposal(em, proposal, 'fail', { ...this.why(null), reason: message.code });
  }

  /** A refusal undoes the decision with everything else of this transaction. */
  private async carryOut(em: EntityManager, held: Held | null, proposal: Proposal, why: Why): Promise<Refusal | null> {
    const { kind } = proposal;
    if (isPoolKind(kind)) {
      invariant(held !== null, 'proposal.without_pool', { proposal: proposal.id });
      await this.carryOutOnPool(em, held, proposal, kind, why);
      return null;
    }
    const { action, terms } = this.actions.of(kind, proposal.terms);
    await moveProposal(em, proposal, 'complete', why); // first: what an action posts is the last of its transaction
    return action.carryOut(em, terms, proposal, why);
  }

  private async carryOutOnPool(em: EntityManager, held: Held, proposal: Proposal, kind: PoolProposalKind, why: Why): Promise<void> {
    const { id, pubkey, targetPubkey } = proposal;
    const poolId = held.row.id;
    if (kind === 'carry_loss') {
      invariant(proposal.amount !== null, 'proposal.without_amount', { proposal: id });
      await em.update(PoolRow, { id: poolId }, { lossPermitted: proposal.amount });
      return moveProposal(em, proposal, 'complete', why);
    }
    if (kind === 'write_off') {
      await moveProposal(em, proposal, 'complete', why);
      return this.writeOffs.carryOut(em, held, proposal.batchId ?? '', why);
    }
    const { chain, asset } = held.product;
    invariant(pubkey !== null, 'proposal.without_validator', { proposal: id });
    const request = { requestId: id, chain, purpose: kind, poolId, asset, amount: '0', pubkey };
    const payload = transactionRequest(targetPubkey === null ? request : { ...request, targetPubkey });
    await emit(em, TransactionRequest, { aggregate: id, payload });
  }

  private async held(em: EntityManager, id: string): Promise<Proposal> {
    const seen = await proposalById(em, id);
    invariant(seen?.poolId != null, 'proposal.request_unknown', { request: id });
    await lockPool(em, seen.poolId);
    return em.findOneByOrFail(Proposal, { id });
  }

  private why = (transactionHash: string | null): Why => ({ at: this.clock.now(), actor: SYSTEM, transactionHash });

  private audit(em: EntityManager, proposal: Proposal, action: string, staffId: string, reason: string): Promise<void> {
    const { id, kind, poolId, pubkey, targetPubkey, batchId, dryRun, terms } = proposal;
    const details = { kind, pool: poolId, pubkey, target: targetPubkey, batch: batchId, terms, ...dryRun };
    return record(em, { actor: { kind: 'staff', id: staffId }, action, resource: publicId('operation', id), reason, details });
  }
}

const view = (proposal: Proposal) => ({
  id: publicId('operation', proposal.id),
  pool_id: proposal.poolId,
  kind: proposal.kind,
  validator: proposal.pubkey,
  target: proposal.targetPubkey,
  batch_id: proposal.batchId,
  terms: proposal.terms,
  deciders: decidersOf(proposal.kind),
  state: proposal.state,
  dry_run: proposal.dryRun,
  proposed_by: publicId('staff', proposal.proposedBy),
  decided_by: proposal.decidedBy === null ? null : publicId('staff', proposal.decidedBy),
  comment: proposal.comment,
  tx_hash: proposal.transactionHash,
  reason: proposal.reason,
  created_at: wireTime(proposal.createdAt),
  state_since: wireTime(proposal.stateSince),
});
