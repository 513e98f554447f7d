/**
 * Replays the whole ledger and compares it with itself and with the chart of this code. It trusts no function of the database, only built-in
 * ones. Whoever alters one column of a row is found by a digest; whoever rewrites rows *and* all digests over them, or takes rows away, by the
 * seals.
 */
import { accountChecks } from './account-checks.js';
import { batchChecks } from './batch-checks.js';
import { chartChecks } from './chart-check.js';
import { holdChecks } from './hold-checks.js';
import { periodChecks } from './period-checks.js';
import { replayCheck } from './replay-check.js';
import { reversalChecks } from './reversal-checks.js';
import type { Check, Finding, Reader, Report } from './report.js';
import { sealChecks, type SealOptions } from './seal-checks.js';

export const checks: readonly Check[] = [
  ...chartChecks,
  ...accountChecks,
  ...batchChecks,
  ...reversalChecks,
  replayCheck,
  ...periodChecks,
  ...holdChecks,
];

/** More findings of one check tell nothing new. */
const MOST_FINDINGS = 50;

export async function verify(reader: Reader, say: (line: string) => void = () => undefined, options: SealOptions = {}): Promise<Report> {
  const findings: Finding[] = [];
  const seals = await sealChecks(reader, options);
  for (const check of [...checks, ...seals.checks]) {
    const found: Finding[] = [];
    for await (const finding of check.run(reader, (done) => say(`  … ${check.name}: ${done.toLocaleString('en')}`))) {
      if (found.length < MOST_FINDINGS) found.push(finding);
    }
    findings.push(...found);
    say(`${found.length === 0 ? 'ok      ' : 'FINDING '} ${check.name}`);
  }
  for (const note of seals.notes) say(`        ${note}`);
  const [counts] = await reader.rows<{ transfers: string; batches: string; accounts: string }>(
    `SELECT (SELECT count(*) FROM ledger.decision WHERE status = 0) AS transfers, (SELECT count(*) FROM ledger.batch) AS batches, (SELECT count(*) FROM ledger.account) AS accounts`,
  );
  return {
    ok: findings.length === 0,
    transfers: Number(counts?.transfers ?? 0),
    batches: Number(counts?.batches ?? 0),
    accounts: Number(counts?.accounts ?? 0),
    findings,
  };
}
