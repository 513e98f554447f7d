import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';

/**
 * kill -9 of a process right at its n-th SQL statement, BEGIN and COMMIT included. `before` it is sent; when it was `sent` and no answer was
 * heard (the server may or may not have done it); `after` its answer.
 */
export const moments = ['before', 'sent', 'after'] as const;
export type Moment = (typeof moments)[number];
export interface KillPoint {
  readonly statement: number;
  readonly moment: Moment;
}

interface Ended {
  /** False: it came to its end, because it had fewer statements than that. */
  readonly killed: boolean;
  /** How many statements a process that came to its end has sent. */
  readonly statements: number;
}

export interface Drill<I> {
  /** A module that ends in `await underKillSwitch(…)`. */
  readonly script: URL;
  /** Which statements, counted from 1. All of them unless given: on until the process comes to its end. */
  readonly statements?: readonly number[];
  readonly moments?: readonly Moment[];
  /** What the process of this round is told. JSON. */
  readonly input: (round: number, point: KillPoint) => I;
  /** Starts again or replays what was killed, and checks that nothing is lost and nothing is there twice. */
  readonly afterwards: (round: number, point: KillPoint, ended: Ended) => Promise<void>;
}
export interface DrillReport {
  readonly kills: number;
  readonly rounds: number;
}

/** Runs a process again and again, each time killed at another point. Throws what `afterwards` throws, saying the point. */
export async function drill<I>(of: Drill<I>): Promise<DrillReport> {
  let round = 0;
  let kills = 0;
  let spare = start(of.script);
  try {
    for (const moment of of.moments ?? moments) {
      for (const statement of of.statements ?? countingUp()) {
        const point = { statement, moment };
        const child = spare;
        spare = start(of.script); // loads its modules meanwhile
        const ended = await runTo(child, of.input(round, point), point);
        if (ended.killed) kills++;
        await of.afterwards(round, point, ended).catch((cause: unknown) => {
          throw new Error(`after kill -9 ${moment} statement ${statement} (round ${round})`, { cause });
        });
        round++;
        if (!ended.killed && of.statements === undefined) break;
      }
    }
  } finally {
    spare.kill('SIGKILL');
  }
  return { kills, rounds: round };
}

function* countingUp(): Generator<number> {
  for (let n = 1; ; n++) yield n;
}

const loader = new URL('typescript-loader.mjs', import.meta.url);

/** From source (.ts) by way of the loader, compiled (.js) as it is. */
function start(script: URL): ChildProcess {
  const execArgv = script.pathname.endsWith('.ts') ? ['--conditions=house:source', `--import=${loader.href}`] : [];
  return fork(fileURLToPath(script), {
    execArgv: ['--disable-warning=ExperimentalWarning', ...execArgv],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

type FromChild = { readonly ready: true } | { readonly done: number } | { readonly failed: string };

async function runTo(child: ChildProcess, input: unknown, point: KillPoint): Promise<Ended> {
  let told = '';
  let statements = 0;
  child.stderr?.on('data', (text: Buffer) => (told += text.toString()));
  child.on('message', (message: FromChild) => {
    if ('failed' in message) told += message.failed;
    if ('done' in message) statements = message.done;
  });
  child.send({ input, point });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (signal === 'SIGKILL') return { killed: true, statements };
  if (code === 0) return { killed: false, statements };
  throw new Error(`the process to be killed at statement ${point.statement} ended with ${String(code ?? signal)} by itself: ${told}`);
}

/**
 * In the process to be killed. `prepare` opens what is needed and answers with the work; statements count from where the work begins. The
 * process ends when the work is done.
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what it is told
export async function underKillSwitch<I>(prepare: (input: I) => Promise<() => Promise<unknown>>): Promise<void> {
  process.once('disconnect', () => process.exit(1)); // never outlives the drill
  const [{ input, point }] = (await once(process, 'message')) as [{ input: I; point: KillPoint }];
  try {
    const work = await prepare(input);
    const sent = arm(point);
    await work();
    process.send?.({ done: sent() }, () => process.exit(0));
  } catch (error) {
    process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }, () => process.exit(2));
  }
}

type Query = (this: pg.Client, ...values: unknown[]) => unknown;

/** Every statement of every connection goes through pg's Client. Answers with how many there were. */
function arm(point: KillPoint): () => number {
  let sent = 0;
  const client = pg.Client.prototype as unknown as { query: Query };
  const { query } = client;
  client.query = function (...values) {
    if (++sent !== point.statement) return query.apply(this, values);
    if (point.moment === 'before') die();
    const callback = values.at(-1);
    if (point.moment === 'after' && typeof callback === 'function') values[values.length - 1] = die;
    const answer = query.apply(this, values);
    if (point.moment === 'sent')
      setImmediate(die); // by then it is in the hands of the kernel
    else if (answer instanceof Promise) void answer.then(die, die);
    return answer;
  };
  return () => sent;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive');
}
