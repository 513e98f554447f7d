import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composed, describeRoom, listProblems, mergeOpenapi, proxyConfiguration, type OpenapiDocument } from '#http';
import { hostedRooms } from './hosted-rooms.js';

/**
 * Part of the build: writes the description of the whole API and the catalogue of its problems, which reception serves, and the routes of the
 * composed deployment's proxy (deploy/proxy.conf is a copy).
 */
async function main(): Promise<void> {
  const documents: OpenapiDocument[] = [];
  for (const room of hostedRooms) documents.push(await describeRoom(room));
  const problems = listProblems(hostedRooms);
  const folder = join(import.meta.dirname, '../..');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'openapi.json'), `${JSON.stringify(mergeOpenapi(documents), null, 2)}\n`);
  writeFileSync(join(folder, 'proxy.conf'), proxyConfiguration(composed));
  writeFileSync(join(folder, 'problems.json'), `${JSON.stringify(problems, null, 2)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
