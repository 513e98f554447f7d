/** `npm run delivery -- dead list|show|replay`: see --help. */
import { userInfo } from 'node:os';
import { withHomeDatabase } from '#runtime';
import { parseCommand, USAGE } from './command.js';
import { runCommand } from './run.js';

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const wrong = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  const command = parseCommand(process.argv.slice(2), userInfo().username);
  if (typeof command === 'string') {
    wrong(`${command}\n\n${USAGE}`);
    return 2;
  }
  if (command.what === 'help') {
    out(USAGE);
    return 0;
  }
  try {
    return await withHomeDatabase((url) => runCommand(command, url, out));
  } catch (error) {
    wrong(`could not look at the deliveries: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

process.exitCode = await main();
