import type { Observation } from './report.js';

/** What each source says of one validator, the first source first. */
export interface Saying {
  readonly pubkey: string;
  readonly closing: readonly string[];
  readonly withdrawn: readonly string[];
  readonly reward: readonly string[];
}
/** Independent observations of the same validators at the same checkpoint, held against each other. */
export interface Confirmation {
  readonly asked: number;
  /** Validators compared. */
  readonly compared: number;
  readonly differing: readonly Saying[];
}

export const ALONE: Confirmation = { asked: 1, compared: 0, differing: [] };

const figures = ['closing', 'withdrawn', 'deposited', 'consolidatedIn', 'consolidatedOut', 'reward', 'emptied'] as const;

/** Validator by validator: to the last unit they must say the same. */
export function compare(sources: readonly (readonly Observation[])[]): Confirmation {
  const [first = [], ...others] = sources;
  const by = others.map((source) => new Map(source.map((o) => [o.pubkey, o])));
  const differing = first.flatMap((mine) => {
    const theirs = by.map((source) => source.get(mine.pubkey));
    if (theirs.every((other) => other !== undefined && figures.every((figure) => other[figure] === mine[figure]))) return [];
    const all = [mine, ...theirs];
    const say = (figure: 'closing' | 'withdrawn' | 'reward'): string[] => all.map((o) => o?.[figure].toString() ?? 'unknown');
    return [{ pubkey: mine.pubkey, closing: say('closing'), withdrawn: say('withdrawn'), reward: say('reward') }];
  });
  return { asked: sources.length, compared: others.length > 0 ? first.length : 0, differing };
}
