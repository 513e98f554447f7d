import { runMigrations } from 'bullmq';
import pg from 'pg';
import { rooms, type RoomName } from '#messages';

export const QUEUE_SCHEMA = 'bullmq';

/** A room's queue of deliveries is named for the room. */
export const deliveryQueue = (room: RoomName): string => room;

/**
 * Creates or updates BullMQ's own tables, as the migrator: its migration needs CREATE on the database, which no room has. Rooms may use
 * them and nothing more. What is in them is a cache of what is to be done, and may be lost at any time.
 */
export async function migrateQueues(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'bailee-migrate-queues' });
  await client.connect();
  try {
    await runMigrations(client, QUEUE_SCHEMA);
    // BullMQ makes a queue's id sequence when it is first used; rooms may not create anything, so it is made here
    await client.query(`SELECT ${QUEUE_SCHEMA}.next_job_id(name) FROM unnest($1::text[]) AS name`, [rooms.map(deliveryQueue)]);
    await client.query(`
      GRANT USAGE ON SCHEMA ${QUEUE_SCHEMA} TO bailee_room;
      GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${QUEUE_SCHEMA} TO bailee_room;
      GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${QUEUE_SCHEMA} TO bailee_room;
      GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ${QUEUE_SCHEMA} TO bailee_room;
      REVOKE INSERT, UPDATE, DELETE ON ${QUEUE_SCHEMA}.migration FROM bailee_room;
    `);
  } finally {
    await client.end();
  }
}
