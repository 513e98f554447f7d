import { setTimeout as pause } from 'node:timers/promises';
import { formatDecimal, asset, publicId } from '#kernel';
import { comesIn, officersOf, publishDisclosures, releaseDeposits, type Client, type Officers } from './people.js';
import type { Random } from './random.js';
import type { RoomName, World } from './world.js';

const ETH = 10n ** 18n;
const POOLS = ['eth-payout-1', 'eth-compound-1'] as const;
const ACTS = { deposit: 3, stake: 9, compound: 8, unstake: 4, cancel: 1 } as const;
type Act = keyof typeof ACTS;

/** What happened, so that a year in which nothing did cannot pass. */
export interface Happened {
  clients: number;
  deposits: number;
  stakes: number;
  unstakes: number;
  cancellations: number;
  refusals: number;
  slashings: number;
  offline: number;
  mevBlocks: number;
  kills: number;
  restarts: number;
  outages: number;
  heldReports: number;
  payoutRuns: number;
  decisions: number;
}
export const nothingYet = (): Happened => ({
  ...{ clients: 0, deposits: 0, stakes: 0, unstakes: 0, cancellations: 0, refusals: 0, slashings: 0, offline: 0, mevBlocks: 0 },
  ...{ kills: 0, restarts: 0, outages: 0, heldReports: 0, payoutRuns: 0, decisions: 0 },
});

