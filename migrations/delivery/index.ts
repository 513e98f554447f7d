import type { MigrationInterface } from 'typeorm';
import { Delivery1764000030001 } from './001-delivery.js';
import { DeliveryAnnounce1764000030002 } from './002-announce.js';
import { DeliveryDeadLetters1764000030003 } from './003-dead-letters.js';
import { DeliveryPurge1764000030004 } from './004-purge.js';

export const deliveryMigrations: (new () => MigrationInterface)[] = [
  Delivery1764000030001,
  DeliveryAnnounce1764000030002,
  DeliveryDeadLetters1764000030003,
  DeliveryPurge1764000030004,
];
