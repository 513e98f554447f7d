import { join } from 'node:path';
import { checkRedis } from '#delivery';
import { openRoom, type OpenRoom } from '#http';
import { rooms } from '#messages';
import { environment, freePort, Home } from '#runtime';
import { openApart } from './apart/apart.js';
import { openChain, type ExchangeChain } from './chain.js';
import { openDatabase, type ExchangeDatabase } from './database.js';
import { openFront } from './front.js';
import { hostedRooms } from './hosted-rooms.js';
import type { ExchangeOptions } from './options.js';
import { Progress } from './progress.js';
import { roomEnvironment, type RoomSurroundings } from './room-environment.js';
import { seedStaff, type StaffCredential } from './seed/staff.js';
import { startRoomProcess } from './room-process.js';

export interface RunningExchange {
  readonly apiUrl: string;
  readonly adminUrl: string;
  readonly home: Home;
  readonly chain: ExchangeChain;
  readonly database: ExchangeDatabase;
  readonly staff: readonly StaffCredential[];
  /** Resolves with a sentence when a part that the exchange cannot do without has gone. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
}

type Stop = () => Promise<unknown> | void;

/** Starts every part in order, each resumed from the home; stops them in reverse. A failed start stops what had started. */
export async function startExchange(options: ExchangeOptions, progress: Progress = new Progress()): Promise<RunningExchange> {
  const home = new Home(options.home);
  const stops: Stop[] = [home.lock()];
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).reverse()) await stop();
  };
  try {
    if (options.fresh) eraseKeepingLock(home);
    const { database, chain } = await startFoundations(home, options, progress, stops);
    const around = surroundings(home, database, chain, options);
    const staff = await progress.step(
      'staff',
      () => staffOf(around),
      (people) => (people.length ? `${people.length} people, one a role or more` : 'none seeded in production'),
    );
    const open =
      options.apart > 0 ? await openRoomsApart(around, options, progress, stops) : await openTogether(around, options, progress, stops);
    const running = describe(home, open, chain, database, staff, stopAll);
    const { executionUrl, beaconUrl } = chain.endpoints;
    home.writeState({
      apiUrl: running.apiUrl,
      databaseUrl: database.adminUrl,
      executionUrl,
      beaconUrl,
      controlUrl: chain.controlUrl,
      staff,
    });
    stops.push(() => home.clearState());
    return running;
  } catch (error) {
    await stopAll().catch(() => undefined);
    throw error;
  }
}

async function startFoundations(
  home: Home,
  options: ExchangeOptions,
  progress: Progress,
  stops: Stop[],
): Promise<{ database: ExchangeDatabase; chain: ExchangeChain }> {
  const { redisUrl } = options;
  if (redisUrl !== undefined)
    await progress.step(
      'queues',
      () => checkRedis(redisUrl),
      (version) => `Redis ${version} (REDIS_URL)`,
    );
  const [database, chain] = await together(startDatabase(home, options, progress, stops), startChain(home, options, progress, stops));
  return { database, chain };
}

async function startDatabase(home: Home, options: ExchangeOptions, progress: Progress, stops: Stop[]): Promise<ExchangeDatabase> {
  const database = await progress.step(
    'database',
    () => openDatabase(home, options.databaseUrl),
    (d) => d.description,
  );
  stops.push(() => database.stop());
  await progress.step(
    'migrations',
    () => database.migrate(),
    ({ applied }) => (applied.length ? `${applied.length} applied` : 'up to date'),
  );
  return database;
}

async function startChain(home: Home, options: ExchangeOptions, progress: Progress, stops: Stop[]): Promise<ExchangeChain> {
  const chain = await progress.step(
    'chain',
    () => openChain(home, options),
    (c) => c.endpoints.label,
  );
  stops.push(() => chain.stop());
  return chain;
}

/** Both at once. When one fails the other is waited for all the same, so that what it has started can be stopped. */
async function together<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return [await one, await other];
}

function surroundings(home: Home, database: ExchangeDatabase, chain: ExchangeChain, options: ExchangeOptions): RoomSurroundings {
  const built = (file: string): string => join(import.meta.dirname, '../..', file);
  return {
    home,
    database,
    chain: chain.endpoints,
    mode: options.mode,
    redisUrl: options.redisUrl,
    description: { openapi: built('openapi.json'), problems: built('problems.json') },
    given: environment(),
  };
}

/** The demo's staff. In production people are entered by the operator. */
const staffOf = ({ mode, home, database }: RoomSurroundings): Promise<StaffCredential[]> =>
  mode === 'demo' ? seedStaff(home, database.urlOf('reception')) : Promise.resolve([]);

/** Where the rooms are reached, and what may go that they cannot do without. */
interface OpenExchange {
  readonly port: number;
  readonly lost: Promise<string>;
}

function openRoomsApart(around: RoomSurroundings, options: ExchangeOptions, progress: Progress, stops: Stop[]): Promise<OpenExchange> {
  return progress.step(
    'rooms',
    () => openApart(around, options.apart, options.port, stops),
    () => `${rooms.join(', ')}, each in ${options.apart} process${options.apart === 1 ? '' : 'es'} behind nginx`,
  );
}

/** All in this process but the signer: what can sign shares no memory with what talks to the world. */
async function openTogether(around: RoomSurroundings, options: ExchangeOptions, progress: Progress, stops: Stop[]): Promise<OpenExchange> {
  const starting = progress
    .step(
      'signer',
      async () => startRoomProcess('signer', roomEnvironment('signer', around), await freePort()),
      () => 'a process of its own',
    )
    .then((started) => {
      stops.push(() => started.stop());
      return started;
    });
  const opening = progress.step(
    'rooms',
    () => openRooms(around, stops),
    (opened) => [...opened.keys()].join(', '),
  );
  const [signer, open] = await together(starting, opening);
  const front = await openFront(open, options.port);
  stops.push(() => front.close());
  return { port: front.port, lost: signer.exited.then(() => 'the signer has ended') };
}

async function openRooms(around: RoomSurroundings, stops: Stop[]): Promise<Map<string, OpenRoom>> {
  const open = new Map<string, OpenRoom>();
  for (const room of hostedRooms) {
    const opened = await openRoom(room, roomEnvironment(room.name, around));
    open.set(room.name, opened);
    stops.push(() => opened.close());
  }
  return open;
}

function describe(
  home: Home,
  open: OpenExchange,
  chain: ExchangeChain,
  database: ExchangeDatabase,
  staff: readonly StaffCredential[],
  stop: () => Promise<void>,
): RunningExchange {
  const lost = Promise.race([
    open.lost,
    database.exited.then(() => 'the database has ended'),
    chain.exited.then(() => 'the local chain has ended'),
  ]);
  return { apiUrl: `http://127.0.0.1:${open.port}`, adminUrl: database.adminUrl, home, chain, database, staff, lost, stop };
}

/** --fresh: everything goes but the lock that we hold. */
function eraseKeepingLock(home: Home): void {
  home.erase();
  home.lock();
}
