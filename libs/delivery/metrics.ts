import { Gauge, type Metrics } from '#runtime';
import type { DeliveryLag } from './delivery.store.js';

/** Shows how far a room is behind: asked of the database when the metrics are read. */
export function measureDelivery(metrics: Metrics, delivery: { lag(): Promise<DeliveryLag> }): void {
  const oldest = new Gauge({
    name: 'bailee_delivery_oldest_seconds',
    help: 'Age of the oldest message to this room that is not handled',
    registers: [metrics],
  });
  const dead = new Gauge({
    name: 'bailee_delivery_dead',
    help: 'Messages to this room laid aside until they are replayed',
    registers: [metrics],
  });
  new Gauge({
    name: 'bailee_delivery_open',
    help: 'Messages to this room that are not handled',
    registers: [metrics],
    collect: async function (this: Gauge) {
      const lag = await delivery.lag();
      this.set(lag.open);
      dead.set(lag.dead);
      oldest.set(lag.oldestSeconds);
    },
  });
}
