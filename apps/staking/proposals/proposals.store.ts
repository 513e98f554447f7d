import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { writeHistory } from '../history/history.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { Proposal } from './proposal.entity.js';
import { proposalMachine, type ProposalEvent, type ProposalKind } from './proposal.js';

export const proposalById = (em: EntityManager, id: string): Promise<Proposal | null> => em.findOneBy(Proposal, { id });
export const lockProposal = (em: EntityManager, id: string): Promise<Proposal> =>
  em.findOneOrFail(Proposal, { where: { id }, lock: { mode: 'pessimistic_write' } });
/** Decisions of a kind that concerns no pool are carried out one after the other: nothing else would keep two from the same row. */
export async function lockKind(em: EntityManager, kind: ProposalKind): Promise<void> {
  await em.query(`SELECT pg_advisory_xact_lock(hashtextextended('staking.proposal.' || $1, 0))`, [kind]);
}
/** Mergers that the chain has been asked for and has not been seen to heed. */
export const sentMergers = (em: EntityManager, poolId: string): Promise<Proposal[]> =>
  em.findBy(Proposal, { poolId, kind: 'consolidation', state: 'sent' });

export async function moveProposal(em: EntityManager, proposal: Proposal, event: ProposalEvent, why: Why): Promise<void> {
  const history = step(proposalMachine, 'proposal', proposal, proposal.id, event, why);
  const { state, stateSince, decidedBy, transactionHash, reason, sentEpoch, version } = proposal;
  await em.update(Proposal, { id: proposal.id }, { state, stateSince, decidedBy, transactionHash, reason, sentEpoch, version });
  await writeHistory(em, [history]);
}

/** Newest first. */
export function pageOfProposals(em: EntityManager, limit: number, before: Position | undefined): Promise<Proposal[]> {
  const rows = em.createQueryBuilder(Proposal, 'p');
  if (before) rows.where('(p.createdAt, p.id) < (:at, :id)', { at: before.createdAt, id: before.id });
  return rows.orderBy('p.createdAt', 'DESC').addOrderBy('p.id', 'DESC').limit(limit).getMany();
}
