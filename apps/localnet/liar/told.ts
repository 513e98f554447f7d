/** The lies that hold, with what was true when they were told. */
import type { Lie } from './lies.js';
import type { Nodes } from './nodes.js';

export type Face = 'execution' | 'beacon';
/** A point at which the chain shall seem to end. */
export interface Horizon {
  readonly block: number;
  readonly slot: number;
}

/** The same text for the same hash, and never a hash of the chain: its last four bytes are turned over. */
const turned = (hash: string): string => hash.slice(0, -8) + (~Number.parseInt(hash.slice(-8), 16) >>> 0).toString(16).padStart(8, '0');

export class Told {
  private constructor(
    readonly lies: readonly Lie[],
    private readonly nodes: Nodes,
    private readonly frozen: Horizon,
    /** Texts of answers and what stands in their place. */
    private readonly replaced: readonly (Lie & { lie: 'replace' })[],
  ) {}

  static async of(lies: readonly Lie[], nodes: Nodes): Promise<Told> {
    const frozen = lies.some(({ lie }) => lie === 'freeze') ? await nodes.head() : { block: 0, slot: 0 };
    const replaced: (Lie & { lie: 'replace' })[] = [];
    for (const lie of lies) {
      if (lie.lie === 'replace') replaced.push(lie);
      if (lie.lie !== 'finalised') continue;
      for (const real of await nodes.finalised()) replaced.push({ ...lie, lie: 'replace', real, fake: turned(real) });
    }
    return new Told(lies, nodes, frozen, replaced);
  }

  /** The lies of one kind that concern a call. */
  about<K extends Lie['lie']>(kind: K, face: Face, call: string): (Lie & { lie: K })[] {
    return this.lies.filter((lie): lie is Lie & { lie: K } => lie.lie === kind && concerns(lie, face, call));
  }
  has(kind: Lie['lie'], face: Face, call: string): boolean {
    return this.about(kind, face, call).length > 0;
  }

  /** Where the chain ends for a call; null: where it truly does. */
  async horizon(face: Face, call: string): Promise<Horizon | null> {
    const lags = this.about('lag', face, call);
    const horizons = this.has('freeze', face, call) ? [this.frozen] : [];
    if (lags.length > 0) horizons.push(await this.nodes.behind(Math.max(...lags.map(({ blocks }) => blocks))));
    return horizons.reduce<Horizon | null>((least, next) => (least && least.slot < next.slot ? least : next), null);
  }

  answered(text: string, face: Face, call: string): string {
    return this.replaced
      .filter((lie) => concerns(lie, face, call))
      .reduce((changed, { real, fake }) => changed.replaceAll(real, fake), text);
  }
  asked(text: string, face: Face, call: string): string {
    return this.replaced
      .filter((lie) => concerns(lie, face, call))
      .reduce((changed, { real, fake }) => changed.replaceAll(fake, real), text);
  }
}

const concerns = ({ face, match }: Lie, on: Face, call: string): boolean =>
  (face === undefined || face === on) && (match === undefined || call.includes(match));
