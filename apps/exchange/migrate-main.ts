import type { RoomName } from '#messages';
import { rooms } from '#messages';
import { environment } from '#runtime';
import { migrateAll } from '../../migrations/run.js';

/** Brings a database up to date and gives each room's role its password: DATABASE_URL and <ROOM>_PASSWORD. */
async function main(): Promise<void> {
  const env = environment();
  const url = env['DATABASE_URL'];
  const missing = [...(url ? [] : ['DATABASE_URL']), ...rooms.map(variable).filter((name) => !env[name])];
  if (!url || missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
  const passwords = Object.fromEntries(rooms.map((room) => [room, env[variable(room)] ?? '']));
  const { applied } = await migrateAll(url, passwords);
  console.log(applied.length ? `applied ${applied.join(', ')}` : 'up to date');
}

const variable = (room: RoomName): string => `${room.toUpperCase()}_PASSWORD`;

main().catch((error: unknown) => {
  console.error(`The database could not be migrated: ${(error as Error).message}`);
  process.exit(1);
});
