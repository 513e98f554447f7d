import { assets, formatDecimal } from '#kernel';
import type { TourContext } from '../context.js';
import { control } from '../chain-side.js';
import { letTimePass } from '../passing-time.js';
import { buckets, until, type Client } from '../people.js';
import { expectThat, type Story } from '../story.js';
import { DEPOSIT, eth, STAKE, wei } from '../words.js';

interface Report {
  readonly id: string;
  readonly number: number;
  readonly state: string;
  readonly reward_atomic: string;
}
interface Page<T> {
  readonly data: readonly T[];
}
interface PaidReward {
  readonly amount_atomic: string;
}

const POOL = 'eth-payout-1';
/** The schedule pays every minute of wall clock on the local chain. */
const PAYOUT_WITHIN_MS = 150_000;

export async function earning(story: Story, { staff, outside }: TourContext, client: Client): Promise<void> {
  await story.step('Rewards are observed from finalised state, checked against limits, applied once', async (say) => {
    await control(outside, 'advance', { epochs: 4 });
    const { value } = await letTimePass(outside, 'a report with a reward is applied', async () => {
      const { data } = await staff.treasury.get<Page<Report>>(`/v1/rewards/reports/${POOL}?limit=20`);
      return data.find((r) => r.state === 'applied' && BigInt(r.reward_atomic) > 0n);
    });
    say(`report ${value.number}: ${eth(BigInt(value.reward_atomic))} earned by the pool's validators, to the wei`);
    return { report: value.number, reward: formatDecimal(assets.ETH, BigInt(value.reward_atomic)) };
  });

  await story.step('The scheduled payout run settles, plans, is approved within its limit, and pays', async (say) => {
    const free = wei(DEPOSIT) - wei(STAKE);
    const paid = await until(
      'a scheduled payout run pays the client, and what is free has grown by exactly that',
      async () => {
        const { data } = await client.api.get<Page<PaidReward>>('/v1/rewards');
        const sum = data.reduce((total, reward) => total + BigInt(reward.amount_atomic), 0n);
        const available = BigInt((await buckets(client))?.available_atomic ?? '0');
        return sum > 0n && available === free + sum ? { sum, times: data.length } : null;
      },
      PAYOUT_WITHIN_MS,
    );
    say(`${eth(paid.sum)} paid to the client${paid.times > 1 ? ` in ${paid.times} runs` : ''}, free to withdraw`);
    return { paid: formatDecimal(assets.ETH, paid.sum), runs: paid.times };
  });
}

interface Statement {
  readonly accounts: readonly { asset: string; account: string; opening_atomic: string; change_atomic: string; closing_atomic: string }[];
  readonly lines: readonly { type: string; account: string; asset: string; change_atomic: string }[];
}

export async function statement(story: Story, client: Client): Promise<void> {
  await story.step("The client's statement, as JSON and CSV, sums to the ledger", async (say) => {
    const { id } = await client.api.post<{ id: string }>('/v1/statements');
    const json = await client.api.get<Statement & Record<string, unknown>>(`/v1/statements/${id}?format=json`);
    for (const account of json.accounts) {
      const lines = json.lines.filter((l) => l.asset === account.asset && l.account === account.account);
      const sum = lines.reduce((total, line) => total + BigInt(line.change_atomic), 0n);
      expectThat(BigInt(account.opening_atomic) + sum === BigInt(account.closing_atomic), 'opening + lines = closing', { ...account });
    }
    const available = json.accounts.find((a) => a.asset === 'ETH' && a.account === 'available');
    expectThat(available !== undefined, 'the statement has the available account');
    const csv = (await client.api.text(`/v1/statements/${id}?format=csv`)).trim().split('\n');
    const types = [...new Set(json.lines.map((l) => l.type))];
    say(
      `${json.lines.length} lines (${types.join(', ')}); CSV has ${csv.length} rows; closing available ${eth(BigInt(available.closing_atomic))}`,
    );
    return { lines: json.lines.length, csvRows: csv.length };
  });
}
