import { SLOTS_PER_EPOCH, World } from './spec-support.js';

const receiver = `0x${'12'.repeat(20)}` as const;

describe('what can go wrong, on purpose', () => {
  let world: World;

  beforeAll(async () => {
    world = await World.start();
    await world.fund('200');
    await world.slots(2 * SLOTS_PER_EPOCH);
  });
  afterAll(() => world.end());

  const numberOf = async (tag: 'latest' | 'safe' | 'finalized') => Number((await world.public.getBlock({ blockTag: tag })).number);

  it('agrees on both faces what is head, safe and final', async () => {
    await world.slots(4 * SLOTS_PER_EPOCH);
    const checkpoints = await world.data('v1/beacon/states/head/finality_checkpoints');
    for (const [tag, id, root] of [
      ['finalized', 'finalized', checkpoints.finalized.root],
      ['safe', checkpoints.current_justified.root, checkpoints.current_justified.root],
    ] as const) {
      const { message } = await world.data(`v2/beacon/blocks/${id}`);
      expect(await numberOf(tag)).toBe(Number(message.body.execution_payload.block_number));
      expect((await world.data(`v1/beacon/headers/${id}`)).root).toBe(root);
    }
    const { finalizedSlot, finalizedEpoch } = await world.status();
    expect(Number(checkpoints.finalized.epoch)).toBe(finalizedEpoch);
    expect((await world.beacon('v1/beacon/states/finalized/validators/0')).body).toMatchObject({
      finalized: true,
      execution_optimistic: false,
    });
    expect((await world.beacon('v1/beacon/states/head/validators/0')).body.finalized).toBe(false);
    expect((await world.beacon(`v1/beacon/headers/${finalizedSlot}`)).body.finalized).toBe(true);
  });

  it('takes a deposit away by a reorg, on both sides', async () => {
    const address = world.account.address;
    const held = await world.public.getBalance({ address });
    const { pubkey, hash } = await world.deposit();
    await world.slots(2);
    expect(await world.pendingKeys()).toContain(pubkey);
    const old = await world.status();
    const { removed } = await world.drive('reorg', { depth: 3 });
    expect(removed).toHaveLength(3);
    expect(await world.pendingKeys()).not.toContain(pubkey);
    await expect(world.public.getTransactionReceipt({ hash })).rejects.toThrow('could not be found');
    expect(await world.public.getTransactionCount({ address })).toBe(0);
    expect(await world.public.getBalance({ address })).toBe(held);
    expect((await world.beacon(`v1/beacon/headers/${old.headRoot}`)).status).toBe(404);
    const now = await world.status();
    expect([now.slot, now.block]).toEqual([old.slot, old.block]);
    expect([now.headRoot, now.blockHash]).not.toEqual([old.headRoot, old.blockHash]);
    expect((await world.public.getBlock({ blockNumber: BigInt(old.block) })).hash).not.toBe(old.blockHash);
  });

  it('brings the transactions back with keep', async () => {
    const { pubkey, hash, value } = await world.deposit();
    await world.slots(2);
    await world.drive('reorg', { depth: 2, keep: true });
    await world.enter(hash, value);
    expect(await world.pendingKeys()).toContain(pubkey);
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });

  it('does not undo what is final', async () => {
    const { slot, finalizedSlot } = await world.status();
    const answer = await world.control('reorg', { depth: slot - finalizedSlot + 1 });
    expect(answer).toMatchObject({ status: 409, body: { code: 'localnet.reorg_too_deep' } });
    const { headRoot } = await world.drive('advance', { slots: 1 });
    expect((await world.data('v1/beacon/headers/head')).root).toBe(headRoot);
  });

  it('drops a transaction from the pool', async () => {
    const hash = await world.wallet.sendTransaction({ to: receiver, value: 5n });
    expect(await world.drive('drop-transaction', { hash })).toEqual({ dropped: hash });
    await world.slots(1);
    await expect(world.public.getTransaction({ hash })).rejects.toThrow('could not be found');
    expect(await world.public.getBalance({ address: receiver })).toBe(0n);
    expect(await world.control('drop-transaction', { hash })).toMatchObject({
      status: 404,
      body: { code: 'localnet.transaction_unknown' },
    });
  });

  it('keeps the sides in step when proposers are offline and slots are missed', async () => {
    const before = await world.status();
    for (let index = 0; index < 64; index += 4) await world.drive('offline', { index });
    await world.slots(40);
    const after = await world.status();
    const missed = 40 - (after.block - before.block);
    expect(missed).toBeGreaterThan(0);
    expect(after.finalizedEpoch).toBeGreaterThan(before.finalizedEpoch);
    let holes = 0;
    for (let slot = before.slot + 1; slot <= after.headSlot; slot++) {
      const block = await world.beacon(`v2/beacon/blocks/${slot}`);
      expect((await world.beacon(`v1/beacon/states/${slot}/finality_checkpoints`)).status).toBe(200);
      if (block.status === 404) holes++;
      else {
        const payload = block.body.data.message.body.execution_payload;
        const mined = await world.public.getBlock({ blockNumber: BigInt(payload.block_number) });
        expect([mined.hash, mined.timestamp]).toEqual([payload.block_hash, BigInt(payload.timestamp)]);
      }
    }
    expect(holes).toBe(missed - (after.slot - after.headSlot));
    for (let index = 0; index < 64; index += 4) await world.drive('offline', { index, offline: false });
    expect((await world.status()).offline).toEqual([]);
  });

  it('stalls finality while the head moves, and lets it go on', async () => {
    await world.drive('stall');
    const stalled = await world.drive('advance', { epochs: 6 });
    const still = await world.drive('advance', { epochs: 1 });
    expect(still.finalizedEpoch).toBe(stalled.finalizedEpoch);
    expect(still.headSlot).toBeGreaterThan(stalled.headSlot);
    expect(await world.control('finalise')).toMatchObject({ status: 409, body: { code: 'localnet.no_finality' } });
    await world.drive('stall', { stalled: false });
    const { headSlot } = await world.status();
    expect((await world.drive('finalise')).finalizedSlot).toBeGreaterThanOrEqual(headSlot);
    const { expected, held } = await world.reconcile();
    expect(held).toBe(expected);
  });

  it('halts: no face shows a new head until it is let go', async () => {
    await world.drive('halt');
    await world.drive('pace', { ms: 5 });
    const before = await world.status();
    expect(await world.control('advance', { slots: 1 })).toMatchObject({ status: 409, body: { code: 'localnet.halted' } });
    expect(await world.control('reorg', { depth: 1 })).toMatchObject({ status: 409, body: { code: 'localnet.halted' } });
    expect(await numberOf('latest')).toBe(before.block);
    await world.drive('halt', { halted: false });
    for (let reads = 0; (await world.status()).slot < before.slot + 3; reads++) expect(reads).toBeLessThan(5000);
    await world.drive('pace', { ms: 0 });
  });

  it('says on both faces that it is syncing', async () => {
    expect((await world.beacon('v1/node/syncing')).body.data).toMatchObject({ is_syncing: false, sync_distance: '0' });
    expect((await world.rpc({ jsonrpc: '2.0', id: 1, method: 'eth_syncing' })).body.result).toBe(false);
    await world.drive('syncing');
    expect((await world.beacon('v1/node/syncing')).body.data.is_syncing).toBe(true);
    expect((await world.beacon('v1/node/health')).status).toBe(206);
    expect((await world.rpc({ jsonrpc: '2.0', id: 1, method: 'eth_syncing' })).body.result).toHaveProperty('highestBlock');
    await world.drive('syncing', { syncing: false });
    expect((await world.beacon('v1/node/health')).status).toBe(200);
  });

  it('tells of heads, finality and reorgs by server-sent events', async () => {
    const stop = new AbortController();
    const topics = 'head,finalized_checkpoint,chain_reorg';
    const stream = await fetch(`${world.net.beaconUrl}/eth/v1/events?topics=${topics}`, { signal: stop.signal });
    await world.drive('advance', { epochs: 2 });
    await world.drive('reorg', { depth: 2 });
    const seen = new Set<string>();
    for await (const part of stream.body as unknown as AsyncIterable<Uint8Array>) {
      for (const [, topic] of Buffer.from(part)
        .toString()
        .matchAll(/^event: (\w+)$/gm))
        seen.add(topic ?? '');
      if (seen.size === 3) break;
    }
    stop.abort();
    expect([...seen].sort()).toEqual(['chain_reorg', 'finalized_checkpoint', 'head']);
  });
});
