// npm start: installs what is missing, compiles, then hands over to the exchange (dist/apps/exchange/main.js).
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './build.mjs';
import { ensureInstalled, root } from './installed.mjs';

const began = performance.now();
const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
try {
  if (ensureInstalled()) console.log(`✓ packages installed (${seconds()})`);
  if (build()) console.log(`✓ compiled (${seconds()})`);
} catch (error) {
  console.error(`✗ ${error.message}`);
  process.exit(1);
}
await import(pathToFileURL(join(root, 'dist/apps/exchange/main.js')).href);
