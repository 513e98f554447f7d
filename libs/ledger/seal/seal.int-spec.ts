import { recordMany } from '#audit';
import type { Transactor } from '#database';
import { newUuid } from '#kernel';
import type { SealedLog } from '#messages';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import type { EntityManager } from 'typeorm';
import {
  inclusionProof,
  auditInclusionProof,
  isIncluded,
  keepSealRefusal,
  keepSealSignature,
  listSeals,
  placeHold,
  post,
  sealHealth,
  SealKey,
  sealNext,
} from '../index.js';
import { fund, openRooms, reserve, type Funded, type Rooms } from '../postings.spec-support.js';
import { hashOfBlock, hashOfLeaf, NOTHING_BEFORE, type Leaf, type SignedBlock } from './block.js';
import { MerkleRoot } from './merkle.js';

let db: TestDatabase;
let rooms: Rooms;
let custody: Transactor;
let ann: Funded;
const key = SealKey.fromSeed(Buffer.alloc(64, 7));

beforeEach(async () => {
  db = await createTestDatabase();
  rooms = await openRooms(db);
  custody = rooms.custody;
  ann = await fund(rooms, 1_000_000n);
});
afterEach(() => db.close());

const act = (em: EntityManager, n = 1): Promise<void> =>
  recordMany(
    em,
    Array.from({ length: n }, (_, i) => ({ actor: { kind: 'system', id: 'spec' } as const, action: 'spec.act', resource: `r_${i}` })),
  );
const stake = (): Promise<unknown> => rooms.staking.run((em) => post(em, [reserve(ann, 1n)]));
const batches = async (): Promise<string[]> =>
  (await db.admin.query<{ id: string }[]>('SELECT id FROM ledger.batch ORDER BY id')).map(({ id }) => id);
const marks = (log: SealedLog, seq: string, kind = 1): Promise<string[]> =>
  custody.run(async (em) =>
    (await em.query<Leaf[]>('SELECT * FROM seal.leaves($1, $2)', [log, seq])).filter((leaf) => leaf.kind === kind).map((leaf) => leaf.mark),
  );
const seals = async (log: SealedLog): Promise<SignedBlock[]> => (await custody.run((em) => listSeals(em, log, 200))).toReversed();
const unsealed = async (log: SealedLog): Promise<number> =>
  (await custody.run((em) => sealHealth(em))).logs.find((each) => each.log === log)?.unsealed ?? -1;

/** Seals until nothing of this database waits; transactions of others on the server may hold it back for a moment. */
const sealAll = (log: SealedLog, mostRows = 1000): Promise<boolean> =>
  eventually(
    async () => {
      while (await custody.run((em) => sealNext(em, log, mostRows)));
      return (await unsealed(log)) === 0;
    },
    { timeoutMs: 40_000 },
  );
const sealedMarks = async (log: SealedLog): Promise<string[]> =>
  (await Promise.all((await seals(log)).map((block) => marks(log, block.seq)))).flat();

it('covers batches, accounts, holds, the chart and audit rows, each once, in a chain that anybody can compute again', async () => {
  await rooms.compliance.run((em) =>
    placeHold(em, { holdId: newUuid(), owner: ann.owner, scopes: ['withdraw'], reason: 'r', legalBasis: 'l', placedBy: 'p' }),
  );
  for (let i = 0; i < 7; i++) await stake();
  await custody.run((em) => act(em, 5));
  await sealAll('ledger', 3);
  await sealAll('audit', 3);
  for (const log of ['ledger', 'audit'] as const) {
    let previous = NOTHING_BEFORE;
    for (const [i, block] of (await seals(log)).entries()) {
      expect(block).toMatchObject({ log, seq: String(i + 1), previous, epoch: 1, hash: hashOfBlock(block), signature: null });
      const tree = new MerkleRoot();
      for (const leaf of await custody.run((em) => em.query<Leaf[]>('SELECT * FROM seal.leaves($1, $2)', [log, block.seq])))
        tree.add(hashOfLeaf(leaf));
      expect([tree.size, tree.value().toString('hex')]).toEqual([block.rows, block.root]);
      previous = block.hash;
    }
  }
  const blocks = await seals('ledger');
  expect(blocks.length).toBeGreaterThan(2);
  expect((await sealedMarks('ledger')).toSorted((a, b) => Number(a) - Number(b))).toEqual(await batches());
  const [{ accounts }] = await db.admin.query<[{ accounts: string }]>('SELECT count(*) AS accounts FROM ledger.account');
  expect((await Promise.all(blocks.map((b) => marks('ledger', b.seq, 2)))).flat()).toHaveLength(Number(accounts));
  expect((await Promise.all(blocks.map((b) => marks('ledger', b.seq, 3)))).flat()).toHaveLength(1);
  expect(blocks[0]?.chart).toBeGreaterThan(0);
  // a transaction is never split: its five acts are in one block though three rows were asked for
  expect((await seals('audit')).map((b) => b.rows)).toEqual([5]);
  expect(await custody.run((em) => sealNext(em, 'ledger', 10))).toBeNull();
});

