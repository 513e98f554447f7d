/** Nodes that lie, lag, stall, contradict each other or break: what the adapter says, and that it never answers wrongly instead. */
import type { Chain } from '#chains';
import { Fault } from '#kernel';
import { startLiar, type Liar, type Lie } from '../../../apps/localnet/index.js';
import { ETH, Stage } from './stage.spec-support.js';

let stage: Stage;
let liar: Liar;
let last: bigint; // a final block that paid the stranger
beforeAll(async () => {
  stage = await Stage.open();
  liar = await startLiar(stage.net);
  await stage.epochs(5);
  last = (await stage.settle('omnibus', stage.transfer('omnibus', stage.stranger, ETH))).block.number;
  await stage.control('finalise');
}, 60_000);
afterAll(async () => {
  await liar.stop();
  await stage.close();
});
afterEach(() => liar.tell());

const behind = { secondPatienceMs: 200, timeoutMs: 1500 };
/** An adapter whose only pair of nodes is the liar. */
const alone = (): Chain => stage.connect({ executionUrl: liar.executionUrl, beaconUrl: liar.beaconUrl, timeoutMs: 1500 });
/** An adapter with an honest pair, and the liar for a second. */
const doubting = (): Chain => stage.connect({ secondExecutionUrl: liar.executionUrl, secondBeaconUrl: liar.beaconUrl, ...behind });
/** The other way round: the liar is asked first. */
const deceived = (): Chain =>
  stage.connect({
    executionUrl: liar.executionUrl,
    beaconUrl: liar.beaconUrl,
    secondExecutionUrl: stage.net.executionUrl,
    secondBeaconUrl: stage.net.beaconUrl,
    ...behind,
  });
/** Both, knowing already what is final, as a follower of blocks does. */
async function following(): Promise<Chain[]> {
  const chains = [doubting(), deceived()];
  for (const chain of chains) await chain.reader.finalised();
  return chains;
}
/** The code of the Fault, or that there was none. */
const code = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'answered',
    (error: unknown) => (error instanceof Fault ? error.code : Promise.reject(error as Error)),
  );

describe('one pair of nodes alone', () => {
  const broken: [string, Lie, readonly string[]][] = [
    ['speaks for another network', { lie: 'network' }, ['chain.wrong_network']],
    ['follows what nobody verified', { lie: 'optimistic' }, ['chain.syncing']],
    ['answers garbage', { lie: 'body', as: 'garbage' }, ['chain.garbage', 'chain.unreachable']],
    ['answers half', { lie: 'body', as: 'truncated' }, ['chain.garbage', 'chain.unreachable']],
    ['answers nothing', { lie: 'body', as: 'empty' }, ['chain.garbage', 'chain.unreachable']],
    ['answers a page', { lie: 'body', as: 'html' }, ['chain.garbage', 'chain.unreachable']],
    ['answers 503', { lie: 'status', code: 503 }, ['chain.syncing', 'chain.unreachable']],
    ['answers 429', { lie: 'status', code: 429 }, ['chain.unreachable']],
    ['breaks off', { lie: 'reset' }, ['chain.unreachable']],
    ['does not answer in time', { lie: 'slow', ms: 5000 }, ['chain.unreachable']],
  ];

  it.each(broken)('that %s is not believed', async (_name, lie, codes) => {
    await liar.tell(lie);
    const chain = alone();
    for (const answer of [chain.reader.check(), chain.reader.finalised(), chain.staking.checkpoint()])
      expect(codes).toContain(await code(answer));
    await liar.tell();
    expect(await code(chain.reader.check())).toBe('answered');
  });

  it.each(['execution', 'beacon'] as const)('whose %s node breaks under the adapter is noticed, and believed again', async (face) => {
    const chain = alone();
    await chain.reader.check();
    await liar.tell({ lie: 'reset', face });
    expect(await code(chain.reader.check())).toBe('chain.unreachable');
    await liar.tell();
    expect(await code(chain.reader.check())).toBe('answered');
  });

  it('that stands still is called stalled', async () => {
    await liar.tell({ lie: 'freeze' });
    const chain = alone();
    for (let slot = 0; slot < 9; slot++) {
      if (slot < 8) expect(await code(chain.reader.check())).toBe('answered');
      await stage.slots(1);
      stage.clock.advance(12_000);
    }
    expect(await code(chain.reader.check())).toBe('chain.stalled');
  });

  it('whose execution and beacon sides are of different chains is found out', async () => {
    await liar.tell({ lie: 'finalised', face: 'beacon' });
    expect(['chain.garbage', 'chain.syncing', 'chain.contradiction']).toContain(await code(alone().reader.finalised()));
  });

  it.each<Lie>([{ lie: 'finalised' }, { lie: 'lag', blocks: 40 }])('that takes back what was final ($lie) is not followed', async (lie) => {
    const chain = alone();
    await chain.reader.finalised();
    await liar.tell(lie);
    expect(['chain.finality_violated', 'chain.garbage']).toContain(await code(chain.reader.finalised()));
    expect(['chain.finality_violated', 'chain.garbage']).toContain(await code(chain.staking.checkpoint()));
  });

  it('whose execution side lags answers what is final as far as it goes', async () => {
    const truth = await stage.chain.reader.finalised();
    await liar.tell({ lie: 'lag', blocks: 24, face: 'execution' });
    const chain = alone();
    const answered = await code(chain.reader.finalised());
    expect(['answered', 'chain.syncing', 'chain.behind']).toContain(answered);
    if (answered !== 'answered') return;
    const { number, hash } = await chain.reader.finalised();
    expect(number).toBeLessThanOrEqual(truth.number);
    expect(await stage.chain.reader.blockHash(number)).toBe(hash);
  });
});

