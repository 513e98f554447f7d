/** What waits to be put into a beacon block. */
import type { phase0 } from '@lodestar/types';
import { epochOf } from './config.js';
import type { Operations } from './production.js';
import { exitProblem } from './state.js';
import type { State } from './state.js';

const PER_BLOCK = 16;

const accused = (slashing: phase0.ProposerSlashing): number => slashing.signedHeader1.message.proposerIndex;

/** Whether the protocol can still slash a validator: active or leaving, and not slashed before. */
export function isSlashable(state: State, index: number): boolean {
  const validator = state.validators.getReadonly(index);
  const epoch = epochOf(state.slot);
  return !validator.slashed && validator.activationEpoch <= epoch && epoch < validator.withdrawableEpoch;
}

export class OperationPool {
  readonly #slashings = new Map<number, phase0.ProposerSlashing>();
  readonly #exits = new Map<number, phase0.SignedVoluntaryExit>();

  get voluntaryExits(): phase0.SignedVoluntaryExit[] {
    return [...this.#exits.values()];
  }
  /** One of each kind a validator: the latest counts. */
  addSlashing(slashing: phase0.ProposerSlashing): void {
    this.#slashings.set(accused(slashing), slashing);
  }
  addExit(exit: phase0.SignedVoluntaryExit): void {
    this.#exits.set(exit.message.validatorIndex, exit);
  }

  /** What may go into a block on this state. It stays here until `included` says that the block stands. */
  due(pre: State): Operations {
    const proposerSlashings = [...this.#slashings.values()].filter((slashing) => isSlashable(pre, accused(slashing))).slice(0, PER_BLOCK);
    const slashedNow = new Set(proposerSlashings.map(accused));
    const voluntaryExits = this.voluntaryExits.filter(
      (exit) => !slashedNow.has(exit.message.validatorIndex) && exitProblem(pre, exit) === null,
    );
    return { proposerSlashings, voluntaryExits: voluntaryExits.slice(0, PER_BLOCK) };
  }

  included({ proposerSlashings, voluntaryExits }: Operations): void {
    for (const slashing of proposerSlashings) this.#slashings.delete(accused(slashing));
    for (const exit of voluntaryExits) this.#exits.delete(exit.message.validatorIndex);
  }
}
