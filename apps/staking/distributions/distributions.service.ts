import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { money, page, wireTime, type Page, type PageQuery } from '#http';
import { amount, isUuid, publicId, refuse, Refused, subtract, type AssetCode } from '#kernel';
import { lossesById } from '../losses/losses.store.js';
import { Product } from '../products/product.entity.js';
import type { DistributionLine, Distribution } from './distribution.entity.js';
import type { DistributionsQuery, LinesQuery } from './distributions.dto.js';
import { distributionById, distributionsByIds, linesOfClient, pageOfDistributions, pageOfLines, sumsOf } from './distributions.store.js';

/** What was given back of losses: to staff whole, to a client its own. */
@Injectable()
export class DistributionsService {
  constructor(private readonly transactor: Transactor) {}

  list(query: DistributionsQuery): Promise<Page<object>> {
    const filter = {
      ...(query.pool_id === undefined ? {} : { poolId: query.pool_id }),
      ...(query.state === undefined ? {} : { state: query.state }),
    };
    return page(query, {
      filter: { list: 'staking.distributions', ...filter },
      fetch: (limit, before) =>
        this.transactor.read(async (em) => {
          const assetOf = await assets(em);
          return (await pageOfDistributions(em, filter, limit, before)).map((row) => ({ row, asset: assetOf(row.poolId) }));
        }),
      at: ({ row }) => row,
      show: ({ row, asset }) => view(row, asset),
    });
  }

  one(id: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const row = await required(em, id);
      const asset = (await assets(em))(row.poolId);
      const sums = new Map((await sumsOf(em, id)).map((sum) => [sum.state, sum]));
      const of = (state: 'pending' | 'held' | 'paid') => ({
        lines: sums.get(state)?.lines ?? 0,
        ...money(asset, sums.get(state)?.amount ?? amount(0n)),
      });
      return { ...view(row, asset), by_state: { paid: of('paid'), held: of('held'), pending: of('pending') } };
    });
  }

  async lines(id: string, query: LinesQuery): Promise<Page<object>> {
    const { row, asset } = await this.transactor.read(async (em) => {
      const found = await required(em, id);
      return { row: found, asset: (await assets(em))(found.poolId) };
    });
    return page<DistributionLine, object>(query, {
      filter: { list: 'staking.distribution_lines', id, state: query.state },
      fetch: (limit, before) => this.transactor.read((em) => pageOfLines(em, row.id, query.state, limit, before)),
      at: (line) => ({ createdAt: line.createdAt, id: line.clientId }),
      show: (line) => ({
        client_id: publicId('client', line.clientId),
        ...money(asset, line.amount),
        state: line.state,
        reason: line.reason,
        paid_at: wireTime(line.paidAt),
      }),
    });
  }

  /** Why a line is not paid yet is not said: nobody learns from it whether they are looked into. */
  ofClient(clientId: string, query: PageQuery): Promise<Page<object>> {
    return page<{ line: DistributionLine; show: object }, object>(query, {
      filter: { list: 'staking.reimbursements' },
      fetch: (limit, before) => this.transactor.read(async (em) => own(em, await linesOfClient(em, clientId, limit, before))),
      at: ({ line }) => ({ createdAt: line.createdAt, id: line.distributionId }),
      show: ({ show }) => show,
    });
  }
}

async function required(em: EntityManager, id: string): Promise<Distribution> {
  const row = isUuid(id) ? await distributionById(em, id) : null;
  if (row === null) throw new Refused(refuse('not_found', 'There is no such distribution.').refusal);
  return row;
}

async function assets(em: EntityManager): Promise<(poolId: string) => AssetCode> {
  const products = new Map((await em.find(Product)).map((product) => [product.poolId, product.asset]));
  return (poolId) => products.get(poolId) ?? 'ETH';
}

async function own(em: EntityManager, lines: readonly DistributionLine[]): Promise<{ line: DistributionLine; show: object }[]> {
  const rows = new Map(
    (
      await distributionsByIds(
        em,
        lines.map((line) => line.distributionId),
      )
    ).map((row) => [row.id, row]),
  );
  const losses = new Map(
    (
      await lossesById(
        em,
        [...rows.values()].map((row) => row.lossId),
      )
    ).map((loss) => [loss.id, loss]),
  );
  const products = new Map((await em.find(Product)).map((product) => [product.poolId, product]));
  return lines.map((line) => {
    const row = rows.get(line.distributionId);
    const loss = losses.get(row?.lossId ?? '');
    const product = products.get(row?.poolId ?? '');
    return {
      line,
      show: {
        id: line.distributionId,
        type: 'cover_reimbursement',
        product_id: product?.id ?? null,
        asset: product?.asset ?? 'ETH',
        ...money(product?.asset ?? 'ETH', line.amount),
        state: line.state === 'paid' ? 'paid' : 'pending',
        of_loss: loss ? { report: loss.reportNumber, at: wireTime(loss.at) } : null,
        created_at: wireTime(line.createdAt),
        paid_at: wireTime(line.paidAt),
      },
    };
  });
}

const view = (row: Distribution, asset: AssetCode): object => ({
  id: row.id,
  proposal_id: publicId('operation', row.id),
  pool_id: row.poolId,
  loss_id: row.lossId,
  state: row.state,
  total: money(asset, row.total),
  paid: money(asset, row.paid),
  left: money(asset, subtract(row.total, row.paid)),
  lines: row.lines,
  largest_line: money(asset, row.largest),
  lines_hash: row.linesHash,
  sources: row.sources,
  created_at: wireTime(row.createdAt),
  state_since: wireTime(row.stateSince),
});
