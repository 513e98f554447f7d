export interface SoakRun {
  /** Everything random comes from it: the same seed, the same run. */
  readonly seed: number;
  /** 1 is about a minute on a quiet machine; what CI runs is less, a night is more. */
  readonly scale: number;
  /** A line of progress. */
  readonly log: (line: string) => void;
}

/** How often something that takes minutes is done at a scale. */
export const rounds = ({ scale }: Pick<SoakRun, 'scale'>): number => Math.max(1, Math.round(scale / 3));

/** What is too long for `npm test`. Each file in test/soak/suites exports one as `suite`. */
export interface SoakSuite {
  readonly name: string;
  /** One line for --help. */
  readonly about?: string;
  /** A sentence when it cannot run here (a server or a right is missing): it counts as skipped. */
  readonly cannot?: () => string | null;
  /** Throws when something did not hold; answers what is worth telling otherwise. */
  run(run: SoakRun): Promise<object>;
}

/** Small, seeded, good enough to choose what to break next (mulberry32). Numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
