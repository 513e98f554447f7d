/** Transactions under fault: outrun by the base fee, replaced, dropped, taken back by a reorg, and answers that never came. */
import { amount } from '#kernel';
import { startLiar, type Liar } from '../../../apps/localnet/index.js';
import { ETH, GWEI, Stage } from './stage.spec-support.js';

let stage: Stage;
let liar: Liar;
beforeAll(async () => {
  stage = await Stage.open();
  liar = await startLiar(stage.net);
}, 60_000);
afterAll(async () => {
  await liar.stop();
  await stage.close();
});

const state = async (hash: string): Promise<string> => (await stage.chain.writer.status(hash)).state;
const raise = (gwei: bigint, blocks: number): Promise<unknown> => stage.control('base-fee', { wei: (gwei * GWEI).toString(), blocks });
const calm = async (): Promise<void> => {
  await raise(1n, 1);
  await stage.slots(1);
};
const used = () => stage.chain.writer.finalisedNonce(stage.omnibus);

describe('a transaction', () => {
  it('that the base fee outran waits, and goes through for a raised fee under the same nonce, once', async () => {
    await calm();
    const plan = stage.transfer('omnibus', stage.stranger, ETH);
    const stuck = await stage.send('omnibus', plan);
    await raise(100n, 3);
    await stage.slots(2);
    expect(await state(stuck.hash)).toBe('pending');
    expect(await stage.chain.writer.nextNonce(stage.omnibus)).toBe(stuck.nonce);
    const fee = await stage.chain.writer.bumpFee(plan, stuck.fee);
    expect(fee.maxFeePerGas).toBeGreaterThanOrEqual(100n * GWEI);
    expect(fee.maxPriorityFeePerGas * 8n).toBeGreaterThanOrEqual(stuck.fee.maxPriorityFeePerGas * 9n);
    const raised = stage.sign('omnibus', plan, stuck.nonce, fee);
    expect(await stage.chain.writer.broadcast(raised.signed)).toEqual({ ok: true, value: raised.hash });
    expect(await state(stuck.hash)).toBe('unknown');
    const before = await stage.chain.reader.balance(stage.stranger, (await stage.chain.reader.head()).number);
    await stage.slots(20); // the fee falls below what the first one would have paid
    expect([await state(stuck.hash), await state(raised.hash)]).toEqual(['unknown', 'included']);
    expect((await stage.chain.reader.balance(stage.stranger, (await stage.chain.reader.head()).number)) - before).toBe(ETH);
    expect(await stage.chain.writer.broadcast(stuck.signed)).toMatchObject({ ok: false, refusal: { code: 'transaction.nonce_used' } });
  });

  it('is refused a raise that is none', async () => {
    await calm();
    const plan = stage.transfer('omnibus', stage.stranger, 5n);
    const sent = await stage.send('omnibus', plan);
    const hardly = { ...sent.fee, maxFeePerGas: sent.fee.maxFeePerGas + 1n };
    const refused = await stage.chain.writer.broadcast(stage.sign('omnibus', plan, sent.nonce, hardly).signed);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'transaction.underpriced' } });
    await stage.slots(1);
    expect(await state(sent.hash)).toBe('included');
  });

  it('whose nonce a stranger with the same key used is lost for ever, which finality tells', async () => {
    await calm();
    const lost = await stage.send('omnibus', stage.transfer('omnibus', stage.stranger, 7n));
    const foreignPlan = stage.transfer('omnibus', stage.vault, 8n);
    const foreign = stage.sign('omnibus', foreignPlan, lost.nonce, await stage.chain.writer.bumpFee(foreignPlan, lost.fee));
    await stage.chain.writer.broadcast(foreign.signed);
    await stage.slots(1);
    expect([await state(lost.hash), await state(foreign.hash)]).toEqual(['unknown', 'included']);
    expect(await used()).toBeLessThanOrEqual(lost.nonce); // the foreign one may still be undone
    await stage.control('finalise');
    expect(await used()).toBeGreaterThan(lost.nonce);
    expect(await stage.chain.writer.broadcast(lost.signed)).toMatchObject({ ok: false, refusal: { code: 'transaction.nonce_used' } });
  });

  it('that the pool dropped is unknown, and the same bytes bring it back', async () => {
    const dropped = await stage.send('omnibus', stage.transfer('omnibus', stage.stranger, 9n));
    await stage.control('drop-transaction', { hash: dropped.hash });
    await stage.slots(1);
    expect(await state(dropped.hash)).toBe('unknown');
    expect(await used()).toBeLessThanOrEqual(dropped.nonce);
    expect(await stage.chain.writer.broadcast(dropped.signed)).toEqual({ ok: true, value: dropped.hash });
    await stage.slots(1);
    expect(await state(dropped.hash)).toBe('included');
  });

  it('that a reorg took back is in the pool again, or gone, and never paid twice', async () => {
    const from = (await stage.chain.reader.head()).number;
    const [kept, gone] = [
      await stage.send('omnibus', stage.transfer('omnibus', stage.stranger, 11n)),
      await stage.send('vault', stage.transfer('vault', stage.stranger, 13n)),
    ];
    await stage.slots(2);
    await stage.control('reorg', { depth: 2, keep: true });
    expect([await state(kept.hash), await state(gone.hash)]).toEqual(['included', 'included']);
    await stage.control('reorg', { depth: 2 });
    expect([await state(kept.hash), await state(gone.hash)]).toEqual(['unknown', 'unknown']);
    await stage.chain.writer.broadcast(kept.signed);
    await stage.slots(2);
    const seen: string[] = [];
    for (let number = from + 1n; number <= (await stage.chain.reader.head()).number; number++) {
      seen.push(...(await stage.chain.reader.block(number)).transfers.map(({ transactionHash }) => transactionHash));
    }
    expect(seen.filter((hash) => hash === kept.hash)).toHaveLength(1);
    expect(seen).not.toContain(gone.hash);
  });

  it('whose answer never came was sent, or not: its status tells', async () => {
    const chain = stage.connect({ executionUrl: liar.executionUrl, beaconUrl: liar.beaconUrl, timeoutMs: 1000 });
    await chain.reader.head();
    const plan = stage.transfer('omnibus', stage.stranger, 17n);
    const [fee, nonce] = [await chain.writer.quoteFee(plan), await chain.writer.nextNonce(stage.omnibus)];
    const made = stage.sign('omnibus', plan, nonce, fee);
    await liar.tell({ lie: 'body', as: 'truncated', match: 'eth_sendRawTransaction' }); // it arrives, the answer does not
    await expect(chain.writer.broadcast(made.signed)).rejects.toMatchObject({ code: expect.stringMatching(/^chain\./) });
    await liar.tell();
    expect(await chain.writer.status(made.hash)).toEqual({ state: 'pending' });
    expect(await chain.writer.broadcast(made.signed)).toEqual({ ok: true, value: made.hash });
    await stage.slots(1);
    expect(await state(made.hash)).toBe('included');
  });

  it('that reverts is refused before it is sent, and costs its gas where it was sent', async () => {
    const { depositContract } = { depositContract: '0x00000000219ab540356cbb839cbe05303d7705fa' };
    const plan = { ...stage.transfer('omnibus', depositContract, 1n), data: '0x22895118' };
    await expect(stage.chain.writer.quoteFee(plan)).rejects.toMatchObject({ code: 'chain.execution_reverts', retryable: false });
    const fee = { ...(await stage.chain.writer.quoteFee(stage.transfer('omnibus', stage.vault, 1n))), gasLimit: 60_000n };
    const made = stage.sign('omnibus', plan, await stage.chain.writer.nextNonce(stage.omnibus), {
      ...fee,
      worstCost: amount(60_000n * fee.maxFeePerGas),
    });
    await stage.chain.writer.broadcast(made.signed);
    await stage.slots(1);
    const status = await stage.chain.writer.status(made.hash);
    expect(status).toMatchObject({ state: 'included', succeeded: false });
    if (status.state !== 'included') throw new Error(status.state);
    const head = status.block.number;
    const [before, after] = await Promise.all([head - 1n, head].map((number) => stage.chain.reader.balance(stage.omnibus, number)));
    expect((before ?? 0n) - (after ?? 0n)).toBe(status.gasCost);
  });
});