/** A year of random clients, validators, faults and officers. A day is an epoch. */
export class Story {
  readonly happened = nothingYet();
  private readonly clients: Client[] = [];
  private officers!: Officers;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly wanted: { readonly clients: number; readonly days: number },
  ) {}

  /** The house brings its gas money, the documents are published; three epochs, so that there is a final block. */
  async begin(): Promise<void> {
    const { world } = this;
    await world.chain.control('advance', { epochs: 3 });
    await publishDisclosures(world);
    this.officers = await officersOf(world);
    await world.settle();
    const status = await world.ask('custody', this.officers.treasury[0], 'GET', '/v1/custody/status');
    const { wallets } = status.body as { wallets: { role: string; address: string }[] };
    const treasury = wallets.find(({ role }) => role === 'treasury');
    if (!treasury) throw new Error('the treasury has no address');
    await world.chain.control('fund', { address: treasury.address, wei: (200n * ETH).toString() });
    for (let day = 0; day < 6; day++) await this.pass();
  }

  async day(day: number): Promise<void> {
    await this.arrive(day);
    await this.act();
    await this.fate(day);
    await this.pass();
    await this.decide(day);
  }

  /** A day on chain, and all that comes of it. */
  private async pass(): Promise<void> {
    const { world } = this;
    await world.chain.control('advance', { epochs: 1 });
    await world.settle();
    if ((await releaseDeposits(world)) > 0) await world.settle();
  }

  /** Clients come in over the first half of the time. */
  private async arrive(day: number): Promise<void> {
    const { clients, days } = this.wanted;
    const due = Math.min(clients, Math.ceil((clients * (day + 1)) / Math.max(1, Math.floor(days / 2))));
    const fresh: Client[] = [];
    while (this.clients.length + fresh.length < due) fresh.push(await comesIn(this.world));
    if (fresh.length === 0) return;
    await this.world.settle(1);
    for (const client of fresh) {
      this.clients.push(client);
      this.happened.clients++;
      await this.deposit(client);
    }
  }

  private async act(): Promise<void> {
    const acts = 2 + this.random.below(4 + Math.ceil(this.clients.length / 60));
    for (let i = 0; i < acts; i++) await this.one(this.random.pick(ACTS), this.random.one(this.clients));
  }

  private async one(act: Act, client: Client): Promise<void> {
    if (act === 'deposit') return this.deposit(client);
    if (act === 'stake') return this.place(client, 'stakes', { asset: 'ETH', amount: this.some() });
    if (act === 'compound') return this.place(client, 'stakes', { product_id: 'eth-compound', amount: this.some() });
    if (act === 'unstake') {
      const product_id = this.random.one(['eth-payout', 'eth-compound']);
      return this.place(client, 'unstakes', { product_id, amount: this.random.chance(0.3) ? 'max' : this.amount(ETH / 50n, 4n * ETH) });
    }
    return this.cancel(client);
  }

  private some(): string {
    return this.random.chance(0.5) ? 'max' : this.amount(ETH / 10n, 20n * ETH);
  }
  private amount(least: bigint, most: bigint): string {
    return formatDecimal(asset('ETH'), this.random.wei(least, most));
  }

  private async deposit(client: Client): Promise<void> {
    if (client.address === null) {
      const opened = await this.world.ask('custody', client, 'POST', '/v1/custody/addresses', { asset: 'ETH' });
      client.address = (opened.body as { address: string }).address;
    }
    await this.world.chain.control('fund', { address: client.address, wei: this.random.wei(ETH / 2n, 25n * ETH).toString() });
    this.happened.deposits++;
  }

  private async place(client: Client, what: 'stakes' | 'unstakes', body: object): Promise<void> {
    const placed = await this.world.ask('staking', client, 'POST', `/v1/staking/${what}`, body);
    if (placed.status === 202) this.happened[what]++;
    else if (placed.status >= 500) throw new Error(`${what}: ${placed.text}`);
    else this.happened.refusals++;
  }

  private async cancel(client: Client): Promise<void> {
    const listed = await this.world.ask('staking', client, 'GET', '/v1/staking/operations?limit=5');
    const open = (listed.body as { data: { id: string; cancellable: boolean }[] }).data.find((operation) => operation.cancellable);
    if (!open) return;
    const cancelled = await this.world.ask('staking', client, 'POST', `/v1/staking/operations/${open.id}/cancel`, {});
    if (cancelled.status === 200) this.happened.cancellations++;
    else if (cancelled.status >= 500) throw new Error(`cancel: ${cancelled.text}`);
  }

  /** What nobody of us wanted. */
  private async fate(day: number): Promise<void> {
    const { random, world, happened } = this;
    if (random.chance(0.3)) {
      const blocks = 1 + random.below(3);
      await world.chain.control('builder', { wei: random.wei(ETH / 1_000n, ETH / 10n).toString(), blocks });
      happened.mevBlocks += blocks;
    }
    if (random.chance(0.08)) await this.misbehave(day);
    if (random.chance(0.05)) await this.kill();
    if (random.chance(0.03)) {
      happened.outages++;
      await world.chain.control('syncing', { syncing: true });
      await world.settle(1).catch(() => undefined);
      await world.chain.control('syncing', { syncing: false });
    }
  }

  private async misbehave(day: number): Promise<void> {
    const ours = await this.world.sql<{ pubkey: string; state: string }>(
      `SELECT pubkey, state FROM staking.validator WHERE state = 'active' ORDER BY activation_epoch, validator_index`,
    );
    if (ours.length === 0) return;
    const { pubkey } = this.random.one(ours);
    if (this.happened.slashings < Math.ceil(this.wanted.days / 120) && ours.length > 3 && this.random.chance(day / this.wanted.days / 4)) {
      await this.world.chain.control('slash', { pubkey, by: this.random.one(['proposal', 'vote']) });
      this.happened.slashings++;
      return;
    }
    const offline = this.random.chance(0.5);
    await this.world.chain.control('offline', { pubkey, offline });
    if (offline) this.happened.offline++;
  }

  /** In the midst of work: connections break, or a whole room is started anew. */
  private async kill(): Promise<void> {
    const { random, world, happened } = this;
    const room = random.one<RoomName>(['custody', 'staking', 'rewards']);
    if (random.chance(0.5)) {
      const working = world.settle(2).catch(() => undefined);
      await pause(random.below(150));
      await world.breakConnections(room);
      await working;
      happened.kills++;
      return;
    }
    await world.closeRoom(room);
    await world.openRoom(room);
    happened.restarts++;
  }

  /** What people decide: two of them wherever it takes two. */
  private async decide(day: number): Promise<void> {
    await this.lookAtHeldReports();
    await this.carryLosses();
    if (day % 30 === 29 || day === this.wanted.days - 1) await this.payOut();
  }

  private async lookAtHeldReports(): Promise<void> {
    for (const { id } of await this.world.sql<{ id: string }>(`SELECT id FROM rewards.report WHERE state = 'held' ORDER BY id`)) {
      this.happened.heldReports++;
      const url = `/v1/rewards/reports/${publicId('report', id)}`;
      for (const person of this.officers.treasury) {
        const shown = await this.world.ask('rewards', person, 'GET', url);
        const { content_hash } = shown.body as { content_hash: string };
        await this.must('rewards', person, `${url}/approve`, { comment: 'compared with the chain', content_hash });
      }
      await this.world.settle();
    }
  }

  private async carryLosses(): Promise<void> {
    const open = await this.world.sql<{ pool: string; loss: string }>(
      `SELECT pool_id AS pool, details->>'loss_atomic' AS loss FROM staking.incident WHERE kind = 'report.loss_held' AND state = 'open' AND pool_id = ANY ($1)`,
      [[...POOLS]],
    );
    const [maker, checker] = this.officers.officers;
    for (const { pool, loss } of open) {
      const wish = { kind: 'carry_loss', pool_id: pool, amount_atomic: loss, comment: 'the loss is real' };
      const proposed = await this.must('staking', maker, '/v1/staking/proposals', wish);
      await this.must('staking', checker, `/v1/staking/proposals/${(proposed as { id: string }).id}/approve`, { comment: 'seen on chain' });
      this.happened.decisions++;
    }
  }

  private async payOut(): Promise<void> {
    const { world, happened } = this;
    const [maker, checker] = this.officers.treasury;
    const planned = await world.ask('rewards', maker, 'POST', '/v1/rewards/payout-runs', { pool_id: 'eth-payout-1' });
    if (planned.status >= 400) return;
    await world.settle();
    const id = (planned.body as { id: string }).id;
    const [run] = await world.sql<{ state: string; hash: string }>(
      'SELECT state, dry_run_hash AS hash FROM rewards.payout_run WHERE id = $1',
      [id.replace(/^run_/, '')],
    );
    if (run?.state === 'dry_run')
      await this.must('rewards', checker, `/v1/rewards/payout-runs/${id}/release`, {
        comment: 'the lines are right',
        dry_run_hash: run.hash,
      });
    await world.settle();
    happened.payoutRuns++;
  }

  private async must(room: RoomName, who: Client | Officers['treasury'][0], url: string, body: object): Promise<unknown> {
    const answer = await this.world.ask(room, who, 'POST', url, body);
    if (answer.status >= 400) throw new Error(`${url}: ${answer.text}`);
    return answer.body;
  }
}
