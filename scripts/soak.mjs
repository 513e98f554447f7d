// npm run soak: builds, then runs what is too long for npm test (dist/test/soak/main.js). Each file in test/soak/suites is one suite.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import setup from '../libs/testing/jest-setup.mjs';
import teardown from '../libs/testing/jest-teardown.mjs';
import { build } from './build.mjs';
import { ensureInstalled, root } from './installed.mjs';

ensureInstalled();
try {
  build({ quiet: true });
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// suites that want databases of their own get them on a server that is thrown away; TEST_DATABASE_URL names another one
const words = process.argv.slice(2);
const only = words.some((word) => ['--help', '-h', '--list'].includes(word));
if (!only) await setup();
const soak = spawn(process.execPath, [join(root, 'dist/test/soak/main.js'), ...words], { cwd: root, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => soak.kill(signal));
const code = await new Promise((resolve) => soak.once('exit', resolve));
if (!only) await teardown();
process.exit(code ?? 1);
