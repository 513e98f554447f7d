import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { amount, invariant, ZERO, type Clock, type Refusal } from '#kernel';
import { ReportApplied, ReportRefused, type ReportApplyV1 } from '#messages';
import { moveBatch } from '../batches/batch-moves.store.js';
import { batchesById } from '../batches/batches.store.js';
import type { StakingConfig } from '../config.js';
import { STANDARD } from '../fees/fee-schedule.js';
import { openIncident } from '../incidents/incidents.store.js';
import { keepLoss, requireWatched } from '../losses/in-report.js';
import { receivePrincipal } from '../partials/partials.store.js';
import { step, type Why } from '../orders/order-moves.store.js';
import { SYSTEM, writeHistory, type HistoryRow } from '../history/history.store.js';
import { saveValidator, validatorsOf } from '../exits/validators.store.js';
import { validatorMachine } from '../exits/validator.js';
import type { Validator } from '../exits/validator.entity.js';
import { holdersOf, saveHolders } from '../settlement/settlement.store.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { closeReport, NOBODY, type Closed, type Closing } from './closing.js';
import { Leaving } from './leaving.js';
import { assertCloses } from './pool.js';
import { PoolRow } from './pool.entity.js';
import {
  causeOf,
  domainOf,
  insertReport,
  lastReport,
  lockPool,
  postAll,
  reportById,
  savePool,
  surroundingsOf,
  type Held,
} from './pools.store.js';
import { toPostings } from './postings.js';
import { ReportInputs } from './report-inputs.service.js';
import { closedAtOf, follows, publishedOf, reportOf } from './report-message.js';
import { openReport, type Applied, type Opened } from './report.js';
import { ReportOrders } from './report-orders.service.js';
import { indexesOf, indexIn } from './tiers.js';

/** Applies reports to pools: the one writer of A, S and I. */
@Injectable()
export class ReportsService {
  constructor(
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
    private readonly inputs: ReportInputs,
    private readonly leaving: Leaving,
    private readonly orders: ReportOrders,
  ) {}

  /** Once, in order. A report that the books contradict is refused to its sender; one that custody's books do not reach yet is a retryable Fault. */
  async apply(em: EntityManager, message: ReportApplyV1): Promise<void> {
    const held = await lockPool(em, message.poolId);
    if (await reportById(em, message.reportId)) return;
    const next = follows(message, await lastReport(em, message.poolId));
    if (!next.ok) return this.refuse(em, message, next.refusal);
    const report = reportOf(message);
    const validators = await validatorsOf(em, message.poolId);
    requireWatched(held, message, validators);
    const result = openReport(domainOf(held), report, await this.inputs.known(em, held, validators, closedAtOf(message)));
    if (!result.ok) return this.refuse(em, message, result.refusal);
    const opened = result.value;
    await this.inputs.requireBooked(em, held, report, opened);
    const why: Why = { at: this.clock.now(), actor: SYSTEM, reason: `report ${message.number}` };
    await this.keepLoss(em, held, message, opened, why);
    const closed = closeReport(opened, await this.closing(em, held, opened, closedAtOf(message), why));
    await this.write(em, held, message, closed, validators, why);
  }

  private async refuse(em: EntityManager, message: ReportApplyV1, { code, detail, facts }: Refusal): Promise<void> {
    if (code === 'report.loss_held') {
      const details = { report: String(message.number), loss_atomic: String(facts['loss']), permitted_atomic: String(facts['permitted']) };
      const matter = { poolId: message.poolId, kind: 'report.loss_held', subject: String(message.number), details } as const;
      await openIncident(em, matter, this.clock.now());
    }
    if (code === 'report.merger_unknown') {
      const details = { report: String(message.number) };
      const matter = { poolId: message.poolId, kind: code, subject: String(facts['pubkey']), details } as const;
      await openIncident(em, matter, this.clock.now());
    }
    await emit(em, ReportRefused, {
      aggregate: message.poolId,
      payload: { reportId: message.reportId, poolId: message.poolId, number: message.number, code, detail },
    });
  }

