import type { EntityManager } from 'typeorm';
import { checkRoomDatabase } from '#database';
import { checkRedis } from '#delivery';
import { Fault, systemClock, type Clock } from '#kernel';
import { chartDrift } from '#ledger';
import type { RoomName } from '#messages';
import type { Logger, RoomConfig } from '#runtime';

interface Named {
  readonly name: string;
}
/** What a room is deployed with: what its own code cannot know. */
export interface RoomDeployment<C> {
  /** Every migration of this build. */
  readonly migrations: readonly Named[];
  /** The chains it talks to, from its configuration. */
  readonly chains?: (config: C, clock: Clock) => ReadonlyMap<string, { readonly reader: { check(): Promise<void> } }>;
}

/**
 * What makes starting pointless, found before anything starts: a Fault whose sentence says what to do. What is merely away (a node, the
 * queue's Redis) is waited for instead: a room starts without it and says so in /health/ready.
 */
export async function checkBoot<C extends RoomConfig>(
  room: RoomName,
  config: C,
  { migrations, chains }: RoomDeployment<C>,
  log: Logger,
): Promise<void> {
  await checkQueues(config.REDIS_URL, log);
  await checkRoomDatabase({ url: config.DATABASE_URL, room, migrations: migrations.map(({ name }) => name), drift: driftOfLedger });
  for (const [name, chain] of chains?.(config, systemClock) ?? []) {
    try {
      await chain.reader.check();
    } catch (error) {
      if (!(error instanceof Fault) || error.code === 'chain.wrong_network') throw wrongNetwork(name, error);
      log.warn({ err: error, chain: name }, 'the chain is not fit yet; starting without it');
    }
  }
}

/** A room without the ledger (the signer) may not even look at it. */
async function driftOfLedger(em: EntityManager): Promise<string[]> {
  const [right] = await em.query<{ may: boolean }[]>(`SELECT has_schema_privilege('ledger', 'USAGE') AS may`);
  return right?.may ? chartDrift(em) : [];
}

async function checkQueues(url: string | undefined, log: Logger): Promise<void> {
  if (url === undefined) return;
  try {
    await checkRedis(url);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'queue.unreachable') throw error;
    log.warn({ err: error }, 'the queues are away; starting without them');
  }
}

function wrongNetwork(chain: string, error: unknown): unknown {
  if (!(error instanceof Fault)) return error;
  const next = 'Correct ETHEREUM_RPC_URL, ETHEREUM_BEACON_URL or BAILEE_NETWORK';
  return new Fault('chain.wrong_network', `${chain}: ${error.message} ${next}`, false, { cause: error });
}
