import { createHash } from 'node:crypto';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A state of the database that was delivered: the migrations that made it, in order, and SHA-256 of the SQL that each one runs. That never changes again. */
export interface ShippedState {
  readonly migrations: Readonly<Record<string, string>>;
}

/** What a migration says to a database, whichever files the text comes from. Our migrations read nothing back. */
export async function sqlHash(migration: new () => MigrationInterface): Promise<string> {
  const said: string[] = [];
  const listener = {
    query: (sql: string, values?: unknown[]): Promise<never[]> => {
      said.push(JSON.stringify([sql, values ?? []]));
      return Promise.resolve([]);
    },
  };
  await new migration().up(listener as unknown as QueryRunner);
  return createHash('sha256').update(said.join('\n')).digest('hex');
}

export async function stateOf(migrations: readonly (new () => MigrationInterface)[]): Promise<ShippedState> {
  const entries: [string, string][] = [];
  for (const migration of migrations) entries.push([migration.name, await sqlHash(migration)]);
  return { migrations: Object.fromEntries(entries) };
}
