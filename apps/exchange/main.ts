import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { environment } from '#runtime';
import { banner } from './banner.js';
import { startExchange, type RunningExchange } from './exchange.js';
import { HELP, readOptions, type ExchangeOptions } from './options.js';
import { Progress } from './progress.js';
import { seedDemo } from './seed/demo-client.js';

/** npm start. */
async function main(): Promise<void> {
  const options = parsed();
  if (options.help) return void console.log(HELP);
  const progress = new Progress();
  const exchange = await startExchange(options, progress);
  const stopped = stopOnSignals(exchange);
  const demo =
    options.mode === 'demo' && exchange.chain.controlUrl
      ? await progress.step(
          'demo data',
          () => seedDemo(exchange),
          (d) => d.summary,
        )
      : null;
  console.log(banner(exchange, demo));
  console.log(`Started in ${progress.elapsed()}.`);
  if (options.tour) await playTour(exchange);
  console.log('Up until Ctrl-C.');
  await Promise.race([stopped, exchange.lost.then((what) => leave(exchange, `${what}: stopping`, 1))]);
}

function parsed(): ExchangeOptions {
  try {
    return readOptions(process.argv.slice(2), environment());
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

/** The tour is a program of its own, as anybody can run it; its failure does not take the exchange down. */
async function playTour(exchange: RunningExchange): Promise<void> {
  const program = join(import.meta.dirname, 'tour', 'main.js');
  const tour = spawn(process.execPath, [program], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...environment(), BAILEE_HOME: exchange.home.dir },
  });
  const code = await new Promise<number | null>((resolve) => tour.once('exit', resolve));
  console.log(
    code === 0 ? '\n✓ The tour passed.' : '\n✗ The tour did not pass: see above. The exchange stays up; `npm run tour` plays it again.',
  );
}

let leaving: Promise<void> | null = null;
function leave(exchange: RunningExchange, why: string, code: number): Promise<void> {
  leaving ??= (async () => {
    console.log(`\n${why} …`);
    setTimeout(() => process.exit(code || 1), 30_000).unref();
    await exchange.stop();
    console.log('Stopped. Nothing of it is running any more.');
    process.exit(code);
  })();
  return leaving;
}

function stopOnSignals(exchange: RunningExchange): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => void leave(exchange, 'Stopping', 0).then(resolve));
    // npm (or its shell) was killed and left us behind: nobody could stop us any more
    const parent = process.ppid;
    if (environment()['npm_lifecycle_event'])
      setInterval(() => process.ppid !== parent && void leave(exchange, 'npm has gone', 0).then(resolve), 1_000).unref();
  });
}

main().catch((error: unknown) => {
  const { message, code } = error as Error & { code?: string };
  console.error(`\nThe exchange could not start${code ? ` (${code})` : ''}: ${message}`);
  if (environment()['DEBUG']) console.error(error);
  process.exit(1);
});
