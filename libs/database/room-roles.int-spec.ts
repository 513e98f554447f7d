import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { rooms, type RoomName } from '#messages';
import { privateFolder, startPostgres, type RunningPostgres } from '#runtime';
import { prepareRoles, roomUrl } from './room-roles.js';

/** A server of its own: what is tested here would lock out whoever shares one. */
describe('two exchanges on one server', () => {
  const dir = privateFolder(mkdtempSync(join(tmpdir(), 'bailee-roles-')));
  let server: RunningPostgres;
  beforeAll(async () => {
    server = await startPostgres({ dir, durable: false });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const passwords = (word: string): Record<RoomName, string> =>
    Object.fromEntries(rooms.map((room) => [room, word])) as Record<RoomName, string>;
  const urlOf = (database: string): string => {
    const url = new URL(server.url);
    url.pathname = `/${database}`;
    return url.href;
  };
  async function prepare(database: string, word: string): Promise<void> {
    const admin = await new DataSource({ type: 'postgres', url: urlOf(database) }).initialize();
    try {
      await prepareRoles(admin, urlOf(database), passwords(word));
    } finally {
      await admin.destroy();
    }
  }
  async function admin(sql: string): Promise<void> {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(sql);
    await client.end();
  }
  async function mayLogIn(database: string, word: string): Promise<boolean> {
    const client = new pg.Client({ connectionString: roomUrl(urlOf(database), 'staking', word) });
    try {
      await client.connect();
      await client.end();
      return true;
    } catch {
      return false;
    }
  }

  it('lets the first one in, again and with other passwords of its own', async () => {
    await prepare('bailee', 'one');
    await prepare('bailee', 'one');
    expect(await mayLogIn('bailee', 'one')).toBe(true);
    await prepare('bailee', "o'ther");
    expect(await mayLogIn('bailee', "o'ther")).toBe(true);
  });

  it('refuses a second one that would take the passwords away, and changes nothing', async () => {
    await admin('CREATE DATABASE second');
    await expect(prepare('second', 'two')).rejects.toMatchObject({
      code: 'database.roles_taken',
      message: expect.stringContaining('"bailee"'),
    });
    expect(await mayLogIn('bailee', "o'ther")).toBe(true);
    expect(await mayLogIn('second', 'two')).toBe(false);
  });

  it('takes a second one with the same passwords', async () => {
    await prepare('second', "o'ther");
    expect(await mayLogIn('second', "o'ther")).toBe(true);
  });

  it('gives the roles to the one that is left', async () => {
    const client = new pg.Client({ connectionString: urlOf('second') });
    await client.connect();
    await client.query('DROP DATABASE IF EXISTS bailee WITH (FORCE)');
    await client.end();
    await prepare('second', 'two');
    expect(await mayLogIn('second', 'two')).toBe(true);
  });
});
