import fc from 'fast-check';
import { amount, type Amount, type InvariantBroken } from '#kernel';
import type { Posting } from '#ledger';
import type { Purpose } from '#messages';
import { FakeChain, fakeSign } from '../chain/fake-chain.spec-support.js';
import { bookBlock, touchesUs } from './booking.js';
import type { Books, OwnTransaction, OwnWallet } from './books.js';

const address = (n: number): string => `0x${n.toString(16).padStart(2, '0').repeat(20)}`;
const wallet = (id: string, role: OwnWallet['role'], n: number): OwnWallet => ({
  id,
  role,
  address: address(n),
  clientId: role === 'deposit' ? `client-${id}` : null,
  poolId: role === 'vault' ? 'pool' : null,
});
const omnibus = wallet('omnibus', 'omnibus', 1);
const treasury = wallet('treasury', 'treasury', 2);
const vault = wallet('vault', 'vault', 3);
const deposit = wallet('deposit', 'deposit', 4);
const wallets = [omnibus, treasury, vault, deposit];
const OUTSIDER = address(9);
const PUBKEY = `0x${'ab'.repeat(48)}`;
const GAS = 147_000n;
const WORST = 210_000n;

const accountKey = (ref: { kind: string; owner: string }): string => `${ref.kind}/${ref.owner}`;

/** The ledger's rules in miniature: two sides, floors for what we owe, ceilings for what we hold. */
class Model {
  readonly balances = new Map<string, bigint>();
  readonly keys = new Set<string>();
  post(postings: readonly Posting[]): void {
    for (const p of postings) {
      expect(this.keys.has(p.key)).toBe(false);
      this.keys.add(p.key);
      expect(p.amount > 0n).toBe(true);
      this.change(accountKey(p.debit), 0n - p.amount);
      this.change(accountKey(p.credit), p.amount);
    }
  }
  set(account: string, value: bigint): void {
    this.balances.set(account, value);
  }
  of(account: string): bigint {
    return this.balances.get(account) ?? 0n;
  }
  private change(account: string, by: bigint): void {
    const next = this.of(account) + by;
    const holding = /^(trust\.wallet|house\.wallet|pool\.bonding|house\.gas_expense|house\.fee_receivable)/.test(account);
    if (holding ? next > 0n : next < 0n) throw new Error(`${account} would be at ${next}`);
    this.balances.set(account, next);
  }
}

class World {
  readonly chain = new FakeChain();
  readonly transactions = new Map<string, OwnTransaction>();
  readonly books: Books = {
    chain: 'ethereum',
    asset: 'ETH',
    wallets: new Map(wallets.map((w) => [w.address, w])),
    transactions: this.transactions,
    proposedByUs: false,
  };
  readonly model = new Model();
  booked = 0n;
  private count = 0;

  constructor() {
    // what the other rooms and the build step have done before the follower sees anything
    for (const account of ['client.reserved/client-deposit', 'trust.gas_reserved/ethereum', 'trust.fee_payable/ethereum'])
      this.model.set(account, 10n ** 30n);
    this.model.set('house.fee_receivable/ethereum', -(10n ** 30n));
  }

  async own(purpose: Purpose, from: OwnWallet, to: string, value: bigint): Promise<void> {
    const nonce = await this.chain.writer.nextNonce(from.address);
    const fee = await this.chain.writer.quoteFee({ from: from.address, to, value: amount(value), data: '0x' });
    const data = purpose === 'stake_deposit' || purpose === 'exit_request' ? PUBKEY : '0x';
    const { signed, hash } = fakeSign(
      this.chain.writer.build({ from: from.address, to, value: amount(value), data }, nonce, fee),
      from.address,
    );
    await this.chain.writer.broadcast(signed);
    this.transactions.set(hash, {
      id: `transaction-${++this.count}`,
      purpose,
      from: from.address,
      to,
      value: amount(value),
      nonce,
      reserved: amount(purpose === 'gas_top_up' ? 0n : WORST + (purpose === 'exit_request' ? value : 0n)),
      clientId: purpose === 'withdrawal' ? 'client-deposit' : null,
      poolId: purpose === 'stake_deposit' || purpose === 'exit_request' ? 'pool' : null,
    });
  }

  async follow(): Promise<void> {
    const last = (await this.chain.reader.finalised()).number;
    for (let n = this.booked + 1n; n <= last; n++) {
      const block = await this.chain.reader.block(n);
      if (touchesUs(block, this.books.wallets)) this.model.post(bookBlock(block, this.books).postings);
      this.booked = n;
      for (const w of wallets) {
        const account = `${w.role === 'treasury' ? 'house.wallet' : 'trust.wallet'}/${w.id}`;
        expect(-this.model.of(account)).toBe(await this.chain.reader.balance(w.address, n));
      }
    }
  }
}

