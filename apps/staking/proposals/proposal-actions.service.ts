import { Injectable, type Type } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { dtoOf } from '#http';
import { invariant, refuse, type Refusal, type Result } from '#kernel';
import type { Why } from '../orders/order-moves.store.js';
import type { Proposal } from './proposal.entity.js';
import type { TermsProposalKind } from './proposal.js';

/** What a proposal would do, in words and figures that both people see. No personal data. */
export type DryRun = Readonly<Record<string, string>>;

/** A kind of proposal that its feature carries out. `T`: the class-validator class of its terms (snake_case fields). */
export interface ProposalAction<T extends object = object> {
  readonly kind: TermsProposalKind;
  readonly terms: Type<T>;
  /** Whether it concerns a pool: then `pool_id` must name one. */
  readonly ofPool: boolean;
  /** Before anybody decides. Any refusal declared in the room's problems. */
  dryRun(em: EntityManager, terms: T, poolId: string | null): Promise<Result<DryRun>>;
  /** In the transaction of the decision, under the pool's lock where it concerns one. A refusal leaves it proposed. */
  carryOut(em: EntityManager, terms: T, proposal: Proposal, why: Why): Promise<Refusal | null>;
}

/** What another decision has made of it since is not undone by an older one: both people saw something else. Refusals: proposal.overtaken. */
export const overtaken = (proposal: Pick<Proposal, 'dryRun'>, seen: DryRun): Refusal | null => {
  const changed = Object.keys(seen).filter((name) => proposal.dryRun[name] !== seen[name]);
  if (changed.length === 0) return null;
  const facts = Object.fromEntries(changed.map((name) => [name, seen[name] ?? '']));
  return refuse('proposal.overtaken', 'What it would change has changed since it was proposed: propose it again.', facts).refusal;
};

/** Features register here when they start; a kind has exactly one action. */
@Injectable()
export class ProposalActions {
  private readonly actions = new Map<TermsProposalKind, ProposalAction>();

  register<T extends object>(action: ProposalAction<T>): void {
    invariant(!this.actions.has(action.kind), 'proposal.registered_twice', { kind: action.kind });
    this.actions.set(action.kind, action);
  }

  /** Throws Refused (validation.failed) where the terms are not those of the kind. */
  of(kind: TermsProposalKind, terms: unknown): { readonly action: ProposalAction; readonly terms: object } {
    const action = this.actions.get(kind);
    invariant(action !== undefined, 'proposal.kind_without_action', { kind });
    return { action, terms: dtoOf(action.terms, terms, '/terms') };
  }
}
