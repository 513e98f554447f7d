import { randomInt } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import type { HttpRoom, ProxyPlan } from '#http';
import { rooms, type RoomName } from '#messages';
import { freePort, type Environment } from '#runtime';
import { choosePort } from '../front.js';
import { roomEnvironment, type RoomSurroundings } from '../room-environment.js';
import { Instance } from './instance.js';
import { startProxy, type Proxy } from './proxy.js';

export interface Apart {
  readonly port: number;
  /** Resolves when the proxy has gone. Rooms are started again. */
  readonly lost: Promise<string>;
}

const LOOK_EVERY_MS = 250;
const LOOK_FOR_MS = 1_000;
type Stop = () => Promise<unknown> | void;

/**
 * Every room in processes of its own, `count` of each, started again whenever one ends, behind a stock proxy on `asked`. An instance that drains or
 * is gone is taken out of the proxy's plan and put back when it answers. `instances.json` in the home tells which processes there are.
 */
export async function openApart(around: RoomSurroundings, count: number, asked: number | undefined, stops: Stop[]): Promise<Apart> {
  const instances: Instance[] = [];
  stops.push(() => Promise.all(instances.map((instance) => instance.stop())));
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  const tell = (): void => write(around.home.path('instances.json'), instances);
  for (const room of rooms)
    for (let number = 1; number <= count; number++)
      instances.push(
        new Instance(room, number, await steadyPort(), instanceEnvironment(room, number, around), (trouble) => {
          if (trouble !== undefined) log(`· ${room} ${number} could not be started again: ${trouble}`);
          tell();
        }),
      );
  // the first of each before the others: what is made at the very first start (the demo's keystore) is made by one
  for (let number = 1; number <= count; number++)
    await Promise.all(instances.filter((instance) => instance.number === number).map((instance) => instance.start()));
  tell();
  const port = await choosePort(asked);
  const plan = (out: ReadonlySet<Instance>): ProxyPlan => ({ listen: `127.0.0.1:${port}`, upstreams: upstreamsOf(instances, out) });
  const proxy = await startProxy(around.home, plan(new Set()));
  stops.push(() => proxy.stop());
  const watching = watch(instances, proxy, plan);
  stops.push(() => clearInterval(watching));
  return { port, lost: proxy.exited.then(() => 'the proxy has ended') };
}

/** Whole or not at all: others read it at any time. */
function write(file: string, instances: readonly Instance[]): void {
  writeFileSync(
    `${file}.new`,
    `${JSON.stringify(
      instances.map((instance) => instance.state),
      null,
      2,
    )}\n`,
  );
  renameSync(`${file}.new`, file);
}

/** Below the ports that systems give to outgoing connections: a room that starts again finds its port free. */
async function steadyPort(): Promise<number> {
  for (;;) {
    const port = await freePort(randomInt(20_000, 32_000)).catch(() => null);
    if (port !== null) return port;
  }
}

const instanceEnvironment = (room: RoomName, number: number, around: RoomSurroundings): Environment => ({
  DATABASE_POOL: '6',
  DRAIN_MS: '1500',
  ...roomEnvironment(room, around),
  LOG_FILE: around.home.path('logs', `${room}-${number}.log`),
  TRUSTED_PROXIES: '127.0.0.1',
});

/** A room all of whose instances are out keeps them in the plan: then any may be the first to come back. */
function upstreamsOf(instances: readonly Instance[], out: ReadonlySet<Instance>): ProxyPlan['upstreams'] {
  const hosts = (room: RoomName): ProxyPlan['upstreams'][HttpRoom] => {
    const all = instances.filter((instance) => instance.room === room);
    const none = all.every((instance) => out.has(instance));
    return all.map((instance) => ({ address: `127.0.0.1:${instance.port}`, down: !none && out.has(instance) }));
  };
  return {
    reception: hosts('reception'),
    compliance: hosts('compliance'),
    custody: hosts('custody'),
    staking: hosts('staking'),
    rewards: hosts('rewards'),
  };
}

/** A stock nginx asks nobody how he is: we do, and give it another plan when an answer has changed. */
function watch(instances: readonly Instance[], proxy: Proxy, plan: (out: ReadonlySet<Instance>) => ProxyPlan): NodeJS.Timeout {
  const served = instances.filter((instance) => instance.room !== 'signer');
  let known = '';
  let looking = false;
  const look = async (): Promise<void> => {
    const answers = await Promise.all(served.map(async (instance) => [instance, await takesRequests(instance)] as const));
    const out = new Set(answers.flatMap(([instance, takes]) => (takes ? [] : [instance])));
    const now = [...out].map((instance) => instance.port).join();
    if (now !== known) proxy.follow(plan(out));
    known = now;
  };
  return setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch(() => undefined) // the proxy is gone, and that is told elsewhere
      .finally(() => (looking = false));
  }, LOOK_EVERY_MS);
}

async function takesRequests({ port }: Instance): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(LOOK_FOR_MS) });
    return ((await answer.json()) as { status?: string }).status === 'ok';
  } catch {
    return false;
  }
}
