import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runToEnd } from '../e2e/exchange.spec-support.js';
import { seeded, type SoakRun } from '../soak/soak-suite.js';
import type { ApartExchange } from './exchange-apart.js';
import { Load, type LoadSummary } from './load.js';
import type { FragileServer } from './servers.js';

interface TourResult {
  readonly ok: boolean;
  readonly steps: readonly { readonly name: string; readonly ok: boolean; readonly facts: Record<string, unknown> }[];
}
const lastJson = (stdout: string): unknown => JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');

/** Plays the tour while one process after another is killed (now and then asked to leave); every room is hit. */
export async function tourUnderFire(exchange: ApartExchange, { seed, log }: SoakRun): Promise<Record<string, unknown>> {
  const random = seeded(seed);
  const tour = runToEnd('apps/exchange/tour/main', ['--json'], exchange.home);
  let over = false;
  void tour.then(() => (over = true));
  const order = exchange.instances().map(({ room, number }) => ({ room, number, at: random() }));
  order.sort((a, b) => a.number - b.number || a.at - b.at); // the first of every room before the second of any
  let killed = 0;
  for (let i = 0; !over; i++) {
    const target = order[i % order.length];
    if (!target) break;
    const signal = random() < 0.25 ? 'SIGTERM' : 'SIGKILL';
    const ms = await exchange.replace(target, signal);
    killed++;
    log(`${signal} ${target.room} ${target.number}: back after ${(ms / 1000).toFixed(1)} s`);
    await Promise.race([tour, pause(200 + random() * 1_000)]);
  }
  const { stdout } = await tour;
  const result = lastJson(stdout) as TourResult;
  const failed = result.steps.filter((step) => !step.ok);
  if (!result.ok) throw new Error(`the tour did not pass: ${JSON.stringify(failed)}`);
  const rooms = new Set(order.slice(0, killed).map(({ room }) => room));
  return { steps: result.steps.length, ended: killed, rooms: rooms.size };
}

/** One process after another is asked to leave while requests come in: none of them may notice. */
export async function rollingRestart(exchange: ApartExchange, which: (room: string) => boolean, { log }: SoakRun): Promise<LoadSummary> {
  const load = await Load.start(exchange);
  for (const { room, number } of exchange.instances().filter((i) => which(i.room))) {
    const ms = await exchange.replace({ room, number }, 'SIGTERM');
    const exit = exchange.instances().find((i) => i.room === room && i.number === number)?.lastExit;
    if (exit !== 0) throw new Error(`${room} ${number} ended with ${String(exit)} after SIGTERM`);
    log(`${room} ${number} left and came back in ${(ms / 1000).toFixed(1)} s`);
    await pause(500);
  }
  const summary = await load.stop();
  if (Object.keys(summary.refusals).length > 0) throw new Error(`a rolling restart was noticed: ${JSON.stringify(summary)}`);
  return summary;
}

/** A server that every room stands on crashes under load and comes back: nobody restarts a room, nothing is lost or done twice. */
export async function outage(exchange: ApartExchange, server: FragileServer, awayMs: number, { log }: SoakRun): Promise<LoadSummary> {
  const before = pids(exchange);
  const load = await Load.start(exchange);
  await pause(1_500);
  await server.crash();
  log(`gone, for ${awayMs} ms`);
  await pause(awayMs);
  await server.comeBack();
  log('back');
  await pause(3_000);
  const summary = await load.stop();
  if (pids(exchange) !== before) throw new Error(`a process ended: ${before} became ${pids(exchange)}`);
  return summary;
}

const pids = (exchange: ApartExchange): string =>
  exchange
    .instances()
    .map(({ room, number, pid }) => `${room}-${number}:${String(pid)}`)
    .join(' ');

/** After any of it: the ledger holds, nothing is laid aside, and no promise was forgotten anywhere. */
export async function intact(exchange: ApartExchange): Promise<{ transfers: unknown }> {
  const { code, stdout } = await runToEnd('libs/ledger/verify/main', ['--json'], exchange.home);
  const verified = lastJson(stdout) as { ok: boolean; findings: unknown[]; transfers: unknown };
  if (code !== 0 || !verified.ok) throw new Error(`the ledger does not verify: ${JSON.stringify(verified.findings)}`);
  for (const { room, number, port } of exchange.instances()) {
    const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const dead = /^bailee_delivery_dead\S* (\d+)/m.exec(metrics)?.[1];
    if (dead !== undefined && dead !== '0') throw new Error(`${room} ${number} has laid ${dead} messages aside`);
  }
  const logs = join(exchange.home, 'logs');
  const careless = readdirSync(logs).filter((file) => /unhandled rejection|invariant/i.test(readFileSync(join(logs, file), 'utf8')));
  if (careless.length > 0) throw new Error(`unhandled rejections or broken invariants in ${careless.join(', ')}`);
  return { transfers: verified.transfers };
}
