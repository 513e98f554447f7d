import { setTimeout as pause } from 'node:timers/promises';
import { assets, formatDecimal } from '#kernel';
import { ApiProblem, type Json } from './api.js';
import type { Staff } from './people.js';
import { expectThat } from './story.js';

interface Item {
  readonly name: string;
  readonly amount_atomic: string;
  readonly explanation: string;
}
interface AssetBooks {
  readonly asset: string;
  readonly ledger_atomic: string;
  readonly chain_atomic: string;
  readonly items: readonly Item[];
  readonly unexplained_atomic: string;
}
interface Reconciliation extends Json {
  readonly id: string;
  readonly state: string;
  readonly height: string;
  readonly assets: readonly AssetBooks[];
  readonly sums: readonly { entity: string; asset: string; sum_atomic: string }[];
  readonly clearing: readonly { account: string; balance_atomic: string; explained: boolean; explanation: string }[];
}

/** Compares the books with the chain at the height the books have reached: to the wei, and every clearing account explained. */
export async function closeBooks(staff: Staff): Promise<Record<string, unknown>> {
  const books = await reconcile(staff);
  for (const { entity, asset, sum_atomic } of books.sums)
    expectThat(sum_atomic === '0', `the books of ${entity} sum to zero in ${asset}`, { sum_atomic });
  for (const { account, explained, explanation } of books.clearing) expectThat(explained, `${account} is explained`, { explanation });
  for (const asset of books.assets) expectThat(asset.unexplained_atomic === '0', `ledger = chain in ${asset.asset}`, { ...asset });
  const [ether] = books.assets.filter((a) => a.asset === 'ETH');
  const items = (ether?.items ?? []).filter((i) => i.amount_atomic !== '0');
  return {
    height: books.height,
    'ledger = chain': `${formatDecimal(assets.ETH, BigInt(ether?.chain_atomic ?? '0'))} ETH`,
    'explained by':
      items.length === 0 ? 'nothing open' : items.map((i) => `${i.name} ${formatDecimal(assets.ETH, BigInt(i.amount_atomic))}`).join(' + '),
    difference: '0',
  };
}

/** The chain may finalise a checkpoint between two questions; then custody asks to be asked again. */
async function reconcile(staff: Staff): Promise<Reconciliation> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await staff.treasury.post<Reconciliation>('/v1/custody/reconciliations');
    } catch (error) {
      if (!(error instanceof ApiProblem) || attempt >= 40 || error.status < 409) throw error;
      await pause(150);
    }
  }
}
