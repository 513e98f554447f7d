import 'reflect-metadata';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describeRoom, mergeOpenapi, type OpenapiDocument } from '#http';
import { parseDisclosure } from '../../apps/compliance/disclosures/disclosure.js';
import { hostedRooms } from '../../apps/exchange/hosted-rooms.js';
import { catalogue } from '../../apps/staking/products/catalogue.js';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = readdirSync(join(root, 'docs'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file}`);
const decisions = readdirSync(join(root, 'docs/adr')).filter((file) => /^\d{4}-.*\.md$/.test(file));
const linked = (page: string): string[] =>
  [...read(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)].map(([, path]) => join(dirname(page), path ?? ''));

/** As docs/api.md writes a route. The only security of a route is its door; none is public. */
const routesOf = ({ paths }: Pick<OpenapiDocument, 'paths'>): string[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, { security?: readonly object[] }>).map(
      ([method, { security }]) => `${method.toUpperCase()} ${path} ${Object.keys(security?.[0] ?? { public: [] }).join()}`,
    ),
  );

describe('the documents', () => {
  it('name every route once, with its door', async () => {
    const documents: OpenapiDocument[] = [];
    for (const room of hostedRooms) documents.push(await describeRoom(room));
    const [, list = ''] = read('docs/api.md').split('\n## Every route\n');
    const named = [...list.matchAll(/^\| `([A-Z]+) (\/\S*)` \| (\w+) \|/gm)].map(([, method, path, door]) => `${method} ${path} ${door}`);
    expect(named.sort()).toEqual(routesOf(mergeOpenapi(documents)).sort());
  });

  it('tell clients what they should know of every product that all may stake in', () => {
    const told = catalogue.map(({ id }) => [id, parseDisclosure(read(`apps/compliance/disclosures/documents/${id}.md`)).ok]);
    expect(told).toEqual(catalogue.map(({ id }) => [id, true]));
  });

  it('link to what is there', () => {
    const missing = ['README.md', 'CONTRIBUTING.md', ...pages, ...['README.md', ...decisions].map((file) => `docs/adr/${file}`)].flatMap(
      (page) => linked(page).flatMap((path) => (existsSync(join(root, path)) ? [] : [`${page}: ${path}`])),
    );
    expect(missing).toEqual([]);
  });

  it('are all found: each decision in the list of decisions, each page from the map', () => {
    const listed = linked('docs/adr/README.md').filter((path) => /\/\d{4}-/.test(path));
    expect(listed).toEqual(decisions.map((file) => `docs/adr/${file}`));
    const onMap = new Set(linked('docs/map.md'));
    expect(pages.filter((page) => page !== 'docs/map.md' && !onMap.has(page))).toEqual([]);
  });

  it('say on the map where each feature is that brings itself, each foundation and each kind of test', () => {
    const map = read('docs/map.md');
    const features = readdirSync(join(root, 'apps'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.feature.ts'))
      .map((file) => `apps/${dirname(file)}`);
    const foldersOf = (folder: string): string[] =>
      readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    expect(features.length).toBeGreaterThan(5);
    expect(features.filter((folder) => !map.includes(`\`${folder}\``))).toEqual([]);
    expect(foldersOf('libs').filter((name) => !map.includes(`libs/${name}`))).toEqual([]);
    expect(foldersOf('test').filter((name) => !map.includes(`\`${name}\``) && !map.includes(`test/${name}`))).toEqual([]);
  });
});