type Step = { kind: 'arrive' | 'credit' | 'own' | 'mine' | 'reverting'; a: number; b: number; units: bigint };
const ownPurposes: [Purpose, OwnWallet, string][] = [
  ['sweep', deposit, omnibus.address],
  ['sweep', vault, omnibus.address],
  ['gas_feed', omnibus, vault.address],
  ['gas_top_up', treasury, omnibus.address],
  ['fee_sweep', omnibus, treasury.address],
  ['withdrawal', omnibus, OUTSIDER],
  ['withdrawal', omnibus, deposit.address],
  ['stake_deposit', omnibus, address(13)],
  ['exit_request', vault, address(14)],
];
const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('arrive', 'arrive', 'credit', 'own', 'own', 'own', 'mine', 'mine', 'reverting'),
    a: fc.nat(100),
    b: fc.nat(100),
    units: fc.bigInt(0n, 10n ** 9n),
  }),
  { maxLength: 60 },
);

describe('booking a block', () => {
  it('keeps every wallet equal to the chain, to the unit, after any sequence of blocks', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const world = new World();
        for (const step of sequence) {
          const target = wallets[step.a % wallets.length] as OwnWallet;
          if (step.kind === 'arrive') world.chain.send(target.address, step.units);
          else if (step.kind === 'credit') world.chain.protocolCredit(target.address, step.units, BigInt(step.b));
          else if (step.kind === 'reverting') world.chain.reverting.add(OUTSIDER);
          else if (step.kind === 'mine') {
            world.chain.mineAndFinalise(1 + (step.b % 3));
            await world.follow();
          } else {
            const [purpose, from, to] = ownPurposes[step.a % ownPurposes.length] as [Purpose, OwnWallet, string];
            if (world.chain.balanceAtHead(from.address) >= step.units + WORST && world.chain.poolSize() === 0)
              await world.own(purpose, from, to, step.units);
          }
        }
        world.chain.mineAndFinalise(2);
        await world.follow();
      }),
      { numRuns: 150 },
    );
  });

  it('credits each role as what it is', async () => {
    const world = new World();
    const hash = world.chain.send(deposit.address, 5n);
    world.chain.send(treasury.address, 6n);
    world.chain.send(omnibus.address, 7n);
    world.chain.protocolCredit(vault.address, 8n, 42n);
    world.chain.protocolCredit(omnibus.address, 9n);
    world.chain.mine();
    const booking = bookBlock(await world.chain.reader.block(1n), world.books);
    expect(booking.postings.map((p) => [p.kind, p.amount])).toEqual([
      ['deposit.receive', 5n],
      ['house.fund', 6n],
      ['deposit.unattributed', 7n],
      ['protocol.withdraw', 8n],
      ['deposit.unattributed', 9n],
    ]);
    expect(booking.deposits).toMatchObject([{ clientId: 'client-deposit', amount: 5n, transactionHash: hash }]);
    expect(booking.credits).toMatchObject([{ credit: { validatorIndex: 42n, amount: 8n } }]);
  });

  it('spends the gas of a reverted withdrawal and gives the money back', async () => {
    const world = new World();
    world.chain.send(omnibus.address, 10n ** 9n);
    world.chain.mine();
    world.chain.reverting.add(OUTSIDER);
    await world.own('withdrawal', omnibus, OUTSIDER, 5n);
    world.chain.mine();
    const booking = bookBlock(await world.chain.reader.block(2n), world.books);
    expect(booking.postings.map((p) => [p.kind, p.amount])).toEqual([
      ['withdrawal.return', 5n],
      ['gas.spend', GAS],
      ['gas.release', WORST - GAS],
    ]);
    expect(booking.finalised).toMatchObject([{ succeeded: false, gasCost: GAS }]);
  });

  it('stops at a spend that we did not sign, and at one that differs from what we signed', async () => {
    const world = new World();
    world.chain.send(omnibus.address, 10n ** 9n);
    world.chain.mine();
    await world.own('withdrawal', omnibus, OUTSIDER, 5n);
    world.chain.mine();
    const block = await world.chain.reader.block(2n);
    const [hash, own] = [...world.transactions][0] as [string, OwnTransaction];
    expect(() => bookBlock(block, { ...world.books, transactions: new Map() })).toThrow(
      expect.objectContaining({ code: 'follower.foreign_spend' }) as InvariantBroken,
    );
    const altered = new Map([[hash, { ...own, value: 4n as Amount }]]);
    expect(() => bookBlock(block, { ...world.books, transactions: altered })).toThrow(
      expect.objectContaining({ code: 'follower.spend_differs' }) as InvariantBroken,
    );
  });
});
