import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import { Transactor } from '#database';
import { emit } from '#delivery';
import { page, Requests, wireTime, type Answer, type Operation, type Page, type PageQuery, type Reply } from '#http';
import { amount, invariant, ok, publicId, refuse, uuidOf, type Clock, type Result } from '#kernel';
import { TransactionRequest, type TransactionFinalisedV1, type TransactionRefusedV1, type TransactionSignedV1 } from '#messages';
import { SYSTEM, writeHistory } from '../history/history.store.js';
import { validatorOf } from '../exits/validators.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { PoolRow } from '../pools/pool.entity.js';
import { lockPool, poolOf } from '../pools/pools.store.js';
import { productOfPool } from '../products/products.store.js';
import { CHAINS, CLOCK, type Chains } from '../tokens.js';
import { transactionRequest } from '../transactions/transaction-request.js';
import { Proposal } from './proposal.entity.js';
import { proposalMachine, type ProposalEvent } from './proposal.js';
import type { ProposalBody } from './proposals.dto.js';

/** What takes two people of our staff: each sees what it would do before it does anything. */
@Injectable()
export class ProposalsService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  async propose(staffId: string, body: ProposalBody, operation: Operation): Promise<Answer> {
    const dryRun = await this.dryRun(body);
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      if (!dryRun.ok) return dryRun;
      const at = this.clock.now();
      const proposal = Object.assign(new Proposal(), {
        id: operation.id,
        poolId: body.pool_id,
        kind: body.kind,
        pubkey: body.pubkey ?? null,
        amount: body.amount_atomic === undefined ? null : amount(BigInt(body.amount_atomic)),
        state: 'proposed',
        dryRun: dryRun.value,
        proposedBy: staffId,
        decidedBy: null,
        comment: body.comment,
        transactionHash: null,
        reason: null,
        createdAt: at,
        stateSince: at,
        version: 1,
      });
      await em.insert(Proposal, proposal);
      await this.audit(em, proposal, 'proposal.make', staffId, body.comment);
      return ok({ status: 201, body: view(proposal) });
    });
  }

  decide(event: 'approve' | 'reject', staffId: string, id: string, comment: string, operation: Operation): Promise<Answer> {
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const uuid = uuidOf('operation', id);
      const seen = uuid === null ? null : await em.findOneBy(Proposal, { id: uuid });
      if (seen === null) return refuse('not_found', 'There is no such proposal.');
      await lockPool(em, seen.poolId);
      const proposal = await em.findOneByOrFail(Proposal, { id: seen.id });
      if (proposal.state !== 'proposed')
        return refuse('proposal.forbidden_move', 'It has been decided already.', { state: proposal.state });
      if (proposal.proposedBy === staffId) return refuse('proposal.same_person', 'Another person must decide.');
      const why: Why = { at: this.clock.now(), actor: { kind: 'staff', id: staffId }, reason: comment };
      proposal.decidedBy = staffId;
      await this.move(em, proposal, event, why);
      await this.audit(em, proposal, `proposal.${event}`, staffId, comment);
      if (event === 'approve') await this.carryOut(em, proposal, why);
      return ok({ status: 200, body: view(proposal) });
    });
  }

  list(query: PageQuery): Promise<Page<object>> {
    return this.transactor.read((em) =>
      page(query, {
        filter: { list: 'staking.proposals' },
        fetch: (limit, before) => {
          const rows = em.createQueryBuilder(Proposal, 'p');
          if (before) rows.where('(p.createdAt, p.id) < (:at, :id)', { at: before.createdAt, id: before.id });
          return rows.orderBy('p.createdAt', 'DESC').addOrderBy('p.id', 'DESC').limit(limit).getMany();
        },
        at: ({ createdAt, id }) => ({ createdAt, id }),
        show: view,
      }),
    );
  }

  async signed(em: EntityManager, message: TransactionSignedV1): Promise<void> {
    const proposal = await this.held(em, message.requestId);
    if (proposal.state !== 'approved') return;
    proposal.transactionHash = message.transactionHash;
    await this.move(em, proposal, 'sign', this.why(message.transactionHash));
  }

  async finalised(em: EntityManager, message: TransactionFinalisedV1): Promise<void> {
    const proposal = await this.held(em, message.requestId);
    if (proposal.state === 'approved') await this.move(em, proposal, 'sign', this.why(message.transactionHash));
    if (proposal.state !== 'signed') return;
    if (!message.succeeded) proposal.reason = 'transaction.reverted';
    await this.move(em, proposal, message.succeeded ? 'finalise' : 'fail', this.why(message.transactionHash));
  }

  async refused(em: EntityManager, message: TransactionRefusedV1): Promise<void> {
    const proposal = await this.held(em, message.requestId);
    if (proposal.state !== 'approved') return;
    proposal.reason = message.code;
    await this.move(em, proposal, 'fail', { ...this.why(null), reason: message.code });
  }

  /** What it would do. Refusals: proposal.incomplete, not_found, and those of the chain's plans. */
  private async dryRun(body: ProposalBody): Promise<Result<Readonly<Record<string, string>>>> {
    const known = await this.transactor.read(async (em) => ({
      pool: await poolOf(em, body.pool_id),
      product: await productOfPool(em, body.pool_id),
      validator: body.pubkey === undefined ? null : await validatorOf(em, body.pubkey),
    }));
    const { pool, product, validator } = known;
    if (pool === null || product === null) return refuse('not_found', 'There is no such pool.');
    if (body.kind === 'carry_loss') {
      if (body.amount_atomic === undefined || body.pubkey !== undefined)
        return refuse('proposal.incomplete', 'Give amount_atomic, and no validator.');
      return ok({ loss_carried_atomic: pool.lossCarried.toString(), permitted_atomic: body.amount_atomic });
    }
    if (body.amount_atomic !== undefined || validator?.poolId !== pool.id || pool.vaultAddress === null)
      return refuse('proposal.incomplete', 'Give the key of a validator of this pool, and no amount.');
    const chain = this.chains.get(product.chain);
    invariant(chain !== undefined, 'chain.not_configured', { chain: product.chain });
    const plan = await chain.staking.switchToCompoundingPlan(pool.vaultAddress, validator.pubkey);
    if (!plan.ok) return plan;
    return ok({ from: plan.value.from, to: plan.value.to, value_atomic: plan.value.value.toString(), data: plan.value.data });
  }

  private async carryOut(em: EntityManager, proposal: Proposal, why: Why): Promise<void> {
    const { id, poolId, pubkey } = proposal;
    if (proposal.kind === 'carry_loss') {
      invariant(proposal.amount !== null, 'proposal.without_amount', { proposal: id });
      await em.update(PoolRow, { id: poolId }, { lossPermitted: proposal.amount });
      return this.move(em, proposal, 'complete', why);
    }
    const product = await productOfPool(em, poolId);
    invariant(product !== null && pubkey !== null, 'proposal.without_validator', { proposal: id });
    const { chain, asset } = product;
    const payload = transactionRequest({ requestId: id, chain, purpose: proposal.kind, poolId, asset, amount: '0', pubkey });
    await emit(em, TransactionRequest, { aggregate: id, payload });
  }

  private async held(em: EntityManager, id: string): Promise<Proposal> {
    const seen = await em.findOneBy(Proposal, { id });
    invariant(seen !== null, 'proposal.request_unknown', { request: id });
    await lockPool(em, seen.poolId);
    return em.findOneByOrFail(Proposal, { id });
  }

  private async move(em: EntityManager, proposal: Proposal, event: ProposalEvent, why: Why): Promise<void> {
    const history = step(proposalMachine, 'proposal', proposal, proposal.id, event, why);
    await em.save(Proposal, proposal);
    await writeHistory(em, [history]);
  }

  private why = (transactionHash: string | null): Why => ({ at: this.clock.now(), actor: SYSTEM, transactionHash });

  private audit(em: EntityManager, proposal: Proposal, action: string, staffId: string, reason: string): Promise<void> {
    const { id, kind, poolId, pubkey, dryRun } = proposal;
    const details = { kind, pool: poolId, pubkey, ...dryRun };
    return record(em, { actor: { kind: 'staff', id: staffId }, action, resource: publicId('operation', id), reason, details });
  }
}

const view = (proposal: Proposal) => ({
  id: publicId('operation', proposal.id),
  pool_id: proposal.poolId,
  kind: proposal.kind,
  validator: proposal.pubkey,
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
