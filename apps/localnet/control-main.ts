/**
 * Asks the control face of a local network that runs: `npm run localnet:control -- help`, `… status`, `… advance epochs=2`,
 * `… slash index=7 by=vote`. Values are JSON where they can be, text otherwise; amounts of wei are text in any case.
 * `--url` says where it is (http://127.0.0.1:5053).
 */
import { parseArgs } from 'node:util';

interface Help {
  readonly commands: readonly { readonly command: string; readonly body: string; readonly does: string }[];
}
const { values, positionals } = parseArgs({
  options: { url: { type: 'string', default: 'http://127.0.0.1:5053' } },
  allowPositionals: true,
});
const url = `${values.url}/localnet`;

function valueOf(name: string, text: string): unknown {
  if (name === 'wei') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const [command = 'help', ...fields] = positionals;
const body = Object.fromEntries(
  fields.map((field) => {
    const [name = '', ...rest] = field.split('=');
    return [name, valueOf(name, rest.join('='))];
  }),
);
const reading = command === 'help' || command === 'status';
const init = reading ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
try {
  const response = await fetch(`${url}/${command}`, init);
  const answer: unknown = await response.json();
  if (command === 'help')
    for (const { command: name, body: takes, does } of (answer as Help).commands) console.log(`${name} ${takes}\n    ${does}`);
  else console.log(JSON.stringify(answer, null, 2));
  if (!response.ok) process.exitCode = 1;
} catch (error) {
  console.error(`No local network answers at ${url}: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
