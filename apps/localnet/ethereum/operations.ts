/** What waits to be put into a beacon block. */
import { MAX_ATTESTER_SLASHINGS_ELECTRA } from '@lodestar/params';
import type { electra, phase0 } from '@lodestar/types';
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

/** Those who signed both of two votes that contradict each other. */
export function doubleVoters({ attestation1, attestation2 }: electra.AttesterSlashing): number[] {
  const second = new Set(attestation2.attestingIndices);
  return attestation1.attestingIndices.filter((index) => second.has(index));
}

export class OperationPool {
  readonly #slashings = new Map<number, phase0.ProposerSlashing>();
  #doubleVotes: electra.AttesterSlashing[] = [];
  readonly #exits = new Map<number, phase0.SignedVoluntaryExit>();

  get voluntaryExits(): phase0.SignedVoluntaryExit[] {
    return [...this.#exits.values()];
  }
  /** One of each kind a validator: the latest counts. */
  addSlashing(slashing: phase0.ProposerSlashing): void {
    this.#slashings.set(accused(slashing), slashing);
  }
  addDoubleVote(slashing: electra.AttesterSlashing): void {
    this.#doubleVotes.push(slashing);
  }
  addExit(exit: phase0.SignedVoluntaryExit): void {
    this.#exits.set(exit.message.validatorIndex, exit);
  }

  /** What may go into a block on this state. It stays here until `included` says that the block stands. */
  due(pre: State): Operations {
    const proposerSlashings = [...this.#slashings.values()].filter((slashing) => isSlashable(pre, accused(slashing))).slice(0, PER_BLOCK);
    const slashedNow = new Set(proposerSlashings.map(accused));
    // What slashes nobody any more would make the block invalid: it is forgotten.
    this.#doubleVotes = this.#doubleVotes.filter((slashing) => doubleVoters(slashing).some((index) => isSlashable(pre, index)));
    const attesterSlashings = this.#doubleVotes
      .filter((slashing) => doubleVoters(slashing).some((index) => isSlashable(pre, index) && !slashedNow.has(index)))
      .slice(0, MAX_ATTESTER_SLASHINGS_ELECTRA);
    for (const index of attesterSlashings.flatMap(doubleVoters)) slashedNow.add(index);
    const voluntaryExits = this.voluntaryExits.filter(
      (exit) => !slashedNow.has(exit.message.validatorIndex) && exitProblem(pre, exit) === null,
    );
    return { proposerSlashings, attesterSlashings, voluntaryExits: voluntaryExits.slice(0, PER_BLOCK) };
  }

  included({ proposerSlashings, attesterSlashings, voluntaryExits }: Operations): void {
    this.#doubleVotes = this.#doubleVotes.filter((slashing) => !attesterSlashings.includes(slashing));
    for (const slashing of proposerSlashings) this.#slashings.delete(accused(slashing));
    for (const exit of voluntaryExits) this.#exits.delete(exit.message.validatorIndex);
  }
}
