import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where something stands that must not be there. */
export interface Leak {
  readonly file: string;
  readonly line: number;
  readonly what: string;
}

/** Looks for each of these texts, and for their common encodings, in every file below a folder. What is short is found by chance: refused. */
export function scan(folder: string, forbidden: Readonly<Record<string, string>>): Leak[] {
  const needles = Object.entries(forbidden).flatMap(([what, text]) => {
    if (text.length < 8) throw new Error(`${what} is too short to look for`);
    return [text, Buffer.from(text).toString('base64').replace(/=+$/, ''), Buffer.from(text).toString('hex'), encodeURIComponent(text)].map(
      (needle) => ({
        what,
        needle: needle.toLowerCase(),
      }),
    );
  });
  const leaks: Leak[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    for (const [index, text] of readFileSync(file, 'utf8').split('\n').entries()) {
      const line = text.toLowerCase();
      for (const { what, needle } of needles) if (line.includes(needle)) leaks.push({ file, line: index + 1, what });
    }
  }
  return leaks;
}

/** Every secret that a home keeps, by the name of its file; JSON files by their members. */
export function secretsOf(home: string): Record<string, string> {
  const dir = join(home, 'secrets');
  const found: Record<string, string> = {};
  for (const name of readdirSync(dir)) {
    const text = readFileSync(join(dir, name), 'utf8').trim();
    if (!name.endsWith('.json')) found[name] = text;
    else for (const [path, value] of leaves(JSON.parse(text))) if (/^b[ks]_/.test(value)) found[`${name} ${path}`] = value;
  }
  return found;
}

function leaves(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => leaves(member, `${path}/${name}`));
}
