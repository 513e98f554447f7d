// Runs a compiled module of ours: node scripts/run.mjs <module below dist/, without .js> [arguments]
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { ensureInstalled, root } from './installed.mjs';

const [module, ...args] = process.argv.slice(2);
ensureInstalled();
const file = join(root, 'dist', `${module}.js`);
if (!existsSync(file)) build();
process.argv = [process.argv[0], file, ...args];
await import(pathToFileURL(file).href);
