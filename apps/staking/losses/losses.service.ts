import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money, page, wireTime, type Page } from '#http';
import { amount, larger, subtract, type AssetCode } from '#kernel';
import { balanceOf, balancesOfKind, type AccountKindName } from '#ledger';
import { distributionsOf, promisedOf } from '../distributions/distributions.store.js';
import { Product } from '../products/product.entity.js';
import { allProducts } from '../products/products.store.js';
import type { CoverStepRow, Loss, LossPart } from './loss.entity.js';
import type { LossesQuery } from './losses.dto.js';
import { pageOfLosses, partsOf, stepsOfLosses } from './losses.store.js';

interface Shown {
  readonly loss: Loss;
  readonly asset: AssetCode;
  readonly parts: readonly LossPart[];
  readonly steps: readonly CoverStepRow[];
  readonly distributions: readonly string[];
}

/** What staff see of losses, of what bears them, and of what is there to bear the next. */
@Injectable()
export class LossesService {
  constructor(private readonly transactor: Transactor) {}

  list(query: LossesQuery): Promise<Page<object>> {
    const filter = query.pool_id === undefined ? {} : { poolId: query.pool_id };
    return page<Shown, object>(query, {
      filter: { list: 'staking.losses', ...filter },
      fetch: (limit, before) => this.transactor.read(async (em) => complete(em, await pageOfLosses(em, filter, limit, before))),
      at: ({ loss }) => ({ createdAt: loss.at, id: loss.id }),
      show: view,
    });
  }

  /** By chain: what bears its losses; by pool: what came back and is promised to nobody yet, and what pays instant exits. */
  covers(): Promise<object> {
    return this.transactor.read(async (em) => {
      const products = await allProducts(em);
      const chains = new Map(products.map(({ chain, asset }) => [`${chain}/${asset}`, { chain, asset }]));
      const data: object[] = [];
      for (const { chain, asset } of chains.values()) {
        const of = async (kind: AccountKindName, owner: string) => amount(await balanceOf(em, { kind, owner, asset }));
        const pools: object[] = [];
        for (const { poolId } of products.filter((p) => p.chain === chain && p.asset === asset)) {
          const promised = await promisedOf(em, poolId);
          const recovery = await of('pool.recovery', poolId);
          pools.push({
            pool_id: poolId,
            recovery: money(asset, recovery),
            recovery_promised: money(asset, promised),
            recovery_free: money(asset, amount(larger<bigint>(recovery - promised, 0n))),
            instant_buffer: money(asset, await of('pool.instant_buffer', poolId)),
          });
        }
        data.push({
          chain,
          asset,
          operator_bonds: await bondsOf(em, asset),
          cover_fund: money(asset, await of('cover.fund', chain)),
          first_loss: money(asset, await of('cover.first_loss', chain)),
          pools,
        });
      }
      return { data };
    });
  }
}

async function bondsOf(em: EntityManager, asset: AssetCode): Promise<object[]> {
  const balances = await balancesOfKind(em, 'cover.operator_bond', asset, { limit: 10_000, nonZero: true });
  return balances.map(({ owner, balance }) => ({ operator_id: owner, ...money(asset, amount(balance)) }));
}

async function complete(em: EntityManager, losses: readonly Loss[]): Promise<Shown[]> {
  const ids = losses.map((loss) => loss.id);
  const [parts, steps, distributions] = [await partsOf(em, ids), await stepsOfLosses(em, ids), await distributionsOf(em, ids)];
  const products = new Map((await em.find(Product)).map((product) => [product.poolId, product]));
  return losses.map((loss) => ({
    loss,
    asset: products.get(loss.poolId)?.asset ?? 'ETH',
    parts: parts.filter((part) => part.lossId === loss.id),
    steps: steps.filter((step) => step.lossId === loss.id),
    distributions: distributions.filter((d) => d.lossId === loss.id).map((d) => d.id),
  }));
}

const view = ({ loss, asset, parts, steps, distributions }: Shown): object => ({
  id: loss.id,
  pool_id: loss.poolId,
  report: loss.reportNumber,
  last_report: loss.lastReport,
  at: wireTime(loss.at),
  covered: money(asset, loss.covered),
  borne_by_pool: money(asset, loss.borne),
  borne_by_clients: money(asset, loss.ofClients),
  clients: loss.clients,
  given_back: money(asset, loss.reimbursed),
  open: money(asset, subtract(loss.ofClients, loss.reimbursed)),
  validators: parts.map((part) => ({
    validator: part.pubkey,
    incident_id: part.incidentId,
    covered: money(asset, part.covered),
    borne_by_pool: money(asset, part.borne),
  })),
  cover_steps: steps.map((step) => ({
    step: step.step,
    validator: step.pubkey,
    source: step.source,
    operator_id: step.operatorId,
    ...money(asset, step.amount),
  })),
  distributions,
});