/** A posting in a transaction that stays open until it is told to commit. */
async function openPosting(): Promise<{ commit: () => Promise<void> }> {
  const late = await fund(rooms, 10n);
  const runner = (await db.dataSource('staking')).createQueryRunner();
  await runner.startTransaction();
  await post(runner.manager, [reserve(late, 1n)]);
  return { commit: () => runner.commitTransaction().finally(() => runner.release()) };
}
const byNumber = (ids: readonly string[]): string[] => ids.toSorted((a, b) => Number(a) - Number(b));

it('never skips a batch of a long transaction that commits after later ones', async () => {
  await sealAll('ledger');
  const late = await openPosting();
  await stake();
  await stake();
  while (await custody.run((em) => sealNext(em, 'ledger', 100)));
  const held = await custody.run((em) => sealHealth(em));
  expect(held.logs[0]?.unsealed).toBeGreaterThanOrEqual(2);
  expect(held.logs[0]?.unsealedSeconds).toBeGreaterThan(0);
  expect(held.oldestWriter?.seconds).toBeGreaterThan(0);
  await late.commit();
  await sealAll('ledger');
  expect(byNumber(await sealedMarks('ledger'))).toEqual(await batches());
});

it('Formance v2: a chain that walks by id or by the clock loses the late commit, and this one does not', async () => {
  let id = '0';
  let time = '-infinity';
  const byId: string[] = [];
  const byClock: string[] = [];
  const walk = async (): Promise<void> => {
    for (const row of await db.admin.query<{ id: string }[]>('SELECT id FROM ledger.batch WHERE id > $1 ORDER BY id', [id]))
      byId.push((id = row.id));
    const timed = await db.admin.query<{ id: string; at: string }[]>(
      'SELECT id, created_at::text AS at FROM ledger.batch WHERE created_at > $1 ORDER BY created_at',
      [time],
    );
    for (const row of timed) {
      byClock.push(row.id);
      time = row.at;
    }
    while (await custody.run((em) => sealNext(em, 'ledger', 100)));
  };
  const late = await openPosting();
  await stake();
  await walk();
  await late.commit();
  await walk();
  await sealAll('ledger');
  const all = await batches();
  expect(byId).toHaveLength(all.length - 1);
  expect(byClock).toHaveLength(all.length - 1);
  expect(byNumber(await sealedMarks('ledger'))).toEqual(all);
});

describe('in another cluster', () => {
  /** What a dump and restore does: the same rows and ids under the transaction ids of a cluster that was so far ahead or behind. */
  const moveAway = (offset: string): Promise<void> =>
    db.admin.transaction(async (em) => {
      await em.query('SET LOCAL session_replication_role = replica');
      const [{ first }] = await em.query<[{ first: string }]>('SELECT min(xid)::text AS first FROM ledger.account');
      const moved = (xid: string): string => `(${xid}::text::numeric + ${offset.replace('first', first)})::text::xid8`;
      for (const table of ['batch', 'account', 'hold']) await em.query(`UPDATE ledger.${table} SET xid = ${moved('xid')}`);
      await em.query(
        `UPDATE seal.block SET cluster = 'elsewhere', upto_xid = ${moved('upto_xid')}, after_xid = CASE after_xid WHEN '0' THEN '0' ELSE ${moved('after_xid')} END`,
      );
    });

  it.each([
    ['ahead', '1000000'],
    ['behind', '10 - first'],
  ])('finishes the old epoch, where the other counter was %s, then counts anew', async (_what, offset) => {
    await stake();
    await sealAll('ledger');
    for (let i = 0; i < 3; i++) await stake(); // the tail that comes along
    await moveAway(offset);
    await stake();
    await sealAll('ledger', 2);
    await stake();
    await sealAll('ledger', 2);
    const blocks = await seals('ledger');
    expect(blocks.map((b) => b.epoch)).toContain(2);
    expect(blocks.at(-1)?.cluster).not.toBe('elsewhere');
    expect(byNumber(await sealedMarks('ledger'))).toEqual(await batches());
    for (const id of await batches()) expect(await custody.run((em) => inclusionProof(em, BigInt(id)))).not.toBeNull();
  });

  it('begins an epoch too when the counter of this cluster was set back', async () => {
    await stake();
    await sealAll('ledger');
    await moveAway('1000000');
    await db.admin.transaction(async (em) => {
      await em.query('SET LOCAL session_replication_role = replica');
      await em.query('UPDATE seal.block SET cluster = seal.cluster()');
    });
    await stake();
    // until the next block is made, what was written since lies within the old window and counts as sealed
    await eventually(async () => {
      await sealAll('ledger');
      return (await seals('ledger')).at(-1)?.epoch === 2;
    });
    expect(byNumber(await sealedMarks('ledger'))).toEqual(await batches());
  });
});

