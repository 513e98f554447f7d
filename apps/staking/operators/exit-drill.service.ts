import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { record } from '#audit';
import type { Chain, Eta } from '#chains';
import { Transactor } from '#database';
import { money, Requests, wireTime, type Answer, type Operation, type Reply } from '#http';
import { amount, Fault, ok, refuse, Refused, ZERO, type Amount, type Clock, type Result } from '#kernel';
import { leaversBehind, stakeOfOperator } from './exit-drill.store.js';
import { allProducts } from '../products/products.store.js';
import type { Product } from '../products/product.entity.js';
import { poolOf } from '../pools/pools.store.js';
import { CHAINS, CLOCK, type Chains } from '../tokens.js';
import { spread } from './allocation.js';
import { drillPool, type PoolDrill } from './exit-drill.js';
import { ExitDrillRow } from './operator.entity.js';
import { operatorById } from './operators.store.js';
import { RegisterService } from './register.service.js';

/** What would happen if an operator left at once, from the live queues. Nothing moves. */
@Injectable()
export class ExitDrillService {
  constructor(
    private readonly transactor: Transactor,
    private readonly requests: Requests,
    private readonly registers: RegisterService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  async show(operatorId: string): Promise<object> {
    const drill = await this.drill(operatorId);
    const kept = await this.transactor.read((em) =>
      em.find(ExitDrillRow, { where: { operatorId }, order: { createdAt: 'DESC', id: 'DESC' }, take: 20 }),
    );
    return { ...drill, kept: kept.map(({ id, createdAt, result }) => ({ id, created_at: wireTime(createdAt), result })) };
  }

  /** The same, kept as it was answered: a proof that the drill was made. */
  async make(staffId: string, operatorId: string, operation: Operation): Promise<Answer> {
    const result = await this.drill(operatorId);
    return this.requests.once(operation, async (em): Promise<Result<Reply>> => {
      const row = { id: operation.id, operatorId, madeBy: staffId, result, createdAt: this.clock.now() };
      await em.insert(ExitDrillRow, row);
      const actor = { kind: 'staff', id: staffId } as const;
      await record(em, { actor, action: 'operator.exit_drill', resource: operatorId, details: result });
      return ok({ status: 201, body: { id: row.id, created_at: wireTime(row.createdAt), ...result } });
    });
  }

  private async drill(operatorId: string): Promise<Record<string, unknown>> {
    const products = await this.transactor.read(async (em) => {
      if ((await operatorById(em, operatorId)) === null) throw new Refused(refuse('not_found', 'There is no such operator.').refusal);
      return allProducts(em);
    });
    const pools: object[] = [];
    const etas: object[] = [];
    const within: boolean[] = [];
    for (const [name, some] of byChain(products)) {
      const seen = await this.transactor.read((em) => Promise.all(some.map((product) => this.ofPool(em, operatorId, product))));
      const running = amount(seen.reduce((sum, { booked }) => sum + booked, 0n));
      within.push(...seen.map(({ drill }) => drill.withinPolicy));
      pools.push(...seen.map(viewPool));
      const chain = this.chains.get(name);
      if (chain && running > 0n) etas.push({ chain: name, ...(await effect(chain, running)) });
    }
    return {
      operator_id: operatorId,
      at: wireTime(this.clock.now()),
      moves_anything: false,
      within_policy: within.every(Boolean),
      pools,
      exit_queues: etas,
    };
  }

  private async ofPool(em: EntityManager, operatorId: string, { poolId, asset }: Product): Promise<Seen> {
    const row = await poolOf(em, poolId);
    if (row === null) throw new Fault('pool.not_open', `the pool ${poolId} is not open yet`, true);
    const { candidates, caps, size } = await this.registers.field(em, row, await this.registers.register(em, asset));
    const { validators, booked, stake } = await stakeOfOperator(em, poolId, operatorId);
    const others = candidates.filter(({ id }) => id !== operatorId);
    const placed = [...spread(others, caps, stake, size).values()].reduce((sum, part) => sum + part, 0n);
    return {
      asset,
      validators,
      booked,
      drill: drillPool(poolId, operatorId, candidates, caps, size, placed),
      behind: await leaversBehind(em, poolId),
    };
  }
}

interface Seen {
  readonly asset: Product['asset'];
  readonly validators: number;
  readonly booked: Amount;
  readonly drill: PoolDrill;
  readonly behind: { readonly clients: number; readonly orders: number; readonly nominal: Amount };
}

const viewPool = ({ asset, validators, booked, drill, behind }: Seen): object => ({
  pool_id: drill.poolId,
  validators,
  stake: money(asset, amount(drill.stake)),
  booked: money(asset, booked),
  pool_stake: money(asset, amount(drill.total)),
  share_bps: drill.shareBps,
  allowed: drill.allowed === null ? null : money(asset, amount(drill.allowed)),
  within_policy: drill.withinPolicy,
  room_elsewhere: money(asset, amount(drill.roomElsewhere)),
  waiting_behind_it: { clients: behind.clients, orders: behind.orders, nominal: money(asset, behind.nominal) },
});

/** One validator's exit as things stand, and behind all that the operator runs. */
async function effect(chain: Chain, running: Amount): Promise<object> {
  const now = await chain.staking.exitEta(ZERO);
  const then = await chain.staking.exitEta(running);
  return {
    leaving: money(chain.asset, running),
    now: viewEta(now),
    behind_it: viewEta(then),
    added_p50_seconds: then.p50Seconds - now.p50Seconds,
    added_p90_seconds: then.p90Seconds - now.p90Seconds,
  };
}
const viewEta = ({ p50Seconds, p90Seconds, basis }: Eta): object => ({ p50_seconds: p50Seconds, p90_seconds: p90Seconds, basis });

function byChain(products: readonly Product[]): Map<string, Product[]> {
  const chains = new Map<string, Product[]>();
  for (const product of products) chains.set(product.chain, [...(chains.get(product.chain) ?? []), product]);
  return chains;
}
