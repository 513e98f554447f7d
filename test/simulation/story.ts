import { setTimeout as pause } from 'node:timers/promises';
import { Desk, ether } from './officers.js';
import { comesIn, officersOf, publishDisclosures, releaseDeposits, type Client } from './people.js';
import type { Random } from './random.js';
import type { RoomName, World } from './world.js';

const ETH = 10n ** 18n;
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
  instantExits: number;
  pauses: number;
  reimbursements: number;
  tiers: number;
  decisions: number;
}
export const nothingYet = (): Happened => ({
  ...{ clients: 0, deposits: 0, stakes: 0, unstakes: 0, cancellations: 0, refusals: 0, slashings: 0, offline: 0, mevBlocks: 0 },
  ...{
    kills: 0,
    restarts: 0,
    outages: 0,
    heldReports: 0,
    payoutRuns: 0,
    instantExits: 0,
    pauses: 0,
    reimbursements: 0,
    tiers: 0,
    decisions: 0,
  },
});

/** A year of random clients, validators, faults and officers. A day is an epoch. */
export class Story {
  readonly happened = nothingYet();
  private readonly clients: Client[] = [];
  private desk!: Desk;

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
    const officers = await officersOf(world);
    this.desk = new Desk(world, this.random, this.happened, officers, this.wanted.days);
    await world.settle();
    const status = await world.ask('custody', officers.treasury[0], 'GET', '/v1/custody/status');
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
    await this.desk.day(day, this.clients);
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
      const amount = this.random.chance(0.3) ? 'max' : this.amount(ETH / 50n, 4n * ETH);
      if (this.random.chance(0.25)) return this.leaveAtOnce(client, { product_id, amount });
      return this.place(client, 'unstakes', { product_id, amount });
    }
    return this.cancel(client);
  }

  private some(): string {
    return this.random.chance(0.5) ? 'max' : this.amount(ETH / 10n, 20n * ETH);
  }
  private amount(least: bigint, most: bigint): string {
    return ether(this.random.wei(least, most));
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

  private async leaveAtOnce(client: Client, wish: object): Promise<void> {
    const before = this.happened.unstakes;
    await this.place(client, 'unstakes', { ...wish, instant: true });
    this.happened.instantExits += this.happened.unstakes - before;
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
}
