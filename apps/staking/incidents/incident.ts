import { machine, type Machine } from '#kernel';

export const incidentKinds = [
  /** A new key carries credentials that are not ours. */
  'deposit.foreign_credentials',
  /** Signer or chain will not let the rest of a deposit follow. */
  'deposit.rest_refused',
  'validator.slashed',
  /** A validator left that was not asked to. */
  'validator.left_by_itself',
  /** A block of one of ours paid somebody else. */
  'proposal.foreign_fee_recipient',
  /** A block of one of ours came from a builder that its operator may not use. */
  'proposal.foreign_builder',
  /** Nobody can tell how validators did in some epochs: the record has a gap. */
  'performance.unknown',
  /** What was found of an operator no longer holds: it is given nothing until it is looked into again. */
  'operator.assessment_expired',
  /** Money for a validator waits because no operator may run it. */
  'allocation.waits',
  /** A report lost so much of a pool that it pauses. */
  'pool.loss',
  /** A loss that the shares of a pool cannot carry. */
  'report.loss_held',
  /** A validator's stake was merged into one that nobody of us had it merged into. */
  'report.merger_unknown',
  /** Money was added to one of our validators that we did not send. */
  'validator.unknown_deposit',
] as const;
export type IncidentKind = (typeof incidentKinds)[number];

/** Those that clients of the pool are told of: what may cost them something. */
export const kindsForClients = ['validator.slashed', 'pool.loss'] as const satisfies readonly IncidentKind[];

export type IncidentState = 'open' | 'closed';

/** Something that people must look at. The work that it concerns has stopped; what goes on without it went on. */
export const incidentMachine: Machine<IncidentState, 'close'> = machine({
  name: 'incident',
  initial: 'open',
  terminal: ['closed'],
  transitions: { open: { close: 'closed' }, closed: {} },
});
