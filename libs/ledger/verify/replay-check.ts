import { stream, type Check, type Finding } from './report.js';

interface Step {
  readonly account: string;
  readonly version: string | null;
  readonly change: string;
  readonly balance: string | null;
  /** The account's balance row, after all its legs. */
  readonly last: boolean;
}

/** Both sides of every transfer by account in the order of versions, then the account's balance row. */
const STEPS = `
  SELECT l.account, l.version, l.change::text, l.balance::text, l.last FROM (
    SELECT debit_account account, debit_version version, -amount change, debit_balance balance, false AS last FROM ledger.decision WHERE status = 0
    UNION ALL SELECT credit_account, credit_version, amount, credit_balance, false FROM ledger.decision WHERE status = 0
    UNION ALL SELECT account_id, version, 0, balance, true FROM ledger.balance) l
  ORDER BY l.account, l.last, l.version`;

const whole = (text: string | null): bigint | null => (text !== null && /^-?\d+$/.test(text) ? BigInt(text) : null);

/** Replays every account from its first transfer, in this program's own arithmetic: versions without gaps, each balance, and the last one. */
export const replayCheck: Check = {
  name: 'replay: every account from its first transfer',
  async *run(reader, progress) {
    let at: { account: string; version: bigint; balance: bigint; closed: boolean } | undefined;
    for await (const step of stream<Step>(reader, STEPS, progress)) {
      if (at?.account !== step.account) {
        if (at && !at.closed) yield missing(at.account);
        at = { account: step.account, version: 0n, balance: 0n, closed: false };
      }
      const version = at.version + (step.last ? 0n : 1n);
      const balance = at.balance + (whole(step.change) ?? 0n);
      if (whole(step.version) !== version || whole(step.balance) !== balance) yield broken(step, version, balance);
      at = { account: step.account, version: whole(step.version) ?? version, balance: whole(step.balance) ?? balance, closed: step.last };
    }
    if (at && !at.closed) yield missing(at.account);
  },
};

const missing = (account: string): Finding => ({
  code: 'balance.missing',
  where: `account ${account}`,
  detail: 'has transfers and no balance row',
});

function broken(step: Step, version: bigint, balance: bigint): Finding {
  return {
    code: step.last ? 'balance.replay' : 'transfer.chain',
    where: `${step.last ? 'balance of account' : 'account'} ${step.account} version ${String(step.version)}`,
    detail: `says ${String(step.balance)} at version ${String(step.version)}, the replay ${balance} at version ${version}`,
  };
}
