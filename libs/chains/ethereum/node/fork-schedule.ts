import type { Answer } from './answer.js';

const NAMES = ['phase0', 'altair', 'bellatrix', 'capella', 'deneb', 'electra', 'fulu', 'gloas'] as const;
export type ForkName = (typeof NAMES)[number];

/** Which rules hold when, from the node's own configuration: never from dates. */
export interface ForkSchedule {
  /** The newest fork that is live at the epoch; null when it is one that this adapter has never heard of. */
  at(epoch: bigint): ForkName | null;
  /** For people: the fork, and which blob-parameter fork (BPO) of the schedule is live; those change nothing for stakers. */
  describe(epoch: bigint): string;
}

const EPOCH_NAME = /^([A-Z0-9]+)_FORK_EPOCH$/;

export function readForkSchedule(spec: Answer): ForkSchedule {
  const known = NAMES.map((name) => ({ name, epoch: epochOf(spec, name) })).filter((fork) => fork.epoch !== null);
  const strange = spec
    .names()
    .map((field) => EPOCH_NAME.exec(field)?.[1]?.toLowerCase())
    .filter((name): name is string => name !== undefined && !(NAMES as readonly string[]).includes(name))
    .map((name) => ({ name, epoch: spec.field(`${name.toUpperCase()}_FORK_EPOCH`).decimal() }));
  const schedule = spec.field('BLOB_SCHEDULE');
  const blobs = schedule.present ? schedule.list().map((entry) => entry.field('EPOCH').decimal()) : [];

  const at = (epoch: bigint): ForkName | null => {
    if (strange.some((fork) => fork.epoch <= epoch)) return null;
    return known.filter((fork) => fork.epoch !== null && fork.epoch <= epoch).at(-1)?.name ?? 'phase0';
  };
  return {
    at,
    describe: (epoch) => {
      const live = blobs.filter((since) => since <= epoch).length;
      return `${at(epoch) ?? 'an unknown fork'}${live > 0 ? ` with blob parameters ${live}` : ''}`;
    },
  };
}

/** A fork that the node does not name is not planned; phase0 needs no name. */
function epochOf(spec: Answer, name: ForkName): bigint | null {
  if (name === 'phase0') return 0n;
  const field = spec.field(`${name.toUpperCase()}_FORK_EPOCH`);
  return field.present ? field.decimal() : null;
}
