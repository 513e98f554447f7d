import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Actor } from '#audit';
import { invariant, type Result } from '#kernel';
import type { DecisionActionName, Officer } from './decision.js';
import type { DecisionPayload, DecisionRow } from './decision.entity.js';

/** What a feature gives so that something of its own can be decided by four eyes. All in the transaction of the checker's answer. */
export interface DecisionAction {
  readonly name: DecisionActionName;
  /** Locks the resource and says what the decision would do as things stand now. A refusal: it could not be done any more. */
  present(em: EntityManager, decision: DecisionRow): Promise<Result<DecisionPayload>>;
  execute(em: EntityManager, decision: DecisionRow, checker: Officer): Promise<Result<void>>;
  /** The decision was denied or expired: the resource goes back to where it can be proposed again. */
  sendBack(em: EntityManager, decision: DecisionRow, by: Actor, why: 'denied' | 'expired'): Promise<void>;
}

/** Where features leave their actions at boot, so that decisions know no feature. */
@Injectable()
export class DecisionActions {
  private readonly actions = new Map<DecisionActionName, DecisionAction>();

  register(action: DecisionAction): void {
    invariant(!this.actions.has(action.name), 'decision.action_twice', { action: action.name });
    this.actions.set(action.name, action);
  }

  get(name: DecisionActionName): DecisionAction {
    const action = this.actions.get(name);
    invariant(action !== undefined, 'decision.action_unknown', { action: name });
    return action;
  }
}
