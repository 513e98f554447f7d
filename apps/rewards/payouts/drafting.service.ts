import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { amount, type Amount, type AssetCode } from '#kernel';
import { balanceOf } from '#ledger';
import { Drawing, type Line, type Terms, type Totals } from './draft.js';
import { OwingCursor } from './owing.store.js';

/** A draft, and the moment of the balances that it is of. */
export interface Draft extends Totals {
  readonly budget: Amount;
  readonly minimum: Amount;
  readonly at: Date;
}

/** The first worker: goes through everybody who is owed something, page by page. */
@Injectable()
export class DraftingService {
  /** `keep` is given the lines page by page. */
  async draw(
    em: EntityManager,
    of: { readonly poolId: string; readonly asset: AssetCode; readonly minimum: Amount },
    keep: (lines: readonly Line[]) => Promise<void>,
  ): Promise<Draft> {
    const everybody = await OwingCursor.open(em, of.asset);
    const terms: Terms = { ...of, budget: await collected(em, of.poolId, of.asset) };
    const drawing = new Drawing(terms);
    for await (const page of everybody.pages()) for (const owing of page) drawing.count(owing);
    for await (const page of everybody.pages()) {
      const lines = page.flatMap((owing) => drawing.next(owing) ?? []);
      if (lines.length > 0) await keep(lines);
    }
    await everybody.close();
    return { ...drawing.finish(), budget: terms.budget, minimum: terms.minimum, at: everybody.at };
  }
}

/** Rewards of a pool that are in our hands, payable. */
export const collected = async (em: EntityManager, owner: string, asset: AssetCode): Promise<Amount> =>
  amount(await balanceOf(em, { kind: 'pool.collected', owner, asset }));
