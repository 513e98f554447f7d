import type { MigrationInterface } from 'typeorm';
import { Delivery1764000030001 } from './001-delivery.js';

export const deliveryMigrations: (new () => MigrationInterface)[] = [Delivery1764000030001];
