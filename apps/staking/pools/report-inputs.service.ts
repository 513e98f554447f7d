import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, Fault, type Clock } from '#kernel';
import { balanceOf, type AccountKindName } from '#ledger';
import { batchesIn } from '../batches/batches.store.js';
import type { Validator } from '../exits/validator.entity.js';
import { coversOf } from '../losses/in-report.js';
import { unmintedOf } from '../orders/orders.store.js';
import { principalAsked } from '../partials/partials.store.js';
import { mergersOf } from '../proposals/mergers.store.js';
import { CLOCK } from '../tokens.js';
import { feesAt, type Held } from './pools.store.js';
import type { Known, Opened, Report } from './report.js';

/** The largest balance that Ethereum lets count of a validator (chains.md §1.2), wei. */
const LARGEST_BALANCE = amount(2_048n * 10n ** 18n);

/** What the books know when a report comes. */
@Injectable()
export class ReportInputs {
  constructor(@Inject(CLOCK) private readonly clock: Clock) {}

  /** `closedAt`: when the period ended. A chain's clock may be ahead of ours: what is not in force yet by ours is not. */
  async known(em: EntityManager, held: Held, validators: readonly Validator[], closedAt: Date | null): Promise<Known> {
    const { row } = held;
    const now = this.clock.now();
    const entries = (await unmintedOf(em, row.id)).map((e) => ({ ...e, amount: amount(e.amount) }));
    const topUps = (await batchesIn(em, row.id, ['deposited'])).filter((batch) => batch.kind === 'top_up');
    return {
      validators: validators.map(({ pubkey, principal, booked, reported, state, operatorId: operator }) => ({
        ...{ pubkey, principal, booked, reported, operator, emptied: state === 'withdrawn', slashed: state === 'slashed' },
      })),
      entries,
      topUps: topUps.map(({ id, pubkey, amount: units }) => ({ batchId: id, pubkey: pubkey ?? '', amount: units })),
      mergers: await mergersOf(em, row.id),
      askedOf: await principalAsked(em, row.id),
      lossPermitted: row.lossPermitted,
      fees: await feesAt(em, held, closedAt !== null && closedAt < now ? closedAt : now),
      covers: await coversOf(em, held),
      largest: LARGEST_BALANCE,
    };
  }

  /** What the report says came out of the protocol must stand in the books: the follower may be a few blocks behind. Throws a retryable Fault. */
  async requireBooked(em: EntityManager, { row, product }: Held, report: Report, opened: Opened): Promise<void> {
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
    const early = opened.given.find(({ pubkey }) => open.some((batch) => batch.kind === 'top_up' && batch.pubkey === pubkey));
    if (early) throw new Fault('report.top_up_not_heard_of', 'custody has not said yet that a top-up is final', true);
  }
}
