import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService, MetadataScanner } from '@nestjs/core';
import { Transactor } from '#database';
import type { RoomName } from '#messages';
import { createLogger, type Metrics } from '#runtime';
import { defaultSettings, Delivery, type DeliverySettings, type Retention } from './delivery.runtime.js';
import { findDoors } from './discovery.js';
import { measureDelivery } from './metrics.js';

export interface DeliveryConfig extends Retention {
  readonly DATABASE_URL: string;
  readonly REDIS_URL?: string;
  readonly LOG_LEVEL?: string;
  readonly LOG_FILE?: string;
}

export interface DeliveryOptions extends Partial<DeliverySettings> {
  /** Where the lag is shown. */
  readonly metrics?: Metrics;
}

@Module({})
class RoomDelivery {}

/**
 * Delivers to a room what is addressed to it, and runs its schedules. Finds `@Handles` and `@Schedule` on all providers of the application;
 * the application does not start when a message to the room has not exactly one handler. Needs databaseModule. `config` is what the
 * schedules' `everyMs` is asked with.
 */
export function deliveryModule(room: RoomName, config: DeliveryConfig, options: DeliveryOptions = {}): DynamicModule {
  const { metrics, ...settings } = options;
  const log = createLogger(`${room}.delivery`, config.LOG_LEVEL, config.LOG_FILE);
  return {
    module: RoomDelivery,
    global: true,
    imports: [DiscoveryModule],
    providers: [
      {
        provide: Delivery,
        inject: [Transactor, DiscoveryService, MetadataScanner],
        useFactory: (transactor: Transactor, discovery: DiscoveryService, scanner: MetadataScanner) => {
          const doors = () => findDoors(room, config, discovery, scanner);
          const delivery = new Delivery(room, config, transactor, doors, { ...defaultSettings, ...settings }, log);
          if (metrics) delivery.measuredBy(measureDelivery(metrics, () => delivery.lag()));
          return delivery;
        },
      },
    ],
    exports: [Delivery],
  };
}
