import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { page, type Page } from '#http';
import {
  addSums,
  NO_SUMS,
  rateOver,
  rateWindowNames,
  refuse,
  Refused,
  timestamp,
  type RateSums,
  type RateWindow,
  type WindowRate,
} from '#kernel';
import type { PoolReport, PoolRow } from '../pools/pool.entity.js';
import { poolOf } from '../pools/pools.store.js';
import type { Product } from '../products/product.entity.js';
import { isFor, productOf } from '../products/products.store.js';
import { dayView, reportView } from './rate-view.js';
import type { RateHistoryQuery } from './rates.dto.js';
import { appliedAt, daysBefore, reportsBefore, reportsNumbered, sumsBetween, windowBefore, type Day } from './rates.store.js';

/** Reports shown beside the rates; the rest is the history's. */
const NEWEST = 100;
/** Reports read at once for a page of days: more of them only where days have more. */
const DAY_CHUNK = 2_000;
const SLOT_SECONDS = 12;

interface Known {
  readonly number: number;
  readonly slotSeconds: number;
  readonly inception: RateSums;
  readonly rates: readonly WindowRate[];
}

/**
 * Published rates. Applied reports never change, so a pool's rates are worked out once a report, from what came since; a view costs the
 * same after a day and after years.
 */
@Injectable()
export class RatesService {
  private readonly known = new Map<string, Known>();

  constructor(private readonly transactor: Transactor) {}

  /** The rates of a product's pool in all windows, as of its last report. */
  async ratesOf(em: EntityManager, product: Product, row: PoolRow | null): Promise<readonly WindowRate[]> {
    if (row === null || row.reportNumber === 0) return rateWindowNames.map((window) => rateOver(window, NO_SUMS, product.mode, null));
    const slotSeconds = slotSecondsOf(row);
    const before = this.known.get(row.id);
    const usable = before?.slotSeconds === slotSeconds ? before : undefined;
    if (usable && usable.number >= row.reportNumber) return usable.rates;
    const known = await learn(em, product, row, slotSeconds, usable);
    this.known.set(row.id, known);
    return known.rates;
  }

  current(clientId: string, id: string, window: RateWindow | undefined): Promise<object> {
    return this.transactor.read(async (em) => {
      const { product, row } = await this.require(em, clientId, id);
      const rates = (await this.ratesOf(em, product, row)).filter((rate) => window === undefined || rate.window === window);
      const newest = row === null ? [] : await reportsBefore(em, row.id, undefined, NEWEST);
      return {
        product_id: id,
        rates,
        history: row === null ? [] : newest.map((report) => reportView(product, row, report, slotSecondsOf(row))),
        whole_history: `/v1/staking/products/${id}/rates/history`,
      };
    });
  }

  history(clientId: string, id: string, query: RateHistoryQuery): Promise<Page<object>> {
    return this.transactor.read(async (em) => {
      const { product, row } = await this.require(em, clientId, id);
      const of = { filter: { list: 'staking.rates', product: id, granularity: query.granularity }, isId };
      if (row === null) return page(query, { ...of, fetch: () => Promise.resolve([]), at: never, show: never });
      const slotSeconds = slotSecondsOf(row);
      if (query.granularity === 'report')
        return page(query, {
          ...of,
          fetch: (limit, before) => reportsBefore(em, row.id, numberOf(before), limit),
          at: (report: PoolReport) => ({ createdAt: report.appliedAt, id: String(report.number) }),
          show: (report) => reportView(product, row, report, slotSeconds),
        });
      return page(query, {
        ...of,
        fetch: (limit, before) => wholeDays(em, row.id, slotSeconds, limit, numberOf(before)),
        at: ({ day, closing }) => ({ createdAt: closing.appliedAt, id: String(day.first) }),
        show: ({ day, closing }) => dayView(product, row, day, closing),
      });
    });
  }

  private async require(em: EntityManager, clientId: string, id: string): Promise<{ product: Product; row: PoolRow | null }> {
    const product = await productOf(em, id);
    if (product === null || !isFor(product, clientId)) throw new Refused(refuse('not_found', 'There is no such product.').refusal);
    return { product, row: await poolOf(em, product.poolId) };
  }
}

const isId = (id: string): boolean => /^[1-9]\d{0,8}$/.test(id);
const numberOf = (before: { readonly id: string } | undefined): number | undefined => (before ? Number(before.id) : undefined);
const slotSecondsOf = (row: PoolRow): number => row.network?.secondsPerSlot ?? SLOT_SECONDS;
const never = (): never => {
  throw new Refused(refuse('not_found', 'There is no such report.').refusal);
};

async function learn(em: EntityManager, product: Product, row: PoolRow, slotSeconds: number, before: Known | undefined): Promise<Known> {
  const [pool, number] = [row.id, row.reportNumber];
  const since = await sumsBetween(em, pool, slotSeconds, before?.number ?? 0, number);
  const inception = addSums(before?.inception ?? NO_SUMS, since);
  const at = await appliedAt(em, pool, number);
  const rates: WindowRate[] = [];
  for (const window of rateWindowNames) {
    const sums =
      window === 'inception'
        ? inception
        : await sumsBetween(em, pool, slotSeconds, await windowBefore(em, pool, slotSeconds, window, number), number);
    rates.push(rateOver(window, sums, product.mode, at === null ? null : timestamp(at)));
  }
  return { number, slotSeconds, inception, rates };
}

/** Days whose reports are all there, newest first: reads on until the last of them is whole. */
async function wholeDays(
  em: EntityManager,
  poolId: string,
  slotSeconds: number,
  limit: number,
  before: number | undefined,
): Promise<{ day: Day; closing: PoolReport }[]> {
  for (let most = DAY_CHUNK; ; most *= 4) {
    const { days, reports } = await daysBefore(em, poolId, slotSeconds, before, most);
    const all = reports < most;
    const whole = all ? days : days.slice(0, -1);
    if (!all && whole.length < limit) continue;
    const shown = whole.slice(0, limit);
    const closings = await reportsNumbered(
      em,
      poolId,
      shown.map((day) => day.last),
    );
    return shown.flatMap((day) => {
      const closing = closings.find((report) => report.number === day.last);
      return closing ? [{ day, closing }] : [];
    });
  }
}
