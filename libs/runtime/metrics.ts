import { Registry } from 'prom-client';

/** A registry a room: rooms share a process, never a metric. */
export const createMetrics = (room: string): Registry => {
  const registry = new Registry();
  registry.setDefaultLabels({ room });
  return registry;
};
export type { Registry as Metrics } from 'prom-client';
export { Counter, Gauge, Histogram } from 'prom-client';
