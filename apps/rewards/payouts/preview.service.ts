import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { named } from '#http';
import { Refused, timestamp, ZERO, type Clock } from '#kernel';
import { poolOf } from '../pools/pools.store.js';
import { scheduleOf } from '../schedules/schedules.store.js';
import { CLOCK } from '../tokens.js';
import type { Line } from './draft.js';
import { DraftingService } from './drafting.service.js';
import { recomputedHash } from './recomputation.store.js';
import { lineView } from './run-view.js';

const SHOWN_LINES = 200;

/** What a run would pay at this moment, of what is settled at this moment. Nothing is stored, nothing is asked of anybody. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly transactor: Transactor,
    private readonly drafting: DraftingService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Both workers look at one snapshot. Refusals: not_found, payout_run.not_a_payout_pool. */
  preview(poolId: string): Promise<object> {
    return this.transactor.read(async (em) => {
      const pool = await poolOf(em, poolId);
      if (pool === null) throw new Refused({ code: 'not_found', detail: 'There is no such pool.', facts: {} });
      if (pool.mode !== 'payout')
        throw new Refused({
          code: 'payout_run.not_a_payout_pool',
          detail: 'What this pool earns raises the value of its shares.',
          facts: {},
        });
      const { asset } = pool;
      const minimum = (await scheduleOf(em, poolId))?.minimum ?? ZERO;
      const shown: Line[] = [];
      const draft = await this.drafting.draw(em, { poolId, asset, minimum }, async (lines) => {
        shown.push(...lines.slice(0, SHOWN_LINES - shown.length));
      });
      const again = await recomputedHash(em, { poolId, asset, minimum, drawn: null });
      return {
        pool_id: poolId,
        asset,
        at: timestamp(this.clock.now()),
        report_number: pool.reportNumber,
        ...named('min_amount', asset, minimum),
        ...named('budget', asset, draft.budget),
        ...named('owed', asset, draft.owed),
        ...named('total', asset, draft.total),
        ...named('left_over', asset, draft.budget - draft.total),
        lines: draft.lines,
        lines_held: draft.linesHeld,
        ...named('held', asset, draft.held),
        lines_below: draft.linesBelow,
        ...named('below', asset, draft.below),
        dry_run_hash: draft.hash,
        verified_hash: again,
        agrees: again === draft.hash,
        first_lines: shown.map((line) => lineView(asset, { ...line, paidAt: null })),
      };
    });
  }
}
