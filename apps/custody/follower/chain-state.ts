import { machine, move, refuse, type Refusal, type Result } from '#kernel';

/**
 * How the following of a chain stands. `unavailable`: the node is unreachable, syncing, stalled or of another network; nothing is credited,
 * and it goes on by itself. `stopped`: what the chain says contradicts what was booked; an alarm, and nothing moves until it agrees again.
 * `contradicted`: two nodes say different things of something final, or one took back what it had called final. Nobody can know which is
 * right, so it does not go on by itself even when they agree again: an officer looks and acknowledges, and the next look decides.
 */
export const chainMachine = machine({
  name: 'chain',
  initial: 'following',
  terminal: [],
  transitions: {
    following: { lose: 'unavailable', contradict: 'stopped', disagree: 'contradicted' },
    unavailable: { resume: 'following', contradict: 'stopped', disagree: 'contradicted' },
    stopped: { resume: 'following', lose: 'unavailable', disagree: 'contradicted' },
    contradicted: { acknowledge: 'unavailable' },
  },
} as const);

export type ChainState = keyof typeof chainMachine.transitions;
export type ChainEvent = 'lose' | 'contradict' | 'disagree' | 'acknowledge' | 'resume';

/** Faults that say what the chain is cannot be known, rather than that it cannot be asked. */
const disagreements = new Set(['chain.contradiction', 'chain.finality_violated']);
export const eventOfFault = (code: string): 'lose' | 'disagree' => (disagreements.has(code) ? 'disagree' : 'lose');

export const moveChain = (state: ChainState, event: ChainEvent): Result<ChainState> =>
  move<ChainState, ChainEvent>(chainMachine, state, event);

export interface BlockLink {
  readonly number: bigint;
  readonly hash: string;
}

/** Whether a finalised block continues what was booked. Refusals: chain.gap, chain.contradiction. */
export function continues(last: BlockLink, next: BlockLink & { parentHash: string }): Refusal | null {
  if (next.number !== last.number + 1n) return refuse('chain.gap', `Block ${next.number} does not follow ${last.number}.`).refusal;
  if (next.parentHash === last.hash) return null;
  const facts = { number: next.number.toString(), parentHash: next.parentHash, booked: last.hash };
  return refuse('chain.contradiction', `Finalised block ${next.number} does not stand on the block that was booked.`, facts).refusal;
}
