/** For the drill: the worker that pays distributions, as the staking room has it, on a database of a test. */
import { DataSource } from 'typeorm';
import { dataSourceOptions, Transactor } from '#database';
import { systemClock } from '#kernel';
import { StakingConfig } from '../../apps/staking/config.js';
import { Distribution, DistributionLine } from '../../apps/staking/distributions/distribution.entity.js';
import { DistributionPosting } from '../../apps/staking/distributions/posting.service.js';
import { Product } from '../../apps/staking/products/product.entity.js';

export async function openDistributor(url: string): Promise<{ posting: DistributionPosting; close(): Promise<void> }> {
  const entities = [Distribution, DistributionLine, Product];
  const source = await new DataSource({ ...dataSourceOptions('staking', url, entities, 2), logging: false }).initialize();
  const config = Object.assign(new StakingConfig(), { DISTRIBUTE_CHUNK: 2 });
  const posting = new DistributionPosting(new Transactor(source), systemClock, config);
  return { posting, close: () => source.destroy() };
}
