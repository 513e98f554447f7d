/** What the liar can be told to say. Several lies hold at once; each can be kept to one face, and to calls whose method or path has a text in it. */
interface Only {
  readonly face?: 'execution' | 'beacon';
  readonly match?: string;
}
export type Lie = Only &
  (
    | /** The head is so many blocks (slots) behind, and finality as it was then. */ { readonly lie: 'lag'; readonly blocks: number }
    | /** The head stays where it is when this is told. */ { readonly lie: 'freeze' }
    | /** Chain id and genesis of another network. */ { readonly lie: 'network' }
    | /** The block that is final when this is told has another hash and another root. */ { readonly lie: 'finalised' }
    | /** One text for another in every answer; and back in every question. */ {
        readonly lie: 'replace';
        readonly real: string;
        readonly fake: string;
      }
    | /** Balance of an address (wei) or of a validator by pubkey (Gwei). */ {
        readonly lie: 'balance';
        readonly of: string;
        readonly amount: string;
      }
    | /** It follows blocks whose execution nobody verified. */ { readonly lie: 'optimistic' }
    | /** The body is not what it should be. */ { readonly lie: 'body'; readonly as: 'garbage' | 'truncated' | 'empty' | 'html' }
    | /** A status instead of an answer. */ { readonly lie: 'status'; readonly code: number }
    | /** The connection breaks. */ { readonly lie: 'reset' }
    | /** The answer comes late. */ { readonly lie: 'slow'; readonly ms: number }
  );
type Kind = Lie['lie'];

/** Needed fields of each lie, and what each must be. */
const FIELDS: Record<Kind, Readonly<Record<string, (value: unknown) => boolean>>> = {
  lag: { blocks: (value) => Number.isInteger(value) && Number(value) > 0 },
  freeze: {},
  network: {},
  finalised: {},
  replace: { real: (value) => typeof value === 'string' && value !== '', fake: (value) => typeof value === 'string' && value !== '' },
  balance: { of: (value) => /^0x([0-9a-f]{40}|[0-9a-f]{96})$/i.test(String(value)), amount: (value) => /^\d{1,40}$/.test(String(value)) },
  optimistic: {},
  body: { as: (value) => ['garbage', 'truncated', 'empty', 'html'].includes(String(value)) },
  status: { code: (value) => Number.isInteger(value) && Number(value) >= 400 && Number(value) <= 599 },
  reset: {},
  slow: { ms: (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) <= 600_000 },
};
const ONLY: Readonly<Record<string, (value: unknown) => boolean>> = {
  face: (value) => value === undefined || value === 'execution' || value === 'beacon',
  match: (value) => value === undefined || typeof value === 'string',
};

/** What is wrong with a list of lies from outside; null when nothing is. */
export function problemOf(lies: unknown): string | null {
  if (!Array.isArray(lies)) return 'a list of lies is needed; [] is the truth';
  for (const lie of lies as unknown[]) {
    const given = (typeof lie === 'object' && lie !== null ? lie : {}) as Record<string, unknown>;
    const kind = String(given['lie']);
    if (!Object.hasOwn(FIELDS, kind)) return `lie must be one of ${Object.keys(FIELDS).join(', ')}`;
    const fields = { ...FIELDS[kind as Kind], ...ONLY };
    const wrong = Object.entries(fields).find(([name, valid]) => !valid(given[name]));
    if (wrong) return `${kind}: ${wrong[0]} is not valid`;
    const unknown = Object.keys(given).find((name) => name !== 'lie' && !Object.hasOwn(fields, name));
    if (unknown !== undefined) return `${kind}: unknown field ${unknown}`;
  }
  return null;
}
