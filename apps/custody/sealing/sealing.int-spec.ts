import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { record } from '#audit';
import type { EntityManager } from 'typeorm';
import { listSeals, readAnchor, sealHealth, SealKey, type AnchorEntry, type SignedBlock } from '#ledger';
import type { SealedLog, SealRequestV1 } from '#messages';
import { createMetrics } from '#runtime';
import { eventually } from '#testing';
import { CustodyWorld } from '../custody.spec-support.js';
import { SealMetrics } from './seal-metrics.js';
import { SealsProcessor } from './seals.processor.js';
import { SealingService } from './sealing.service.js';

const key = SealKey.fromSeed(Buffer.alloc(64, 7));
let folder: string;
let world: CustodyWorld;
const anchorFile = (): string => join(folder, 'anchor.jsonl');

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'anchor-'));
  world = await CustodyWorld.open({ SEAL_ANCHOR_FILE: anchorFile(), SEAL_MOST_ROWS: 3 });
});
afterEach(async () => {
  await world.close();
  rmSync(folder, { recursive: true, force: true });
});

const act = (): Promise<void> =>
  world.transactor.run((em) => record(em, { actor: { kind: 'system', id: 'spec' }, action: 'spec.act', resource: 'r' }));
const requests = async (): Promise<SealRequestV1[]> =>
  (
    await world.db.admin.query<{ payload: SealRequestV1 }[]>(
      `SELECT payload FROM delivery.delivery WHERE message = 'seal.request@1' ORDER BY position`,
    )
  ).map(({ payload }) => payload);
const health = (em: EntityManager) => sealHealth(em);
const blocks = (log: SealedLog): Promise<SignedBlock[]> => world.transactor.read((em) => listSeals(em, log, 200));

/** Seals until nothing waits; others on the server may hold it back for a moment. */
const seal = (): Promise<boolean> =>
  eventually(
    async () => {
      await world.get(SealingService).run();
      return (await world.transactor.read(health)).logs.every(({ unsealed }) => unsealed === 0);
    },
    { timeoutMs: 30_000 },
  );
/** The signer's answers to what was asked after the first `after` requests. */
async function sign(after = 0, by = key): Promise<void> {
  for (const { log, seq, previous, hash } of (await requests()).slice(after)) {
    const signature = `0x${by.sign({ log, seq, previous: previous.slice(2), hash: hash.slice(2) })}`;
    await world.handle(SealsProcessor, (p, em) => p.signed(em, { log, seq, hash, signature, publicKey: `0x${by.publicKey}` }));
  }
}
async function anchored(): Promise<(AnchorEntry | null)[]> {
  const entries: (AnchorEntry | null)[] = [];
  for await (const entry of readAnchor(anchorFile())) entries.push(entry);
  return entries;
}

it('seals, asks, keeps the signatures and anchors each signed block once', async () => {
  for (let i = 0; i < 5; i++) await act();
  await seal();
  const asked = await requests();
  const sealed = [...(await blocks('ledger')), ...(await blocks('audit'))];
  expect(asked).toHaveLength(sealed.length);
  expect(asked.filter(({ log }) => log === 'audit').length).toBeGreaterThan(1);
  expect(await anchored()).toEqual([]);
  await sign();
  await world.get(SealingService).run();
  await world.get(SealingService).run();
  const lines = await anchored();
  expect(lines.map((line) => line?.hash).toSorted()).toEqual(sealed.map(({ hash }) => hash).toSorted());
  expect((await world.transactor.read(health)).logs.map(({ sealed: s, signed, refused }) => [s === signed, refused])).toEqual([
    [true, null],
    [true, null],
  ]);
});

it('goes on with a file whose last line a crash cut off, and never on top of another past', async () => {
  await act();
  await seal();
  await sign();
  await world.get(SealingService).run();
  const before = (await anchored()).length;
  await world.close();
  appendFileSync(anchorFile(), '{"log":"audit","se');
  world = await CustodyWorld.open({ SEAL_ANCHOR_FILE: anchorFile(), SEAL_MOST_ROWS: 3 });
  await act();
  await seal();
  await sign();
  await world.get(SealingService).run();
  // another database than the one that was anchored: its chain has other hashes
  expect(readFileSync(anchorFile(), 'utf8').endsWith('\n')).toBe(true);
  expect(await anchored()).toHaveLength(before);
});

it('stops and keeps the refusal when the signer remembers another past', async () => {
  await act();
  await seal();
  const [first] = (await requests()).filter(({ log }) => log === 'audit');
  if (!first) throw new Error('nothing was asked');
  await world.handle(SealsProcessor, (p, em) => p.refused(em, { ...first, code: 'seal.rewritten', detail: 'd' }));
  await act();
  await world.get(SealingService).run();
  expect((await blocks('audit')).map(({ seq }) => seq)).toEqual(['1']);
  const at = (await world.transactor.read(health)).logs.find(({ log }) => log === 'audit');
  expect(at).toMatchObject({ refused: 'seal.rewritten', sealed: '1', signed: '0', unsealed: 1 });
});

it('takes no signature of another key than before, none that does not hold, and none of a block that was altered meanwhile', async () => {
  await act();
  await seal();
  await sign();
  const known = (await requests()).length;
  await act();
  await seal();
  const [next] = (await requests()).slice(known);
  if (!next) throw new Error('nothing was asked');
  const { log, seq, hash } = next;
  await expect(
    world.handle(SealsProcessor, (p, em) =>
      p.signed(em, { log, seq, hash, signature: `0x${'11'.repeat(64)}`, publicKey: `0x${key.publicKey}` }),
    ),
  ).rejects.toThrow('seal.signature_invalid');
  await sign(known, SealKey.fromSeed(Buffer.alloc(64, 8)));
  expect((await world.transactor.read(health)).logs.find((at) => at.log === log)?.refused).toBe('seal.foreign_key');
  await world.handle(SealsProcessor, (p, em) =>
    p.signed(em, { log, seq, hash: `0x${'22'.repeat(32)}`, signature: `0x${'11'.repeat(64)}`, publicKey: `0x${key.publicKey}` }),
  );
  expect((await blocks(log))[0]?.signature).toBeNull();
});

it('shows the tail, the newest signature and its key to an operator', async () => {
  await act();
  await seal();
  await sign();
  await act();
  const metrics = createMetrics('custody');
  new SealMetrics(metrics, world.transactor);
  const text = await metrics.metrics();
  for (const line of [
    'bailee_ledger_unsealed_batches{room="custody"} 0',
    'bailee_audit_unsealed_rows{room="custody"} 1',
    'bailee_seal_refused{log="audit",room="custody"} 0',
    `public_key="${key.publicKey}"`,
  ])
    expect(text).toContain(line);
  expect(text).toMatch(/bailee_audit_unsealed_seconds\{room="custody"\} 0\.\d/);
});
