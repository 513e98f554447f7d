import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may call what. Nobody has a right on a table; the signer has no right at all. What a room may post is the chart's to say, item by item. */
export class LedgerRights1764000010007 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC');
    await runner.query('REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC');
    await runner.query(`GRANT USAGE ON SCHEMA ledger TO ${READERS}`);
    for (const name of READING) await runner.query(`GRANT EXECUTE ON FUNCTION ledger.${name} TO ${READERS}`);
    for (const name of POSTING)
      await runner.query(`GRANT EXECUTE ON FUNCTION ledger.${name} TO bailee_custody, bailee_staking, bailee_rewards`);
    for (const name of HOLDING) await runner.query(`GRANT EXECUTE ON FUNCTION ledger.${name} TO bailee_compliance, bailee_custody`);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('the ledger has no way back: correct it with a new migration'));
  }
}

const READERS = 'bailee_reception, bailee_compliance, bailee_custody, bailee_staking, bailee_rewards';
const READING = [
  'balance_of',
  'owner_balances',
  'balances_of_kind',
  'trial_balance',
  'outcome_of',
  'entries_before',
  'entries_after',
  'open_holds',
  'scopes_held',
  'chart',
];
const POSTING = ['post', 'post_one', 'open_accounts'];
const HOLDING = ['place_hold', 'release_hold'];