it('proves that one batch or audit row stood in a signed block, without a database', async () => {
  for (let i = 0; i < 5; i++) await stake();
  await custody.run((em) => act(em, 3));
  await sealAll('ledger', 3);
  await sealAll('audit');
  for (const log of ['ledger', 'audit'] as const)
    for (const block of await seals(log))
      await custody.run((em) =>
        keepSealSignature(em, { log, seq: block.seq, hash: block.hash, signature: key.sign(block), publicKey: key.publicKey }),
      );
  for (const id of await batches()) {
    const proof = await custody.run((em) => inclusionProof(em, BigInt(id)));
    if (!proof) throw new Error(`no proof of batch ${id}`);
    expect(isIncluded(JSON.parse(JSON.stringify(proof)) as typeof proof, key.publicKey)).toBe(true);
    expect(isIncluded({ ...proof, leaf: { ...proof.leaf, digest: '00'.repeat(32) } }, key.publicKey)).toBe(false);
    expect(isIncluded({ ...proof, block: { ...proof.block, rows: proof.block.rows + 1 } }, key.publicKey)).toBe(false);
    expect(isIncluded(proof, SealKey.fromSeed(Buffer.alloc(64, 8)).publicKey)).toBe(false);
  }
  const [{ seq }] = await db.admin.query<[{ seq: string }]>('SELECT max(seq) AS seq FROM audit.event');
  const proof = await custody.run((em) => auditInclusionProof(em, BigInt(seq)));
  expect(proof !== null && isIncluded(proof, key.publicKey)).toBe(true);
  expect(await custody.run((em) => inclusionProof(em, 10n ** 9n))).toBeNull();
});

it('keeps a signature once, of the block as it is, and seals no further after a refusal', async () => {
  await sealAll('ledger');
  const [block] = await seals('ledger');
  if (!block) throw new Error('nothing was sealed');
  const keep = (hash: string, signature = key.sign(block)): Promise<void> =>
    custody.run((em) => keepSealSignature(em, { log: 'ledger', seq: '1', hash, signature, publicKey: key.publicKey }));
  await expect(keep('11'.repeat(32))).rejects.toThrow('seal.unknown');
  await keep(block.hash);
  await keep(block.hash);
  await expect(keep(block.hash, '22'.repeat(64))).rejects.toThrow('seal.signed_otherwise');
  const last = (await seals('ledger')).at(-1) ?? block;
  await custody.run((em) => keepSealRefusal(em, { ...last, code: 'seal.rewritten', detail: 'd' }));
  await stake();
  expect(await custody.run((em) => sealNext(em, 'ledger', 10))).toBeNull();
  expect((await custody.run((em) => sealHealth(em))).logs[0]).toMatchObject({ signed: '1', refused: 'seal.rewritten' });
  // people put the past right and take the refused block away: it goes on from there, and the refusal stays on record
  await db.admin.transaction(async (em) => {
    await em.query('SET LOCAL session_replication_role = replica');
    await em.query(`DELETE FROM seal.signature WHERE log = 'ledger' AND seq = $1`, [last.seq]);
    await em.query(`DELETE FROM seal.block WHERE log = 'ledger' AND seq = $1`, [last.seq]);
  });
  await sealAll('ledger');
  expect(await seals('ledger')).not.toEqual([]);
});

it('is append-only, for custody by privilege and for the owner by trigger; no other room comes near', async () => {
  await sealAll('ledger');
  for (const table of ['block', 'signature', 'refusal'])
    for (const statement of [`DELETE FROM seal.${table}`, `TRUNCATE seal.${table} CASCADE`, `UPDATE seal.${table} SET seq = 2`]) {
      await expect(db.admin.query(statement)).rejects.toThrow('append-only');
      await expect(custody.run((em) => em.query(statement))).rejects.toThrow('permission denied');
    }
  await expect(custody.run((em) => em.query('SELECT * FROM seal.block'))).rejects.toThrow('permission denied');
  await expect(rooms.staking.run((em) => sealNext(em, 'ledger', 1))).rejects.toThrow('permission denied');
});
