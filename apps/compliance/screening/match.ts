/** A hit of a screening. Two people say whether it is the listed party; a changed list entry or changed data makes a new match. */
import { isUuid, type Machine, machine } from '#kernel';

export const matchStates = ['pending', 'false_positive_proposed', 'true_match_proposed', 'false_positive', 'true_match'] as const;
export type MatchState = (typeof matchStates)[number];
export type MatchEvent = 'propose_false_positive' | 'propose_true_match' | 'send_back' | 'confirm';
export const matchOutcomes = ['false_positive', 'true_match'] as const;
export type MatchOutcome = (typeof matchOutcomes)[number];

export const matchMachine: Machine<MatchState, MatchEvent> = machine({
  name: 'match',
  initial: 'pending',
  terminal: ['false_positive', 'true_match'],
  transitions: {
    pending: { propose_false_positive: 'false_positive_proposed', propose_true_match: 'true_match_proposed' },
    false_positive_proposed: { confirm: 'false_positive', send_back: 'pending' },
    true_match_proposed: { confirm: 'true_match', send_back: 'pending' },
    false_positive: {},
    true_match: {},
  },
});

const PREFIX = 'mat_';
/** A match's id on the wire. */
export const matchId = (uuid: string): string => PREFIX + uuid;

/** The uuid inside a match's id, or null. */
export const uuidOfMatch = (id: string): string | null =>
  id.startsWith(PREFIX) && isUuid(id.slice(PREFIX.length)) ? id.slice(PREFIX.length) : null;
