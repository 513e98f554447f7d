/**
 * `npm run ledger:verify [-- --json --seal-key HEX[,HEX] --anchor FILE]`: replays the ledger in LEDGER_DATABASE_URL, else DATABASE_URL, else of the exchange of this home, whether it runs or not. The
 * role needs to read the tables of the ledger: their owner, no room. Exit code 0 clean, 1 findings, 2 could not look.
 */
import { parseArgs } from 'node:util';
import pg from 'pg';
import { environment, withHomeDatabase } from '#runtime';
import type { Reader, Report } from './report.js';
import type { SealOptions } from './seal-checks.js';
import { verify } from './verify.js';

const WHAT_NOW = `
The books do not agree with themselves. What to do now:
  1. stop the exchange, so that nothing is posted on top of this;
  2. keep the database as it is: take a full copy before anything else is tried;
  3. compare the rows named above with the last backup that verified clean, and with the chain;
  4. correct by new transfers, never by changing rows. docs/ledger.md says what each finding means.
`;

async function main(): Promise<number> {
  const json = process.argv.includes('--json');
  const say = (line: string): void => void (json ? process.stderr : process.stdout).write(`${line}\n`);
  const given = environment()['LEDGER_DATABASE_URL'];
  try {
    return await (given ? look(given, json, say) : withHomeDatabase((url) => look(url, json, say)));
  } catch (error) {
    return unable(json, say, `could not read the ledger: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function look(url: string, json: boolean, say: (line: string) => void): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: 'bailee-ledger-verify' });
  try {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    // every check reads whole tables: join them by hashing, also where nobody has told the planner how large they are
    await client.query(`SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'`);
    const report = await verify(readerOf(client), say, sealOptions());
    await client.query('COMMIT');
    return tell(report, json, say);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** `--seal-key HEX[,HEX]` and `--anchor FILE`. */
function sealOptions(): SealOptions {
  const { values } = parseArgs({
    strict: true,
    options: { json: { type: 'boolean' }, 'seal-key': { type: 'string' }, anchor: { type: 'string' } },
  });
  const keys = values['seal-key']?.split(',');
  const wrong = keys?.find((key) => !/^[0-9a-f]{64}$/.test(key));
  if (wrong !== undefined) throw new Error(`--seal-key ${wrong} is no public key: 32 bytes of lower-case hex`);
  return { ...(keys && { keys }), ...(values.anchor !== undefined && { anchor: values.anchor }) };
}

const readerOf = (client: pg.Client): Reader => ({
  rows: async <R extends object>(sql: string, values?: readonly unknown[]) =>
    (await client.query<R>(sql, values ? [...values] : undefined)).rows,
});

function tell(report: Report, json: boolean, say: (line: string) => void): number {
  const size = `${report.transfers} transfers, ${report.batches} batches, ${report.accounts} accounts`;
  say(report.ok ? `ledger verified: ${size}, nothing found` : `ledger NOT verified: ${size}, ${report.findings.length} findings`);
  for (const finding of report.findings) say(`  ${finding.code}: ${finding.where}: ${finding.detail}`);
  if (!report.ok) say(WHAT_NOW);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.ok ? 0 : 1;
}

function unable(json: boolean, say: (line: string) => void, message: string): number {
  say(message);
  if (json) process.stdout.write(`${JSON.stringify({ ok: false, transfers: 0, batches: 0, accounts: 0, findings: [], error: message })}\n`);
  return 2;
}

process.exitCode = await main();
