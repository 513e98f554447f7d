import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { amount, delta, Fault, invariant, type Clock } from '#kernel';
import { balanceOf } from '#ledger';
import { ReportApplied, ReportRefused, type ReportApplyV1 } from '#messages';
import { step } from '../orders/order-moves.store.js';
import { SYSTEM, writeHistory, type HistoryRow } from '../history/history.store.js';
import { leavers, unmintedOf } from '../orders/orders.store.js';
import { saveValidator, validatorsOf } from '../exits/validators.store.js';
import { validatorMachine } from '../exits/validator.js';
import type { Validator } from '../exits/validator.entity.js';
import { holdersOf, saveHolders } from '../settlement/settlement.store.js';
import { CLOCK } from '../tokens.js';
import { assertCloses, earningShares } from './pool.js';
import { PoolReport } from './pool.entity.js';
import { causeOf, domainOf, insertReport, lockPool, postAll, reportById, savePool, surroundingsOf, type Held } from './pools.store.js';
import { toPostings } from './postings.js';
import { applyReport, type Applied, type Queue, type Report } from './report.js';
import { ReportOrders } from './report-orders.service.js';

/** Applies reports to pools: the one writer of A, S and I. */
@Injectable()
export class ReportsService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly orders: ReportOrders,
  ) {}

  /** Once, in order. A report that the books contradict is refused to its sender; one that custody's books do not reach yet is a retryable Fault. */
  async apply(em: EntityManager, message: ReportApplyV1): Promise<void> {
    const held = await lockPool(em, message.poolId);
    if (await reportById(em, message.reportId)) return;
    const report = reportOf(message);
    const validators = await validatorsOf(em, message.poolId);
    const result = applyReport(domainOf(held), report, await this.queueOf(em, held, validators));
    if (!result.ok) {
      const { code, detail } = result.refusal;
      return emit(em, ReportRefused, {
        aggregate: message.poolId,
        payload: { reportId: message.reportId, poolId: message.poolId, number: message.number, code, detail },
      });
    }
    await this.requireBooked(em, held, report);
    await this.write(em, held, message, result.value, validators);
  }

  private async queueOf(em: EntityManager, held: Held, validators: readonly Validator[]): Promise<Queue> {
    const entries = (await unmintedOf(em, held.row.id)).map((e) => ({ ...e, amount: amount(e.amount) }));
    const exits = (await leavers(em, held.row.id)).map((o) => ({
      orderId: o.id,
      clientId: o.clientId,
      shares: o.shares,
      nominal: o.nominal,
    }));
    const clients = new Set([...entries, ...exits].map((e) => e.clientId));
    return {
      validators: validators.map(({ pubkey, principal, booked, reported, state }) => ({
        pubkey,
        principal,
        booked,
        reported,
        emptied: state === 'withdrawn',
      })),
      entries,
      exits,
      holders: await holdersOf(em, held.row.id, [...clients]),
    };
  }

  /** What the report says the protocol paid out must stand in the books: the follower may be a few blocks behind. */
  private async requireBooked(em: EntityManager, { row, product }: Held, report: Report): Promise<void> {
    const withdrawn = report.validators.reduce((sum, o) => sum + o.withdrawn, 0n);
    const booked = await balanceOf(em, { kind: 'pool.protocol_withdrawal', owner: row.id, asset: product.asset });
    if (booked < withdrawn) {
      throw new Fault('report.withdrawals_not_booked', 'custody has not booked all withdrawals of this report yet', true, {
        facts: { withdrawn: String(withdrawn), booked: String(booked) },
      });
    }
  }

  private async write(
    em: EntityManager,
    held: Held,
    message: ReportApplyV1,
    applied: Applied,
    validators: readonly Validator[],
  ): Promise<void> {
    const at = this.clock.now();
    const { pool } = applied;
    await savePool(em, held.row, pool);
    await this.saveValidators(em, applied, validators, at);
    await saveHolders(em, pool.id, applied.holders);
    const published = em.create(PoolReport, {
      poolId: pool.id,
      number: message.number,
      reportId: message.reportId,
      appliedAt: at,
      fromSlot: BigInt(message.fromSlot),
      toSlot: BigInt(message.toSlot),
      toEpoch: BigInt(message.toEpoch),
      toBlock: BigInt(message.toBlock),
      toBlockRoot: message.toBlockRoot,
      assets: pool.assets,
      shares: pool.shares,
      earningShares: earningShares(pool),
      rewardIndex: pool.rewardIndex,
      reward: applied.reward,
      commission: applied.commission,
      lossCarried: pool.lossCarried,
      buffer: pool.buffer,
      validators: message.validators.length,
    });
    await insertReport(em, published);
    await this.orders.settle(em, applied, { at, actor: SYSTEM, reason: `report ${message.number}` });
    assertCloses(pool, await surroundingsOf(em, pool.id));
    await emit(em, ReportApplied, {
      aggregate: pool.id,
      payload: {
        reportId: message.reportId,
        poolId: pool.id,
        number: message.number,
        poolAssets: pool.assets.toString(),
        poolShares: pool.shares.toString(),
        rewardIndex: pool.rewardIndex.toString(),
        reward: applied.reward.toString(),
        commission: applied.commission.toString(),
      },
    });
    await postAll(em, toPostings(applied.moves, causeOf(held, message.reportId, at)));
  }

  private async saveValidators(em: EntityManager, applied: Applied, validators: readonly Validator[], at: Date): Promise<void> {
    const rows = new Map(validators.map((v) => [v.pubkey, v]));
    const history: HistoryRow[] = [];
    for (const after of applied.validators) {
      const row = rows.get(after.pubkey);
      invariant(row !== undefined, 'report.validator_lost', { pubkey: after.pubkey });
      row.booked = after.booked;
      row.reported = true;
      if (after.emptied && row.state !== 'withdrawn')
        history.push(step(validatorMachine, 'validator', row, row.pubkey, 'empty', { at, actor: SYSTEM }));
      await saveValidator(em, row);
    }
    await writeHistory(em, history);
  }
}

function reportOf(message: ReportApplyV1): Report {
  return {
    number: message.number,
    validators: message.validators.map((v) => ({
      pubkey: v.pubkey,
      opening: amount(BigInt(v.opening)),
      closing: amount(BigInt(v.closing)),
      withdrawn: amount(BigInt(v.withdrawn)),
      reward: delta(BigInt(v.reward)),
      emptied: v.emptied,
    })),
  };
}
