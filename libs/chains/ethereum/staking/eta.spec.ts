import { amount } from '#kernel';
import { atHead, bytes32, HEAD, hexOf, queuedDeposit, state, validatorAnswer, type FakeNodes } from '../node/fake-nodes.spec-support.js';
import { entryEta, exitEta, partialWithdrawalEta } from './eta.js';

const ETH = 10n ** 18n;
const vault = `0x${'aa'.repeat(20)}`;

describe('a time to wait', () => {
  const deposits = (count: number, gwei: string): unknown[] => Array.from({ length: count }, (_, n) => queuedDeposit(n + 100, gwei));

  it('for an entry follows the queue by amount and by count, finality and activation', async () => {
    // nothing ahead: the deposit's own finality (3), eligibility and its finality (4), lookahead (5); 96 seconds an epoch
    expect(await entryEta(atHead().network(), amount(32n * ETH))).toMatchObject({ p50Seconds: 12 * 96, p90Seconds: 14 * 96 });
    // 640 ETH ahead at 64 an epoch, and our own 32: 11 epochs
    const long = await entryEta(atHead({ queue: deposits(20, '32000000000') }).network(), amount(32n * ETH));
    expect(long.p50Seconds).toBe(20 * 96);
    expect(long.basis).toContain('640 ETH in 20 deposits ahead at 64 ETH and 16 deposits an epoch');
    // many small ones: the count decides
    expect(await entryEta(atHead({ queue: deposits(159, '1000000') }).network(), amount(32n * ETH))).toMatchObject({ p50Seconds: 19 * 96 });
  });

  it('uses all active stake where the node tells it', async () => {
    const nodes = atHead({ queue: deposits(20, '32000000000') });
    const members = Array.from({ length: 16 }, (_, n) => String(n));
    nodes.reply(state(HEAD, 'committees'), [], { finalized: false });
    nodes.reply(state(HEAD, `validators?id=${members.join(',')}`), [], { finalized: false });
    nodes.reply(state(HEAD, `committees?slot=${HEAD}`), [{ index: '0', slot: String(HEAD), validators: members }], { finalized: false });
    // 16 a slot, 8 slots, 32 ETH each: 4096 ETH, a 32nd of it an epoch
    expect((await entryEta(nodes.network(), amount(32n * ETH))).basis).toContain('at 128 ETH');
  });

  it('counts every active validator where they are few', async () => {
    const nodes = atHead({ queue: deposits(20, '32000000000') });
    nodes.reply(state(HEAD, `committees?slot=${HEAD}`), [{ validators: ['1'] }], { finalized: false });
    nodes.reply(state(HEAD, 'committees'), [{ validators: ['1', '2'] }, { validators: ['3'] }], { finalized: false });
    const big = { effective_balance: '2048000000000' };
    nodes.reply(
      state(HEAD, 'validators?id=1,2,3'),
      [1, 2, 3].map((n) => validatorAnswer(n, { validator: big })),
      { finalized: false },
    );
    // 6144 ETH: more than the cap of 128 ETH an epoch
    expect((await entryEta(nodes.network(), amount(32n * ETH))).basis).toContain('at 128 ETH');
  });

  it('for a part waits in the exit queue, and is then paid in turn', async () => {
    const partials = [1, 2, 3, 4].map((n) => ({ validator_index: String(n), amount: '1', withdrawable_epoch: '48' }));
    const eta = await partialWithdrawalEta(atHead({ partials }).network(), amount(ETH));
    // the last of them leaves in epoch 40; withdrawable 8 later; two a block
    expect(eta.p50Seconds).toBe(((40 - 12 + 8) * 8 + 1) * 12);
    expect(eta.basis).toContain('2 partial withdrawals a block');
  });

  function sweeping(count: number, credits: number[], options: Parameters<typeof atHead>[0] = {}): FakeNodes {
    const nodes = atHead(options);
    for (let index = 0; index < 200; index++) {
      nodes.reply(state(HEAD, `validators?id=${index}`), index < count ? [validatorAnswer(index)] : [], { finalized: false });
    }
    nodes.method('eth_getBlockByNumber', () => ({
      number: '0x5',
      hash: bytes32(5),
      timestamp: '0x0',
      withdrawals: credits.map((of, n) => ({ index: hexOf(n), validatorIndex: hexOf(of), address: vault, amount: '0x1' })),
    }));
    return nodes;
  }

  it('for an exit is the queue, the delay and the sweep', async () => {
    const quiet = await exitEta(sweeping(65, []).network(), amount(32n * ETH));
    // out in 5 epochs, withdrawable 8 later; 65 validators swept 16 a slot: 5 slots a round
    expect(quiet.p50Seconds).toBe((13 * 8 + 2) * 12);
    expect(quiet.basis).toContain('takes 5 slots');
    const busy = sweeping(65, [10, 11, 12, 14], { exiting: [validatorAnswer(9, { validator: { exit_epoch: '40' } })] });
    const eta = await exitEta(busy.network(), amount(32n * ETH));
    expect(eta.p50Seconds).toBe(((40 - 12 + 8) * 8 + 8) * 12);
    expect(eta.basis).toContain('takes 17 slots');
  });
});
