/** Runs a local network in this process. LODESTAR_PRESET=minimal must be set before this module is imported. */
import { mkdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '#kernel';
import { serveControl } from './control.js';
import { serveBeacon } from './ethereum/beacon-face.js';
import { Chain } from './ethereum/chain.js';
import { serveExecution } from './ethereum/execution-face.js';
import { openChain } from './ethereum/open.js';
import type { Face } from './http.js';
import type { LocalnetOptions, Ready, Report } from './options.js';
import { realness } from './realness.js';

const CHAIN_ID = 31_337;
const LOCK_POLL_MS = 50;
const BUILDER_ETHER = 100_000;

export interface RunningLocalnet {
  readonly ready: Ready;
  /** Ends it in order: what is not final yet is there again at the next start. */
  stop(): Promise<void>;
}

/**
 * Two networks in one folder would write over each other. A socket in Linux' abstract namespace is a lock that goes away with its process,
 * however that ends; other systems go without.
 */
async function lock(dir: string, waitMs: number): Promise<Server | null> {
  if (process.platform !== 'linux') return null;
  const deadline = performance.now() + waitMs;
  for (;;) {
    try {
      return await tryLock(dir);
    } catch (cause) {
      if (performance.now() > deadline) throw new Error(`another local network runs in ${dir}`, { cause });
      await pause(LOCK_POLL_MS);
    }
  }
}

async function tryLock(dir: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(`\0bailee-localnet:${realpathSync(dir)}`, resolve);
  });
  return server;
}

export interface Surroundings {
  readonly clock: Clock;
  readonly report: Report;
  /** Called should anvil end by itself: nothing can go on then. */
  readonly onLost: () => void;
}

export async function runLocalnet(options: LocalnetOptions, { clock, report, onLost }: Surroundings): Promise<RunningLocalnet> {
  const started = clock.now().getTime();
  mkdirSync(options.dir, { recursive: true, mode: 0o700 });
  const held = await lock(options.dir, options.lockWaitMs);
  const { validators, validatorEther, secondsPerSlot } = options;
  const wanted = { chainId: CHAIN_ID, secondsPerSlot, validators, validatorEther, builderEther: BUILDER_ETHER };
  const chain = new Chain(await openChain(options.dir, wanted, clock, options.statesKept), report);
  chain.anvil.onLost(onLost);
  const faces: Face[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(faces.map((face) => face.close()));
    await chain.close();
    held?.close();
  };
  try {
    const serving = [serveExecution, serveBeacon, serveControl] as const;
    const ports = [options.executionPort, options.beaconPort, options.controlPort] as const;
    for (const [i, serveFace] of serving.entries()) faces.push(await serveFace(chain, ports[i] ?? 0));
  } catch (error) {
    await stop();
    throw error;
  }
  chain.setPace(options.paceMs);
  const [executionUrl = '', beaconUrl = '', controlUrl = ''] = faces.map((face) => face.url);
  const ms = clock.now().getTime() - started;
  const ready: Ready = {
    ready: true,
    executionUrl,
    beaconUrl,
    controlUrl,
    slot: chain.head.slot,
    finalizedEpoch: chain.finalisedEpoch,
    ms,
    note: realness,
  };
  return { ready, stop };
}
