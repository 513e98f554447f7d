import { Fault } from '#kernel';
import { environment, type Environment } from './environment.js';
import { Home } from './home.js';
import { startPostgres, type RunningPostgres } from './postgres/launcher.js';

/** The embedded PostgreSQL of a home; its owner's password is the home's secret. */
export const startHomePostgres = (home: Home): Promise<RunningPostgres> =>
  startPostgres({ dir: home.databaseFolder(), password: home.secret('database-owner') });

/**
 * Runs a tool on the database that it means: DATABASE_URL, else that of the exchange running on this home, else the home's own cluster, started
 * for as long as the tool runs. Fault home.no_database when there is none.
 */
export async function withHomeDatabase<T>(work: (adminUrl: string) => Promise<T>, env: Environment = environment()): Promise<T> {
  const given = env['DATABASE_URL'];
  if (given) return work(given);
  const home = new Home();
  const state = home.readState() as { databaseUrl?: string } | null;
  if (state?.databaseUrl) return work(state.databaseUrl);
  if (!home.hasDatabase())
    throw new Fault('home.no_database', `no database in ${home.dir}: run npm start first, or set DATABASE_URL`, false);
  const release = home.lock();
  try {
    const server = await startHomePostgres(home);
    try {
      return await work(server.url);
    } finally {
      await server.stop();
    }
  } finally {
    release();
  }
}

/** Database URL for tools: DATABASE_URL, else that of the exchange running on this home. */
export function homeDatabaseUrl(): string | null {
  const state = new Home().readState() as { databaseUrl?: string } | null;
  return environment()['DATABASE_URL'] ?? state?.databaseUrl ?? null;
}
