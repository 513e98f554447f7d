/** A pool's books over validators of a local chain: what reports of the real observations do to them, posting by posting. */
import type { ValidatorReward } from '#chains';
import { accept, amount, shares, ZERO } from '#kernel';
import { Book } from '../../../apps/staking/pools/book.spec-support.js';
import { assertCloses, NEW_POOL, type Pool } from '../../../apps/staking/pools/pool.js';
import { toPostings } from '../../../apps/staking/pools/postings.js';
import { NO_COVER } from '../../../apps/staking/losses/waterfall.js';
import { closeReport, NOBODY, type Closed } from '../../../apps/staking/pools/closing.js';
import { openReport } from '../../../apps/staking/pools/report.js';
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
      ...{ pubkey, principal: amount(opening), booked: amount(opening), reported: true, emptied: false, slashed: false, operator: null },
    }));
    for (const { pubkey, booked } of this.validators) this.book.change('stake.validator', pubkey, 0n - booked);
    this.book.change('pool.staked', POOL.id, assets);
    this.pool = {
      ...NEW_POOL,
      ...{ id: POOL.id, mode: 'payout', firstRate: 1n, assets, shares: shares(assets) },
      tiers: [{ tier: 'standard', shares: shares(assets), rewardIndex: 0n, indexRemainder: 0n }],
    };
  }

  report(observed: readonly ValidatorReward[]): Closed {
    const withdrawn = observed.reduce((sum, { withdrawn: units }) => sum + units, 0n);
    this.book.change('trust.wallet', 'vault', 0n - withdrawn);
    this.book.change('pool.protocol_withdrawal', POOL.id, withdrawn);
    const number = this.pool.reportNumber + 1;
    const opened = openReport(
      this.pool,
      { number, validators: observed, execution: NO_EXECUTION },
      {
        ...{ validators: this.validators, entries: [], topUps: [], mergers: this.mergers, askedOf: new Map(), lossPermitted: ZERO },
        ...{ fees: new Map([['standard', 1_000]]), covers: NO_COVER, largest: null },
      },
    );
    const applied = closeReport(accept(opened), NOBODY);
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
