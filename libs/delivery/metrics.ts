import { Counter, Gauge, Histogram, type Metrics } from '#runtime';
import type { DeliveryLag } from './delivery.store.js';

/** What delivery tells of itself while it works. */
export interface Meter {
  /** `ageSeconds`: from its emission to the start of its handler. */
  handled(message: string, ageSeconds: number): void;
  failed(message: string, dead: boolean): void;
  /** Handed over again after their lease ran out. */
  redelivered(deliveries: number): void;
}

export const unmeasured: Meter = { handled: () => undefined, failed: () => undefined, redelivered: () => undefined };

/** From a few milliseconds, which is how long it takes, to the minute after which somebody should look. */
const SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60];

/** Shows what a room handles and how far it is behind; the latter is asked of the database when the metrics are read. */
export function measureDelivery(metrics: Metrics, lag: () => Promise<DeliveryLag>): Meter {
  showLag(metrics, lag);
  const registers = [metrics];
  const labelNames = ['message'] as const;
  const handled = new Counter({ name: 'bailee_delivery_handled_total', help: 'Messages handled', labelNames, registers });
  const failures = new Counter({
    name: 'bailee_delivery_failures_total',
    help: 'Tries to handle a message that failed; dead: it was the last one',
    labelNames: [...labelNames, 'dead'] as const,
    registers,
  });
  const redelivered = new Counter({
    name: 'bailee_delivery_redelivered_total',
    help: 'Messages handed over again because their lease ran out or they had failed',
    registers,
  });
  const seconds = new Histogram({
    name: 'bailee_delivery_seconds',
    help: 'From the emission of a message to the start of its handler',
    buckets: SECONDS,
    registers,
  });
  return {
    handled: (message, ageSeconds) => {
      handled.inc({ message });
      seconds.observe(ageSeconds);
    },
    failed: (message, dead) => failures.inc({ message, dead: String(dead) }),
    redelivered: (deliveries) => redelivered.inc(deliveries),
  };
}

/** The three are of one look, shared by those who ask for them together. Where the database cannot be asked, they are unknown, not old. */
function showLag(metrics: Metrics, lag: () => Promise<DeliveryLag>): void {
  let looking: Promise<DeliveryLag> | null = null;
  const look = (): Promise<DeliveryLag> => (looking ??= lag().finally(() => (looking = null)));
  const show = (name: string, help: string, of: (lag: DeliveryLag) => number): void => {
    const gauge: Gauge = new Gauge({
      name,
      help,
      registers: [metrics],
      collect: async (): Promise<void> => gauge.set(await look().then(of, () => Number.NaN)),
    });
  };
  show('bailee_delivery_open', 'Messages to this room that are not handled', (l) => l.open);
  show('bailee_delivery_oldest_seconds', 'Age of the oldest message to this room that is not handled', (l) => l.oldestSeconds);
  show('bailee_delivery_dead', 'Messages to this room laid aside until they are replayed', (l) => l.dead);
}
