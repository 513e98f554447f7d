import { type DynamicModule, Module } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import type { DataSource, DataSourceOptions, EntitySchema, MixedList } from 'typeorm';
import { Transactor } from './transactor.js';

export interface DatabaseConfig {
  readonly DATABASE_URL: string;
  readonly DATABASE_POOL: number;
}
export type Entities = MixedList<(new () => object) | EntitySchema>;

/** How every connection of a room is made: its own role, statements that cannot run for ever. */
export function dataSourceOptions(room: string, url: string, entities: Entities, pool: number): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    entities,
    synchronize: false,
    migrationsRun: false,
    logging: ['error'],
    logger: 'advanced-console',
    applicationName: `bailee-${room}`,
    poolSize: pool,
    extra: { statement_timeout: 30_000, idle_in_transaction_session_timeout: 60_000 },
    parseInt8: false,
  };
}

@Module({})
class RoomDatabase {}

/** Connects a room to its schema with its own role, and provides Transactor. */
export function databaseModule(room: string, config: DatabaseConfig, entities: Entities): DynamicModule {
  return {
    module: RoomDatabase,
    global: true,
    imports: [
      TypeOrmModule.forRootAsync({
        // Named, because rooms may share a process and a nameless one would be registered twice.
        name: room,
        useFactory: () => ({
          ...dataSourceOptions(room, config.DATABASE_URL, entities, config.DATABASE_POOL),
          logging: false,
          retryAttempts: 3,
          retryDelay: 500,
        }),
      }),
    ],
    providers: [
      { provide: getDataSourceToken(), useExisting: getDataSourceToken(room) },
      { provide: Transactor, inject: [getDataSourceToken()], useFactory: (dataSource: DataSource) => new Transactor(dataSource) },
    ],
    exports: [Transactor, getDataSourceToken(), TypeOrmModule],
  };
}
