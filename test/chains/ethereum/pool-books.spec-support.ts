/** A pool's books over validators of a local chain: what reports of the real observations do to them, posting by posting. */
import type { ValidatorReward } from '#chains';
import { accept, amount, shares, ZERO } from '#kernel';
import { Book } from '../../../apps/staking/pools/book.spec-support.js';
import { assertCloses, type Pool } from '../../../apps/staking/pools/pool.js';
import { toPostings } from '../../../apps/staking/pools/postings.js';
import { applyReport, type Applied } from '../../../apps/staking/pools/report.js';
import { NO_EXECUTION, type PoolValidator } from '../../../apps/staking/pools/rewards.js';

const POOL = { id: 'pool', chain: 'ethereum', asset: 'ETH', shareAsset: 'ETH-PAYOUT-1' } as const;

export class PoolBooks {
  readonly book = new Book();
  validators: PoolValidator[];
  pool: Pool;

  /** `held`: what each validator holds as the books begin. */
  constructor(
    held: readonly { readonly pubkey: string; readonly opening: bigint }[],
    private readonly mergers: ReadonlyMap<string, string>,
  ) {
    const assets = amount(held.reduce((sum, { opening }) => sum + opening, 0n));
    this.validators = held.map(({ pubkey, opening }) => ({
      ...{ pubkey, principal: amount(opening), booked: amount(opening), reported: true, emptied: false },
    }));
    for (const { pubkey, booked } of this.validators) this.book.change('stake.validator', pubkey, 0n - booked);
    this.book.change('pool.staked', POOL.id, assets);
    this.pool = {
      ...{ id: POOL.id, commissionBps: 1_000, assets, shares: shares(assets), fixedShares: shares(0n) },
      ...{ rewardIndex: 0n, indexRemainder: 0n, carriedReward: ZERO, lossCarried: ZERO, buffer: ZERO },
      ...{ credited: ZERO, collected: ZERO, reportNumber: 0 },
    };
  }

  report(observed: readonly ValidatorReward[]): Applied {
    const withdrawn = observed.reduce((sum, { withdrawn: units }) => sum + units, 0n);
    this.book.change('trust.wallet', 'vault', 0n - withdrawn);
    this.book.change('pool.protocol_withdrawal', POOL.id, withdrawn);
    const number = this.pool.reportNumber + 1;
    const applied = accept(
      applyReport(
        this.pool,
        { number, validators: observed, execution: NO_EXECUTION },
        {
          ...{ validators: this.validators, entries: [], exits: [], topUps: [], mergers: this.mergers },
          ...{ askedOf: new Map(), lossPermitted: ZERO, holders: new Map() },
        },
      ),
    );
    this.book.post(toPostings(applied.moves, { pool: POOL, reference: `report-${number}`, effectiveAt: new Date(0) }));
    this.pool = applied.pool;
    this.validators = this.validators.map((v) => applied.validators.find((after) => after.pubkey === v.pubkey) ?? v);
    this.check();
    return applied;
  }

  private check(): void {
    const booked = this.validators.reduce((sum, v) => sum + v.booked, 0n);
    assertCloses(this.pool, { booked, fillInFlight: 0n, unminted: 0n });
    for (const v of this.validators) expect(0n - this.book.balance('stake.validator', v.pubkey)).toBe(v.booked);
    expect(this.book.total('native')).toBe(0n);
  }
}
