import { accountKinds, type AccountKindName, type Posting } from '#ledger';

/** A tiny ledger in memory with the chart's floors and ceilings. */
export class Book {
  private readonly balances = new Map<string, bigint>();
  private readonly keys = new Set<string>();

  balance(kind: AccountKindName, owner: string): bigint {
    return this.balances.get(`${kind}/${owner}`) ?? 0n;
  }
  sumOf(kind: AccountKindName): bigint {
    return [...this.balances].filter(([k]) => k.startsWith(`${kind}/`)).reduce((sum, [, b]) => sum + b, 0n);
  }
  total(side: 'native' | 'share'): bigint {
    return [...this.balances]
      .filter(([k]) => accountKinds[k.split('/')[0] as AccountKindName].asset === side)
      .reduce((sum, [, b]) => sum + b, 0n);
  }
  post(postings: readonly Posting[]): void {
    for (const p of postings) {
      if (p.amount <= 0n) throw new Error(`${p.kind} of nothing`);
      if (this.keys.has(p.key)) throw new Error(`${p.kind} posted twice`);
      this.keys.add(p.key);
      this.change(p.debit.kind, p.debit.owner, 0n - p.amount);
      this.change(p.credit.kind, p.credit.owner, p.amount);
    }
  }
  change(kind: AccountKindName, owner: string, change: bigint): void {
    const after = this.balance(kind, owner) + change;
    const side = accountKinds[kind].side;
    if (side === 'liability' ? after < 0n : after > 0n) throw new Error(`${kind}/${owner} refused: ${after}`);
    this.balances.set(`${kind}/${owner}`, after);
  }
}
