import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource, type EntityMetadata } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '#testing';

const apps = join(import.meta.dirname, '../../apps');
const entityFiles = readdirSync(apps, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.entity.ts'))
  .map((entry) => join(entry.parentPath, entry.name));

/** PostgreSQL's name of a type that an entity names otherwise. */
const typeNames: Readonly<Record<string, string>> = {
  timestamptz: 'timestamp with time zone',
  int: 'integer',
  bool: 'boolean',
  int8: 'bigint',
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** The rows as the code reads them against the tables as the migrations made them: neither may drift from the other. */
describe('entities and tables', () => {
  let database: TestDatabase;
  let source: DataSource;
  beforeAll(async () => {
    database = await createTestDatabase();
    const modules = await Promise.all(entityFiles.map((file) => import(file) as Promise<Record<string, unknown>>));
    const entities = modules
      .flatMap((module) => Object.values(module))
      .filter((value): value is new () => object => typeof value === 'function');
    source = await new DataSource({ type: 'postgres', url: database.adminUrl, entities, poolSize: 1 }).initialize();
  });
  afterAll(async () => {
    await source.destroy();
    await database.close();
  });

  const wanted = (entity: EntityMetadata): Column[] =>
    entity.columns.map((column) => {
      const type = source.driver.normalizeType(column);
      return { name: column.databaseName, type: `${typeNames[type] ?? type}${column.isArray ? '[]' : ''}`, nullable: column.isNullable };
    });
  const found = (entity: EntityMetadata): Promise<Column[]> =>
    source.query<Column[]>(
      `SELECT attname AS name, format_type(atttypid, NULL) AS type, NOT attnotnull AS nullable FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped`,
      [entity.tablePath],
    );

  it('agree in names, types and nullability', async () => {
    expect(source.entityMetadatas.length).toBeGreaterThan(20);
    const differences: string[] = [];
    for (const entity of source.entityMetadatas) {
      const columns = new Map((await found(entity)).map((column) => [column.name, column]));
      if (columns.size === 0) differences.push(`${entity.tablePath} is no table`);
      for (const column of wanted(entity)) {
        const there = columns.get(column.name);
        if (there === undefined) differences.push(`${entity.tablePath}.${column.name} is missing in the database`);
        else if (there.type !== column.type || there.nullable !== column.nullable)
          differences.push(
            `${entity.tablePath}.${column.name}: ${JSON.stringify(there)} in the database, ${JSON.stringify(column)} in the code`,
          );
      }
    }
    expect(differences).toEqual([]);
  });
});