describe('a second pair of nodes', () => {
  it('that agrees changes nothing', async () => {
    for (const chain of [doubting(), deceived()]) {
      expect(await chain.reader.finalised()).toEqual(await stage.chain.reader.finalised());
      expect(await chain.reader.block(last)).toEqual(await stage.chain.reader.block(last));
      expect(await chain.staking.checkpoint()).toEqual(await stage.chain.staking.checkpoint());
      expect(await code(chain.reader.check())).toBe('answered');
    }
  });

  it('that names another final block stops everything: nothing is credited', async () => {
    await liar.tell({ lie: 'finalised' });
    for (const chain of [doubting(), deceived()]) {
      expect(await code(chain.reader.finalised())).toBe('chain.contradiction');
      expect(await code(chain.staking.checkpoint())).toBe('chain.contradiction');
    }
  });

  it('that tells another balance of something final is not outvoted', async () => {
    await liar.tell({ lie: 'balance', of: stage.stranger, amount: '1' });
    for (const chain of await following()) expect(await code(chain.reader.balance(stage.stranger, last))).toBe('chain.contradiction');
  });

  it('that tells of another payment in a final block is found out', async () => {
    const wei = ETH.toString(16);
    await liar.tell({ lie: 'replace', real: `"0x${wei}"`, fake: `"0x${wei}0"`, face: 'execution', match: 'eth_getBlockByNumber' });
    for (const chain of await following()) expect(['chain.contradiction', 'chain.garbage']).toContain(await code(chain.reader.block(last)));
  });

  it('that tells of another balance of a validator is found out in its rewards', async () => {
    const [genesis] = await stage.beacon<{ validator: { pubkey: string } }[]>('beacon/states/head/validators?id=20');
    const pubkey = genesis?.validator.pubkey ?? '';
    const to = await stage.chain.staking.checkpoint();
    const opening = (await stage.chain.staking.validators([pubkey], 'finalised')).validators[0]?.balance;
    if (opening === undefined) throw new Error('one was asked for');
    await liar.tell({ lie: 'balance', of: pubkey, amount: '40000000000' });
    const period = [{ pubkey, opening, sinceSlot: to.slot }];
    for (const chain of [doubting(), deceived()]) {
      expect(await code(chain.staking.rewards(period, to))).toBe('chain.contradiction');
      expect(await code(chain.staking.validators([pubkey], 'finalised'))).toBe('chain.contradiction');
    }
  });

  it('that is behind is waited for, and then said to be', async () => {
    await liar.tell({ lie: 'lag', blocks: 30 });
    expect(await code(doubting().reader.finalised())).toBe('chain.stalled');
    await liar.tell({ lie: 'lag', blocks: 1 });
    expect(await code(doubting().reader.finalised())).toBe('answered');
  });

  it('that cannot be reached is said so: its word is missing', async () => {
    await liar.tell({ lie: 'reset' });
    expect(await code(doubting().reader.finalised())).toBe('chain.unreachable');
  });

  it('of another network is refused', async () => {
    await liar.tell({ lie: 'network' });
    expect(await code(doubting().reader.check())).toBe('chain.wrong_network');
  });
});
