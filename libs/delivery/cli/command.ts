import { parseArgs } from 'node:util';
import { isUuid } from '#kernel';
import { rooms } from '#messages';

export const USAGE = `npm run delivery -- dead list [--room <room>]
npm run delivery -- dead show <id>
npm run delivery -- dead replay <id> | --all --room <room>   --reason <why> [--by <who>] [--dry-run]

Looks at deliveries that were laid aside, and lets them be tried again once their cause is mended. A dead delivery keeps the later ones of its
stream waiting; there is no way to skip one. Every replay is kept, with who and why.

  --room <room>    only those to this room: ${rooms.join(', ')}
  --all            every dead delivery of the room
  --reason <why>   what was mended, 3 to 1000 characters
  --by <who>       who lets it be tried again; the user of this system unless given
  --dry-run        say what would be replayed, and replay nothing
  --json           for programs
  --help           this text

On DATABASE_URL (as the owner of the database), else the database of the exchange of this home, whether it runs or not.
Exit code: 0 done, 1 there is no such dead delivery, 2 not understood or the database cannot be reached.`;

export type Command =
  | { readonly what: 'help' }
  | { readonly what: 'list'; readonly room: string | undefined; readonly json: boolean }
  | { readonly what: 'show'; readonly id: string; readonly json: boolean }
  | {
      readonly what: 'replay';
      readonly of: { readonly id: string } | { readonly room: string };
      readonly reason: string;
      readonly by: string;
      readonly dryRun: boolean;
      readonly json: boolean;
    };

/** What was asked for, or a sentence that says what is wrong with it. */
export function parseCommand(args: readonly string[], user: string): Command | string {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        room: { type: 'string' },
        reason: { type: 'string' },
        by: { type: 'string' },
        all: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = parsed;
  const [noun, verb, id, ...more] = positionals;
  if (values.help || positionals.length === 0) return { what: 'help' };
  if (noun !== 'dead' || more.length > 0) return `not understood: ${positionals.join(' ')}`;
  const { room, json } = values;
  if (room !== undefined && !(rooms as readonly string[]).includes(room)) return `there is no room ${room}: ${rooms.join(', ')}`;
  if (id !== undefined && !isUuid(id)) return `${id} is not the id of a delivery: see dead list`;
  if (verb === 'list' && id === undefined) return { what: 'list', room, json };
  if (verb === 'show') return id === undefined ? 'which one? give its id: see dead list' : { what: 'show', id, json };
  if (verb !== 'replay') return `not understood: ${positionals.join(' ')}`;
  const of = id !== undefined ? { id } : values.all && room !== undefined ? { room } : null;
  if (of === null || (id !== undefined && values.all)) return 'which ones? give the id of one, or --all and --room';
  const reason = values.reason?.trim() ?? '';
  if (reason.length < 3 || reason.length > 1_000) return 'why? give --reason, 3 to 1000 characters';
  const by = (values.by ?? user).trim();
  if (by.length < 1 || by.length > 200) return 'who? give --by, 1 to 200 characters';
  return { what: 'replay', of, reason, by, dryRun: values['dry-run'], json };
}
