// One PostgreSQL for the whole run, thrown away afterwards. TEST_DATABASE_URL names a server to use instead (superuser).
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export default async function setup() {
  if (process.env.TEST_DATABASE_URL) return;
  const launcher = join(import.meta.dirname, '../../dist/libs/runtime/index.js');
  if (!existsSync(launcher)) throw new Error('not built: run `npm run build` first (npm test does)');
  const { startPostgres, privateFolder } = await import(pathToFileURL(launcher).href);
  const dir = privateFolder(mkdtempSync(join(tmpdir(), 'bailee-test-')));
  const server = await startPostgres({ dir, durable: false });
  process.env.TEST_DATABASE_URL = server.url;
  globalThis.__testPostgres = { server, dir };
}
