import type { EntityManager } from 'typeorm';
import { amount, assets, type AssetCode } from '#kernel';
import { accountKinds, holdScopes } from '#ledger';
import { momentOfPreferences, preferencesAt } from '../preferences/preferences.store.js';
import type { Owing } from './draft.js';

/** Accounts that are in memory at once. */
const PAGE = 10_000;
const EVERYBODY = 2_147_483_647;

interface Row {
  readonly client_id: string;
  readonly owed: string;
  readonly minimum: string;
  readonly closed: boolean;
  readonly on_hold: boolean;
  readonly product_id: string | null;
}

/** Everybody who is owed rewards of an asset, as of one moment, to be gone through in pages as often as needed within the transaction. */
export class OwingCursor {
  private constructor(
    private readonly em: EntityManager,
    /** By the clock of the database: what was settled later is not in it. */
    readonly at: Date,
  ) {}

  static async open(em: EntityManager, asset: AssetCode): Promise<OwingCursor> {
    const at = await momentOfPreferences(em);
    const moment = `'${at.toISOString()}'::timestamptz`;
    // DECLARE takes no parameters: numbers of the chart, an asset's code of the registry, and a moment
    await em.query(`DECLARE owing SCROLL CURSOR FOR
      SELECT b.owner AS client_id, b.balance::text AS owed, coalesce(p.min_amount, 0)::text AS minimum, p.product_id, s.client_id IS NOT NULL AS closed,
             EXISTS (SELECT 1 FROM ledger.open_holds(b.owner) h WHERE h.scopes & ${holdScopes.payout} <> 0) AS on_hold
        FROM ledger.balances_of_kind(${accountKinds['client.rewards'].code}::smallint, ${assets[asset].id}::smallint, NULL, ${EVERYBODY}, true) b
        LEFT JOIN (${preferencesAt(`'${assets[asset].code}'`, moment)}) p ON p.client_id = b.owner::uuid
        LEFT JOIN rewards.client_standing s ON s.client_id = b.owner::uuid AND s.state = 'closed' AND s.recorded_at <= ${moment}
       ORDER BY b.owner COLLATE "C"`);
    return new OwingCursor(em, at);
  }

  /** All of them from the first, in the order of their ids. */
  async *pages(): AsyncGenerator<Owing[]> {
    await this.em.query('MOVE ABSOLUTE 0 FROM owing');
    for (;;) {
      const rows: Row[] = await this.em.query(`FETCH ${PAGE} FROM owing`);
      if (rows.length > 0) yield rows.map(owingOf);
      if (rows.length < PAGE) return;
    }
  }

  async close(): Promise<void> {
    await this.em.query('CLOSE owing');
  }
}

const owingOf = (row: Row): Owing => ({
  clientId: row.client_id,
  owed: amount(BigInt(row.owed)),
  minimum: amount(BigInt(row.minimum)),
  closed: row.closed,
  onHold: row.on_hold,
  restakeProduct: row.product_id,
});
