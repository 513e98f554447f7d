import { refuse, type Amount, type Refusal } from '#kernel';
import { typeOfCredentials } from '../deposit/credentials.js';
import type { Network } from '../node/network.js';
import { readPendingDeposits } from './queues.js';
import { finalisedState, headState, readValidators, type ValidatorRecord } from './state.js';

/**
 * Before money is added to a key of ours. Its credentials are fixed for ever once it stands in a finalised state, so a top-up after that
 * cannot be stolen (the second step of chains.md §1.9). A deposit to a validator that leaves would wait until it is withdrawable and
 * come straight back. Refusals: `deposit.key_unknown`, `deposit.foreign_credentials`, `deposit.slashed`, `deposit.leaving`,
 * `deposit.over_maximum`.
 */
export async function guardTopUp(network: Network, pubkey: string, credentials: string, amount: Amount): Promise<Refusal | null> {
  const facts = await network.facts();
  const [final, head] = await Promise.all([finalisedState(network), headState(network)]);
  const [[record], [newest], queue] = await Promise.all([
    readValidators(network, final, [pubkey]),
    readValidators(network, head, [pubkey]),
    readPendingDeposits(network, head),
  ]);
  if (!record || !newest) return say('key_unknown', 'No finalised state knows this key: its credentials could still be anything.', pubkey);
  const unfit = reasonAgainst(record, credentials) ?? reasonAgainst(newest, credentials);
  if (unfit) return unfit;
  const most = typeOfCredentials(credentials) === 'compounding' ? facts.maxEffectiveBalance : facts.activationBalance;
  const waiting = queue.filter((entry) => entry.pubkey === pubkey).reduce((sum, entry) => sum + entry.amount, 0n);
  // not before it is active: a stranger's 1 ETH must not keep the rest away for ever, and what is too much is swept to our own vault
  if (newest.status === 'active' && newest.balance + waiting + amount > most) {
    return say('over_maximum', 'With this the validator would hold more than counts: the rest would be paid out.', pubkey, {
      balance: newest.balance.toString(),
      queued: waiting.toString(),
      maximum: most.toString(),
    });
  }
  return null;
}

function reasonAgainst(record: ValidatorRecord, credentials: string): Refusal | null {
  const { pubkey, withdrawalCredentials } = record;
  if (withdrawalCredentials !== credentials) {
    return say('foreign_credentials', 'The key pays out elsewhere.', pubkey, { found: withdrawalCredentials, expected: credentials });
  }
  if (record.slashed) return say('slashed', 'The validator was slashed.', pubkey);
  if (record.status !== 'pending' && record.status !== 'active') {
    return say('leaving', 'The validator is leaving or has left.', pubkey, { status: record.status });
  }
  return null;
}

const say = (code: string, detail: string, pubkey: string, facts: Record<string, unknown> = {}): Refusal =>
  refuse(`deposit.${code}`, detail, { pubkey, ...facts }).refusal;
