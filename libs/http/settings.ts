import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingsOf, type RoomConfig } from '#runtime';
import { HttpConfig } from './http-config.js';
import type { Room } from './room.js';

/** What each setting means: the comments of the config classes, written out by the build. Class, then field. */
type Meanings = Readonly<Record<string, Readonly<Record<string, string>>>>;
const written = join(import.meta.dirname, '../../settings.json');

function meanings(): Meanings {
  return existsSync(written) ? (JSON.parse(readFileSync(written, 'utf8')) as Meanings) : {};
}

/** What a setting of this room means; '' where nothing more than its name is known. */
export function meaningOf<C extends RoomConfig>(room: Room<C>, name: string): string {
  const known = meanings();
  return (
    [...settingsOf(room.config), ...settingsOf(HttpConfig)].flatMap((s) => (s.name === name ? [known[s.type]?.[name] ?? ''] : []))[0] ?? ''
  );
}

/** The settings of a room as its `--help` prints them. */
export function describeSettings<C extends RoomConfig>(room: Room<C>): string {
  const known = meanings();
  const lines = [...settingsOf(room.config), ...settingsOf(HttpConfig)].map(({ name, type, required, preset }) => {
    const state = preset !== undefined ? `default ${preset}` : required ? 'required' : 'optional';
    const meaning = known[type]?.[name];
    return `  ${name.padEnd(30)} ${state}${meaning ? `\n${' '.repeat(33)}${meaning}` : ''}`;
  });
  return [
    `Usage: node dist/apps/${room.name}/main.js [--help] [--with-parent]`,
    '',
    `Runs ${room.name} as a process of its own until SIGTERM or SIGINT; as many as you like beside one another.`,
    '',
    '  --with-parent   also ends when its standard input closes: it never outlives what started it',
    '  --help          this text',
    '',
    `Settings, from the environment (${room.name.toUpperCase()}_NAME before NAME):`,
    '',
    ...lines,
    '',
  ].join('\n');
}
