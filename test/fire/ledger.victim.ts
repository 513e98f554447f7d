/** Killed in the middle of a room's transaction. */
import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { underKillSwitch } from '#testing';
import { placeOnce, type Order } from './order.spec-support.js';

export interface LedgerVictim {
  readonly url: string;
  readonly order: Order;
}

await underKillSwitch<LedgerVictim>(async ({ url, order }) => {
  const dataSource = await new DataSource({ ...dataSourceOptions('staking', url, [], 2), logging: false }).initialize();
  return async () => {
    await placeOnce(new Transactor(dataSource), order);
    await dataSource.destroy();
  };
});
