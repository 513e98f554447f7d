import { setTimeout as pause } from 'node:timers/promises';
import { assets, formatDecimal } from '#kernel';
import { ApiProblem, type Json } from './api.js';
import type { Staff } from './people.js';
import { expectThat } from './story.js';

interface Reconciliation extends Json {
  readonly id: string;
  readonly state: 'agreed' | 'broken';
  readonly block_number: string;
  readonly report: {
    readonly asset: string;
    readonly ledger_atomic: string;
    readonly chain_holds_atomic: string;
    readonly unexplained_atomic: string;
    readonly items: readonly { kind: string; amount_atomic: string; explanation: string }[];
    readonly wallets: readonly { role: string; address: string; equal: boolean }[];
    readonly entities: readonly { entity: string; asset: string; sum_atomic: string }[];
    readonly clearing: readonly { account: string; balance_atomic: string; unexplained_atomic: string; explanation: string }[];
  };
}

const ether = (units: bigint | string): string => formatDecimal(assets.ETH, BigInt(units));

/** Compares the books with the chain at one finalised height: to the wei, and every clearing account explained. */
export async function closeBooks(staff: Staff): Promise<Record<string, unknown>> {
  const { state, block_number, report } = await reconcile(staff);
  for (const { entity, asset, sum_atomic } of report.entities)
    expectThat(sum_atomic === '0', `the books of ${entity} sum to zero in ${asset}`, { sum_atomic });
  for (const account of report.clearing) expectThat(account.unexplained_atomic === '0', `${account.account} is explained`, { ...account });
  for (const wallet of report.wallets)
    expectThat(wallet.equal, `the ${wallet.role} wallet ${wallet.address} holds what the books say`, { ...wallet });
  expectThat(report.unexplained_atomic === '0' && state === 'agreed', 'ledger + itemised differences = chain, to the wei', { ...report });
  return {
    height: block_number,
    chain: `${ether(report.chain_holds_atomic)} ETH`,
    ledger: `${ether(report.ledger_atomic)} ETH`,
    itemised: inWords(report.items),
    unexplained: '0',
  };
}

function inWords(items: Reconciliation['report']['items']): string {
  const kinds = new Map<string, bigint>();
  for (const { kind, amount_atomic } of items) kinds.set(kind, (kinds.get(kind) ?? 0n) + BigInt(amount_atomic));
  return kinds.size === 0 ? 'nothing' : [...kinds].map(([kind, sum]) => `${kind.replaceAll('_', ' ')} ${ether(sum)}`).join(' + ');
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
