/** What the ledger decided, read from outside: its tables, not the code that wrote them. */
import type { World } from './world.js';

export interface Line {
  readonly kind: string;
  readonly key: string;
  readonly reference: string;
  readonly amount: bigint;
  readonly debit: string;
  readonly credit: string;
}

const accountOf = (kind: string, owner: string, asset: string): string => `${kind} ${owner} ${asset}`;

/** Balances from the first transfer on, added up by ourselves; and the lines of each reference. */
export class Journal {
  readonly balances = new Map<string, bigint>();
  readonly byReference = new Map<string, Line[]>();
  lines = 0;
  private batch = '0';

  constructor(private readonly world: World) {}

  balance(kind: string, owner: string, asset = 'ETH'): bigint {
    return this.balances.get(accountOf(kind, owner, asset)) ?? 0n;
  }
  /** Over all owners. */
  sum(kind: string, asset = 'ETH'): bigint {
    let sum = 0n;
    for (const [account, units] of this.balances) if (account.startsWith(`${kind} `) && account.endsWith(` ${asset}`)) sum += units;
    return sum;
  }
  owners(kind: string, asset = 'ETH'): Map<string, bigint> {
    const owners = new Map<string, bigint>();
    for (const [account, units] of this.balances) {
      const [of = '', owner = '', what = ''] = account.split(' ');
      if (of === kind && what === asset) owners.set(owner, units);
    }
    return owners;
  }

  /** Takes what was decided since the last time. */
  async read(): Promise<readonly Line[]> {
    const rows = await this.world.sql<{
      batch: string;
      kind: string;
      key: string;
      reference: string;
      amount: string;
      dk: string;
      downer: string;
      ck: string;
      cowner: string;
      asset: string;
    }>(
      `SELECT d.batch_id::text AS batch, k.name AS kind, d.key, d.reference, d.amount::text, dk.name AS dk, da.owner AS downer, ck.name AS ck, ca.owner AS cowner, s.code AS asset
         FROM ledger.decision d JOIN ledger.transfer_kind k ON k.code = d.kind
         JOIN ledger.account da ON da.id = d.debit_account JOIN ledger.account_kind dk ON dk.code = da.kind
         JOIN ledger.account ca ON ca.id = d.credit_account JOIN ledger.account_kind ck ON ck.code = ca.kind
         JOIN ledger.asset s ON s.id = da.asset
        WHERE d.status = 0 AND d.batch_id > $1::bigint ORDER BY d.batch_id, d.item`,
      [this.batch],
    );
    const fresh = rows.map((row): Line => {
      const debit = accountOf(row.dk, row.downer, row.asset);
      const credit = accountOf(row.ck, row.cowner, row.asset);
      return { kind: row.kind, key: row.key, reference: row.reference, amount: BigInt(row.amount), debit, credit };
    });
    for (const line of fresh) {
      this.balances.set(line.debit, (this.balances.get(line.debit) ?? 0n) - line.amount);
      this.balances.set(line.credit, (this.balances.get(line.credit) ?? 0n) + line.amount);
      const known = this.byReference.get(line.reference);
      if (known) known.push(line);
      else this.byReference.set(line.reference, [line]);
    }
    this.batch = rows.at(-1)?.batch ?? this.batch;
    this.lines += fresh.length;
    return fresh;
  }
}
