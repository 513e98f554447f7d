// Compiles everything to dist/, copies what the compiler leaves behind, and writes the API description.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeSettings } from './describe-settings.mjs';
import { ensureInstalled, root } from './installed.mjs';

const ASSETS = /\.(json|md|html|css|sql)$/;

/** Returns true when something was compiled anew. */
export function build({ quiet = false } = {}) {
  const info = join(root, 'dist/.tsbuildinfo');
  const before = existsSync(info) ? statSync(info).mtimeMs : 0;
  if (!quiet && !before) console.log('· compiling …');
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', root], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (tsc.status !== 0) throw new Error('the compiler found errors: see above');
  removeOrphans();
  for (const folder of ['apps', 'libs']) copyAssets(folder);
  writeFileSync(join(root, 'dist/settings.json'), `${JSON.stringify(describeSettings(root), null, 2)}\n`);
  const changed = !existsSync(info) || statSync(info).mtimeMs !== before || !existsSync(join(root, 'dist/openapi.json'));
  if (changed) describeApi();
  return changed;
}

function copyAssets(folder) {
  for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !ASSETS.test(entry.name)) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(root, 'dist', from.slice(root.length + 1));
    mkdirSync(dirname(to), { recursive: true });
    cpSync(from, to);
  }
}

/** What stands in dist and has no source any more would still be found by a loader: compiled files, shipped lists and documents. */
function removeOrphans() {
  for (const folder of ['apps', 'libs', 'migrations', 'test', 'bench']) {
    const at = join(root, 'dist', folder);
    if (!existsSync(at)) continue;
    for (const entry of readdirSync(at, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.(js|js\.map|json|md|html|css|sql)$/.test(entry.name)) continue;
      const source = join(root, entry.parentPath.slice(join(root, 'dist').length + 1), entry.name.replace(/\.js(\.map)?$/, '.ts'));
      if (!existsSync(source)) rmSync(join(entry.parentPath, entry.name));
    }
  }
}

function describeApi() {
  const described = spawnSync(process.execPath, [join(root, 'dist/apps/exchange/describe-api.js')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (described.status !== 0) throw new Error('the API could not be described: see above');
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureInstalled();
  try {
    build();
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
