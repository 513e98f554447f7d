import { parseArgs } from 'node:util';
import { Home } from '#runtime';
import { closeBooks } from './books.js';
import { connectTour, type Cast } from './context.js';
import { earning, statement } from './steps/earning.js';
import { joining } from './steps/joining.js';
import { leaving, withdrawing } from './steps/leaving.js';
import { activating, depositing, ordering } from './steps/staking.js';
import { Story } from './story.js';

const HELP = `Usage: npm run tour [-- options]

Plays the whole story against the running exchange, over its public REST API: a new client is refused, approved, deposits, stakes,
earns, leaves and withdraws. After every step the books are compared with the chain. Exit code 1 when an expectation fails.

  --json   print one JSON object as the last line: {ok, steps:[{name, ok, ms, facts}]}
  --help   this text
`;

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(HELP);
    return true;
  }
  const json = values.json ?? false;
  const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const context = connectTour(new Home());
  const cast: Cast = {};
  const story = new Story(say, () => closeBooks(context.staff));
  let ok = true;
  try {
    say(`The tour, on ${context.api.baseUrl}: a client, the staff, and the chain's own clock.`);
    const { client } = await joining(story, context, cast);
    await depositing(story, context, cast, client);
    const orderId = await ordering(story, context, cast, client);
    await activating(story, context, client, orderId);
    await earning(story, context, client);
    await statement(story, client);
    await leaving(story, context, client);
    await withdrawing(story, context, cast, client);
    say(`\n${story.steps.length} steps, all as expected, in ${story.elapsed}.`);
  } catch (error) {
    ok = false;
    say(`\nThe tour stopped: ${(error as Error).message}`);
  }
  if (json)
    process.stdout.write(
      `${JSON.stringify({ ok, steps: story.steps }, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))}\n`,
    );
  return ok;
}

main().then(
  (ok) => process.exit(ok ? 0 : 1),
  (error: unknown) => {
    console.error((error as Error).message);
    process.exit(1);
  },
);