  private async keepLoss(em: EntityManager, held: Held, { reportId, number }: ReportApplyV1, opened: Opened, { at }: Why): Promise<void> {
    const { steps, left } = opened.covered;
    const loss = { reportId, number, at, carriedBefore: held.row.lossCarried, opened: opened.pool, steps, left, entering: opened.entries };
    const { BUNKER_LOSS_BPS: bunkerLossBps, LOSS_SNAPSHOT_BPS: snapshotBps } = this.config;
    await keepLoss(em, held, { ...loss, bunkerLossBps, snapshotBps });
  }

  /** Who leaves and who enters by this report, of those who asked before its period ended. While the rate may not be traded on, nobody: a later report has a price for them. */
  private async closing(em: EntityManager, held: Held, opened: Opened, closedAt: Date | null, why: Why): Promise<Closing> {
    const { row } = held;
    if (row.rateStanding !== 'current') return NOBODY;
    const { pool, price, number, entries } = opened;
    const indexes = indexesOf(pool);
    const fixed = await this.leaving.fix(em, held, { report: number, price, indexes, mode: pool.mode, closedAt }, why);
    const nets = this.config.NETTING === 'on' && row.bunkerFromPlace === null;
    const stakes = nets ? await this.orders.waiting(em, row.id, fixed.waiting - pool.buffer, closedAt) : [];
    const money = amount(stakes.reduce<bigint>((sum, stake) => sum + stake.amount, pool.buffer));
    const finalised = price.shares === 0n ? [] : await this.leaving.finalise(em, held, price, money, row.bunkerFromPlace);
    const paid = await this.leaving.pay(em, held, number, finalised, why);
    const entering = [...stakes, ...entries].map((e) => e.clientId);
    return { fixed, finalised, paid, stakes, entries, holders: await holdersOf(em, row.id, entering, indexes) };
  }

  private async write(
    em: EntityManager,
    held: Held,
    message: ReportApplyV1,
    closed: Closed,
    validators: readonly Validator[],
    why: Why,
  ): Promise<void> {
    const { pool } = closed;
    await savePool(em, held.row, pool);
    held.row.feesOwed = amount(held.row.feesOwed + closed.commission);
    await em.update(PoolRow, { id: pool.id }, { feesOwed: held.row.feesOwed, lossPermitted: ZERO });
    await this.saveValidators(em, closed, validators, why.at);
    await receivePrincipal(em, closed.principalOf, why);
    await saveHolders(em, pool.id, closed.holders);
    await insertReport(em, publishedOf(message, closed, why.at));
    for (const batch of await batchesById(em, closed.toppedUp)) await moveBatch(em, batch, 'activate', why);
    await this.orders.enter(em, held, closed, why);
    await this.tellOfGifts(em, pool.id, message, closed, why.at);
    assertCloses(pool, await surroundingsOf(em, pool.id));
    await emit(em, ReportApplied, {
      aggregate: pool.id,
      payload: {
        reportId: message.reportId,
        poolId: pool.id,
        number: message.number,
        poolAssets: pool.assets.toString(),
        poolShares: pool.shares.toString(),
        rewardIndex: indexIn(pool, STANDARD).toString(),
        reward: closed.reward.toString(),
        commission: closed.commission.toString(),
        ...(closed.covered.total > 0n ? { covered: closed.covered.total.toString() } : {}),
      },
    });
    await postAll(em, toPostings(closed.moves, causeOf(held, message.reportId, why.at)));
  }

  private async tellOfGifts(em: EntityManager, poolId: string, { number }: ReportApplyV1, { given }: Applied, at: Date): Promise<void> {
    for (const { pubkey, amount: units } of given) {
      const details = { report: String(number), amount_atomic: units.toString() };
      await openIncident(em, { poolId, kind: 'validator.unknown_deposit', subject: pubkey, details }, at);
    }
  }

  private async saveValidators(em: EntityManager, applied: Applied, validators: readonly Validator[], at: Date): Promise<void> {
    const rows = new Map(validators.map((v) => [v.pubkey, v]));
    const history: HistoryRow[] = [];
    for (const after of applied.validators) {
      const row = rows.get(after.pubkey);
      invariant(row !== undefined, 'report.validator_lost', { pubkey: after.pubkey });
      row.booked = after.booked;
      row.principal = after.principal;
      row.reported = true;
      if (after.emptied && row.state !== 'withdrawn')
        history.push(step(validatorMachine, 'validator', row, row.pubkey, 'empty', { at, actor: SYSTEM }));
      await saveValidator(em, row);
    }
    await writeHistory(em, history);
  }
}
