import { machine, type Amount, type Machine } from '#kernel';

export const operatorStates = ['candidate', 'active', 'suspended', 'retired'] as const;
export type OperatorState = (typeof operatorStates)[number];
export type OperatorEvent = 'activate' | 'suspend' | 'retire';

/** Only an active operator is given stake. What a suspended one runs goes on running; what a retired one runs is to leave. */
export const operatorMachine: Machine<OperatorState, OperatorEvent> = machine({
  name: 'operator',
  initial: 'candidate',
  terminal: ['retired'],
  transitions: {
    candidate: { activate: 'active', retire: 'retired' },
    active: { suspend: 'suspended', retire: 'retired' },
    suspended: { activate: 'active', retire: 'retired' },
    retired: {},
  },
});

const events: Readonly<Record<Exclude<OperatorState, 'candidate'>, OperatorEvent>> = {
  active: 'activate',
  suspended: 'suspend',
  retired: 'retire',
};
/** The move that leads there; none leads back to being a candidate. */
export const eventTo = (state: OperatorState): OperatorEvent | null => (state === 'candidate' ? null : events[state]);

/** any: blocks of any builder; listed: of builders on its list; none: blocks that it builds itself. */
export const mevPolicies = ['any', 'listed', 'none'] as const;
export type MevPolicy = (typeof mevPolicies)[number];

export const targetKinds = ['soft', 'forced'] as const;
/** forced: what is above it leaves before anything else does. soft: the same when somebody's exit needs a validator anyway. */
export type TargetKind = (typeof targetKinds)[number];
export interface StakeTarget {
  readonly kind: TargetKind;
  readonly stake: Amount;
}

/** The lines of a score card, each 0 to 100. */
export const assessmentLines = ['technology', 'security', 'finance', 'record', 'insurance'] as const;
export type AssessmentLine = (typeof assessmentLines)[number];
export type ScoreCard = Readonly<Record<AssessmentLine, number>>;
/** The mean of its lines, rounded down. */
export const scoreOf = (card: ScoreCard): number =>
  Math.floor(assessmentLines.reduce((sum, line) => sum + card[line], 0) / assessmentLines.length);
