import { machine, ZERO, type Amount, type Delta } from '#kernel';

export type ReportState = 'collected' | 'simulated' | 'within_limits' | 'held' | 'approved' | 'applied' | 'rejected';
export type ReportEvent = 'simulate' | 'pass' | 'exceed' | 'approve' | 'reject' | 'apply' | 'refuse' | 'fork';

/** After `pass` and `approve` the report goes to staking; `fork`: its block is not on the chain any more; `apply` and `refuse` are staking's answers. */
export const reportMachine = machine<ReportState, ReportEvent>({
  name: 'report',
  initial: 'collected',
  terminal: ['applied', 'rejected'],
  transitions: {
    collected: { simulate: 'simulated' },
    simulated: { pass: 'within_limits', exceed: 'held' },
    within_limits: { apply: 'applied', refuse: 'rejected', fork: 'rejected' },
    held: { approve: 'approved', reject: 'rejected' },
    approved: { apply: 'applied', reject: 'rejected', refuse: 'rejected', fork: 'rejected' },
    applied: {},
    rejected: {},
  },
});

/** People who must agree before a held report goes out. */
export const APPROVALS = 2;

/** One validator over one period. */
export interface Observation {
  readonly pubkey: string;
  readonly opening: Amount;
  readonly closing: Amount;
  readonly withdrawn: Amount;
  /** Top-ups that the protocol applied, and what consolidation moved in and out. */
  readonly deposited: Amount;
  readonly consolidatedIn: Amount;
  readonly consolidatedOut: Amount;
  /** closing + withdrawn + consolidatedOut − opening − deposited − consolidatedIn */
  readonly reward: Delta;
  readonly emptied: boolean;
}

export const addsUp = (o: Observation): boolean =>
  o.reward === o.closing + o.withdrawn + o.consolidatedOut - o.opening - o.deposited - o.consolidatedIn;

/** What the pool's address received as proposer's pay in a period, apart from the consensus layer. */
export interface Execution {
  readonly priorityFees: Amount;
  readonly mev: Amount;
}

/** A validator whose next period is open. */
export interface Living {
  readonly pubkey: string;
  readonly principal: Amount;
  readonly opening: Amount;
  readonly sinceSlot: bigint;
  readonly activationEpoch: bigint;
  /** The report that saw it emptied. */
  readonly leftIn: number | null;
}

/**
 * A validator that has left goes on being looked at, from the last report on: the protocol still adds to its balance what was deposited
 * late, and pays that out again.
 */
export const afterLeaving = <V extends Living>(validator: V, sinceSlot: bigint): V => ({
  ...validator,
  principal: ZERO,
  opening: ZERO,
  sinceSlot,
});
/** Nothing is told of one that has left and to which nothing happened since. One that still waits for a deposit is in every report. */
export const isQuiet = ({ leftIn }: Living, o: Observation): boolean =>
  leftIn !== null && o.opening + o.closing + o.withdrawn + o.deposited + o.consolidatedIn === 0n;

/** How far a pool has been reported; null before its first report. */
export interface Reported {
  readonly number: number;
  readonly slot: bigint | null;
  readonly epoch: bigint | null;
}

export interface Period {
  readonly number: number;
  readonly fromSlot: bigint;
  readonly toSlot: bigint;
  readonly validators: readonly Living[];
}

/**
 * The period that a checkpoint closes, or null while it is too early or there is nothing to observe. The first starts with the pool's first
 * validator. Later ones follow on without a gap, also when all validators have left: exits are paid by reports.
 */
export function periodTo(
  checkpoint: { readonly epoch: bigint; readonly slot: bigint },
  reported: Reported,
  living: readonly Living[],
  minEpochs: number,
): Period | null {
  const validators = living.filter((v) => v.sinceSlot <= checkpoint.slot);
  const [first] = [...validators].sort((a, b) => (a.sinceSlot < b.sinceSlot ? -1 : 1));
  const start =
    reported.slot !== null && reported.epoch !== null
      ? { slot: reported.slot, epoch: reported.epoch }
      : first && { slot: first.sinceSlot, epoch: first.activationEpoch };
  if (!start || checkpoint.epoch - start.epoch < BigInt(minEpochs) || checkpoint.slot <= start.slot) return null;
  return { number: reported.number + 1, fromSlot: start.slot, toSlot: checkpoint.slot, validators };
}
