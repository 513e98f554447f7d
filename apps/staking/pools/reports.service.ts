import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { emit } from '#delivery';
import { amount, delta, Fault, invariant, ZERO, type Clock, type Refusal } from '#kernel';
import { balanceOf, type AccountKindName } from '#ledger';
import { ReportApplied, ReportRefused, type ReportApplyV1 } from '#messages';
import { moveBatch } from '../batches/batch-moves.store.js';
import { batchesById, batchesIn } from '../batches/batches.store.js';
import { openIncident } from '../incidents/incidents.store.js';
import { mergersOf } from '../proposals/mergers.store.js';
import { principalAsked, receivePrincipal } from '../partials/partials.store.js';
import { step } from '../orders/order-moves.store.js';
import { SYSTEM, writeHistory, type HistoryRow } from '../history/history.store.js';
import { leavers, unmintedOf } from '../orders/orders.store.js';
import { saveValidator, validatorsOf } from '../exits/validators.store.js';
import { validatorMachine } from '../exits/validator.js';
import type { Validator } from '../exits/validator.entity.js';
import { holdersOf, saveHolders } from '../settlement/settlement.store.js';
import { CLOCK } from '../tokens.js';
import { assertCloses, earningShares } from './pool.js';
import { PoolReport, PoolRow } from './pool.entity.js';
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
    if (!result.ok) return this.refuse(em, message, result.refusal);
    await this.requireBooked(em, held, report, result.value);
    await this.write(em, held, message, result.value, validators);
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

  private async queueOf(em: EntityManager, { row }: Held, validators: readonly Validator[]): Promise<Queue> {
    const entries = (await unmintedOf(em, row.id)).map((e) => ({ ...e, amount: amount(e.amount) }));
    const exits = (await leavers(em, row.id)).map((o) => ({ orderId: o.id, clientId: o.clientId, shares: o.shares, nominal: o.nominal }));
    const topUps = (await batchesIn(em, row.id, ['deposited'])).filter((batch) => batch.kind === 'top_up');
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
      topUps: topUps.map(({ id, pubkey, amount: units }) => ({ batchId: id, pubkey: pubkey ?? '', amount: units })),
      mergers: await mergersOf(em, row.id),
      askedOf: await principalAsked(em, row.id),
      lossPermitted: row.lossPermitted,
      holders: await holdersOf(em, row.id, [...clients]),
    };
  }

  /** What the report says came out of the protocol must stand in the books: the follower may be a few blocks behind. */
  private async requireBooked(em: EntityManager, { row, product }: Held, report: Report, applied: Applied): Promise<void> {
    const withdrawn = report.validators.reduce((sum, o) => sum + o.withdrawn, 0n);
    const executed = report.execution.priorityFees + report.execution.mev;
    const of = (kind: AccountKindName): Promise<bigint> => balanceOf(em, { kind, owner: row.id, asset: product.asset });
    const arrived = [await of('pool.protocol_withdrawal'), await of('pool.execution_reward')] as const;
    if (arrived[0] < withdrawn || arrived[1] < executed) {
      throw new Fault('report.withdrawals_not_booked', 'custody has not booked all that this report says arrived', true, {
        facts: { withdrawn: String(withdrawn), executed: String(executed), booked: arrived.map(String) },
      });
    }
    // money that we sent and whose finality we have not heard of would be taken for somebody else's
    const open = await batchesIn(em, row.id, ['requested', 'signed']);
    const early = applied.given.find(({ pubkey }) => open.some((batch) => batch.kind === 'top_up' && batch.pubkey === pubkey));
    if (early) throw new Fault('report.top_up_not_heard_of', 'custody has not said yet that a top-up is final', true);
  }

  private async write(
    em: EntityManager,
    held: Held,
    message: ReportApplyV1,
    applied: Applied,
    validators: readonly Validator[],
  ): Promise<void> {
    const at = this.clock.now();
    const why = { at, actor: SYSTEM, reason: `report ${message.number}` };
    const { pool } = applied;
    await savePool(em, held.row, pool);
    held.row.feesOwed = amount(held.row.feesOwed + applied.commission);
    await em.update(PoolRow, { id: pool.id }, { feesOwed: held.row.feesOwed, lossPermitted: ZERO });
    await this.saveValidators(em, applied, validators, at);
    await receivePrincipal(em, applied.principalOf, why);
    await saveHolders(em, pool.id, applied.holders);
    await insertReport(em, publishedOf(message, applied, at));
    for (const batch of await batchesById(em, applied.toppedUp)) await moveBatch(em, batch, 'activate', why);
    await this.orders.settle(em, applied, why);
    await this.tellOfGifts(em, pool.id, message, applied, at);
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

const wei = (text: string | undefined) => amount(BigInt(text ?? '0'));

function reportOf(message: ReportApplyV1): Report {
  return {
    number: message.number,
    execution: { priorityFees: wei(message.execution?.priorityFees), mev: wei(message.execution?.mev) },
    validators: message.validators.map((v) => ({
      pubkey: v.pubkey,
      opening: wei(v.opening),
      closing: wei(v.closing),
      withdrawn: wei(v.withdrawn),
      deposited: wei(v.deposited),
      consolidatedIn: wei(v.consolidatedIn),
      consolidatedOut: wei(v.consolidatedOut),
      reward: delta(BigInt(v.reward)),
      emptied: v.emptied,
    })),
  };
}

/** The report as everybody may see it. */
function publishedOf(message: ReportApplyV1, { pool, reward, commission, validators }: Applied, at: Date): PoolReport {
  return Object.assign(new PoolReport(), {
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
    reward,
    priorityFees: wei(message.execution?.priorityFees),
    mev: wei(message.execution?.mev),
    principal: amount(validators.reduce((sum, v) => sum + v.principal, 0n)),
    commission,
    lossCarried: pool.lossCarried,
    buffer: pool.buffer,
    validators: validators.length,
  });
}
