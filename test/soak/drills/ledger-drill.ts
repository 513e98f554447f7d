import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { newUuid } from '#kernel';
import { drill as killAtEach, type DrillReport, type Moment } from '#testing';
import { openBooks, placeOnce, tracesOf, type Order } from '../../fire/order.spec-support.js';
import type { LedgerVictim } from '../../fire/ledger.victim.js';

const FUNDS = 10n ** 24n;
/** Beside this file: compiled where this is compiled, source where this is source. */
export const victim = (name: string): URL =>
  new URL(`../../fire/${name}.victim${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);

export interface LedgerDrill {
  /** Which statements; every one unless given. */
  readonly statements?: readonly number[];
  readonly moments?: readonly Moment[];
}

/**
 * kill -9 between any two statements of a transaction that writes a state row, a message, an act, money and the answer to its caller; the
 * caller asks again, twice. Everything left behind equals that of a run in which nobody was killed.
 */
export async function drill(options: LedgerDrill = {}): Promise<DrillReport> {
  const clientId = newUuid();
  const struck = await openBooks(clientId, FUNDS);
  const undisturbed = await openBooks(clientId, FUNDS);
  try {
    const [here, there] = [await struck.transactor('staking'), await undisturbed.transactor('staking')];
    const orderOf = (round: number): Order => ({ key: `order-${round}`, clientId, units: `${round + 1}`, at: '2026-01-02T00:00:00.000Z' });
    const report = await killAtEach<LedgerVictim>({
      ...options,
      script: victim('ledger'),
      input: (round) => ({ url: struck.url('staking'), order: orderOf(round) }),
      afterwards: async (round) => {
        const expected = await placeOnce(there, orderOf(round));
        for (let times = 0; times < 2; times++) {
          const { status, body } = await placeOnce(here, orderOf(round));
          deepStrictEqual({ status, body }, { status: expected.status, body: expected.body });
        }
        deepStrictEqual(await tracesOf(struck, here, clientId), await tracesOf(undisturbed, there, clientId));
      },
    });
    const [{ found }] = await struck.admin.query<[{ found: number }]>('SELECT count(*)::int AS found FROM public.drill_order');
    strictEqual(found, report.rounds);
    return report;
  } finally {
    await struck.close();
    await undisturbed.close();
  }
}
