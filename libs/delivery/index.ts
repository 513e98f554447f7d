export { emit, emitMany, type Emission } from './emit.js';
export { Handles, Schedule, type Envelope, type ScheduleOptions } from './doors.js';
export { deliveryModule, type DeliveryConfig, type DeliveryOptions } from './delivery.module.js';
export { Delivery, type DeliverySettings } from './delivery.runtime.js';
export { deliveryLag, type DeliveryLag } from './delivery.store.js';
export { migrateQueues } from './migrate-queues.js';
export { checkRedis } from './redis-server.js';
