/** A forger with every right on the database, who makes all digests fit again, is found by what was sealed, signed, remembered or anchored. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { record } from '#audit';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import type { EntityManager } from 'typeorm';
import { anchorLine, keepSealSignature, listSeals, post, sealHealth, SealKey, sealNext, type SignedBlock } from '../index.js';
import { fund, openRooms, reserve, type Funded, type Rooms } from '../postings.spec-support.js';
import type { Reader, Report } from './report.js';
import type { SealOptions } from './seal-checks.js';
import { verify } from './verify.js';

const key = SealKey.fromSeed(Buffer.alloc(64, 7));
const forgersKey = SealKey.fromSeed(Buffer.alloc(64, 66));
const logs = ['ledger', 'audit'] as const;
let db: TestDatabase;
let rooms: Rooms;
let ann: Funded;
let folder: string;
const anchor = (): string => join(folder, 'anchor.jsonl');

const stake = (units: bigint): Promise<unknown> => rooms.staking.run((em) => post(em, [reserve(ann, units)]));
const act = (): Promise<void> =>
  rooms.custody.run((em) => record(em, { actor: { kind: 'system', id: 'spec' }, action: 'spec.act', resource: 'r' }));
const blocksOf = async (em: EntityManager, log: 'ledger' | 'audit'): Promise<SignedBlock[]> => (await listSeals(em, log, 200)).toReversed();

async function seal(): Promise<void> {
  await eventually(
    async () => {
      for (const log of logs) while (await rooms.custody.run((em) => sealNext(em, log, 3)));
      return (await rooms.custody.run((em) => sealHealth(em))).logs.every(({ unsealed }) => unsealed === 0);
    },
    { timeoutMs: 40_000 },
  );
}

/** Signs what is not signed, as custody and the signer keep it. */
async function sign(em: EntityManager, by = key): Promise<void> {
  for (const log of logs)
    for (const block of await blocksOf(em, log)) {
      if (block.signature !== null) continue;
      const signature = by.sign(block);
      await keepSealSignature(em, { log, seq: block.seq, hash: block.hash, signature, publicKey: by.publicKey });
      await em.query('INSERT INTO signer.seal VALUES ($1, $2, $3, $4, $5, $6)', [
        log,
        block.seq,
        block.previous,
        block.hash,
        signature,
        by.publicKey,
      ]);
    }
}

beforeAll(async () => {
  db = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'anchor-'));
  rooms = await openRooms(db);
  ann = await fund(rooms, 100n);
  for (let i = 0; i < 4; i++) await stake(1n);
  await stake(1_000n); // a batch that holds a refusal alone
  for (let i = 0; i < 4; i++) await act();
  await seal();
  // as if this cluster had been upgraded to another: a second epoch
  const [{ body }] = await db.admin.query<[{ body: string }]>(`SELECT pg_get_functiondef('seal.cluster()'::regprocedure) AS body`);
  await db.admin.query(body.replace('SELECT system_identifier::text FROM pg_control_system()', `SELECT 'upgraded'::text`));
  await stake(2n);
  await act();
  await seal();
  await db.admin.query(body);
  await stake(3n);
  await act();
  await seal();
  await db.admin.transaction((em) => sign(em));
  const blocks = await Promise.all(logs.map((log) => rooms.custody.run((em) => blocksOf(em, log))));
  writeFileSync(anchor(), blocks.flat().map(anchorLine).join(''));
}, 120_000);
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const readerOf = (em: EntityManager): Reader => ({ rows: async (sql, values) => em.query(sql, values ? [...values] : undefined) });

/** What is found after a forgery, which is then taken back. */
async function afterForgery(forge: (em: EntityManager) => Promise<unknown>, options: SealOptions = {}): Promise<Report> {
  const runner = db.admin.createQueryRunner();
  await runner.startTransaction();
  try {
    await runner.query('SET LOCAL session_replication_role = replica');
    await forge(runner.manager);
    return await verify(readerOf(runner.manager), () => undefined, options);
  } finally {
    await runner.rollbackTransaction();
    await runner.release();
  }
}
const codes = (report: Report): string[] => [...new Set(report.findings.map(({ code }) => code))].toSorted();

/** Writes a batch another time of creation, and the digest that fits it. */
const rewriteBatch = (em: EntityManager, id: string): Promise<unknown> =>
  em.query(
    `UPDATE ledger.batch b SET created_at = b.created_at - interval '1 hour', digest = sha256(int8send(b.id) || xid8send(b.xid) || int4send(b.items) || timestamptz_send(b.created_at - interval '1 hour') || namesend(b.role)
       || (SELECT array_send(array_agg(item)) || array_send(array_agg(key)) || array_send(array_agg(request_hash)) || array_send(array_agg(journal)) || array_send(array_agg(status)) || array_send(array_agg(kind))
            || array_send(array_agg(asset)) || array_send(array_agg(debit_account)) || array_send(array_agg(credit_account)) || array_send(array_agg(amount)) || array_send(array_agg(debit_balance))
            || array_send(array_agg(debit_version)) || array_send(array_agg(credit_balance)) || array_send(array_agg(credit_version)) || array_send(array_agg(effective_at)) || array_send(array_agg(reference))
            FROM ledger.decision d WHERE d.batch_id = b.id)) WHERE b.id = $1`,
    [id],
  );
/** Makes roots, hashes and links fit the rows as they are now. */
async function rewriteSeals(em: EntityManager): Promise<void> {
  for (const log of logs)
    for (const { seq } of await blocksOf(em, log)) {
      await em.query(
        `UPDATE seal.block b SET root = (SELECT seal.merkle_root(array_agg(seal.leaf_hash(l.kind, l.mark, l.xid, decode(l.digest, 'hex')) ORDER BY l.xid, l.kind, l.mark, l.digest)) FROM seal.leaves(b.log, b.seq) l),
                rows = (SELECT count(*) FROM seal.leaves(b.log, b.seq)), previous = coalesce((SELECT x.hash FROM seal.block x WHERE x.log = b.log AND x.seq = b.seq - 1), b.previous)
          WHERE b.log = $1 AND b.seq = $2`,
        [log, seq],
      );
      await em.query('UPDATE seal.block b SET hash = seal.block_hash(b) WHERE b.log = $1 AND b.seq = $2', [log, seq]);
    }
}
const aBatch = async (em: EntityManager): Promise<string> =>
  (await em.query<[{ id: string }]>('SELECT id FROM ledger.batch ORDER BY id OFFSET 2 LIMIT 1'))[0].id;
const forgedHistory = async (em: EntityManager): Promise<void> => {
  await rewriteBatch(em, await aBatch(em));
  await rewriteSeals(em);
};
const forgetSignatures = async (em: EntityManager): Promise<void> => {
  await em.query('DELETE FROM seal.signature s USING seal.block b WHERE b.log = s.log AND b.seq = s.seq AND b.hash <> s.hash');
  await em.query(
    `DELETE FROM seal.signature s WHERE s.log = 'ledger' AND s.seq > (SELECT min(b.seq) FROM seal.block b WHERE b.log = 'ledger' AND NOT EXISTS (SELECT FROM seal.signature x WHERE x.log = b.log AND x.seq = b.seq))`,
  );
};

it('finds nothing where nobody touched anything, over several epochs, and says what it trusts', async () => {
  const lines: string[] = [];
  const report = await db.admin.transaction((em) => verify(readerOf(em), (line) => lines.push(line), { anchor: anchor() }));
  expect(report.findings).toEqual([]);
  const [{ epochs }] = await db.admin.query<[{ epochs: number }]>(
    `SELECT count(DISTINCT epoch)::int AS epochs FROM seal.block WHERE log = 'ledger'`,
  );
  expect(epochs).toBe(3);
  expect(lines.join('\n')).toContain(`trusted on first use: give --seal-key to compare with one learnt elsewhere): ${key.publicKey}`);
  expect(lines.join('\n')).toContain('nothing under no seal');
});

it('says what is under no seal yet, and takes it for no finding', async () => {
  const lines: string[] = [];
  await stake(1n);
  const report = await db.admin.transaction((em) => verify(readerOf(em), (line) => lines.push(line), { keys: [key.publicKey] }));
  expect(report.ok).toBe(true);
  expect(lines.join('\n')).toMatch(/ledger: \d+ blocks, \d+ signed, 1 rows under no seal, the oldest \d+ s old/);
});

const removeRefusalBatch = async (em: EntityManager): Promise<void> => {
  const [{ batch }] = await em.query<[{ batch: string }]>(
    'SELECT batch_id AS batch FROM ledger.decision GROUP BY 1 HAVING bool_and(status <> 0) LIMIT 1',
  );
  await em.query('DELETE FROM ledger.decision WHERE batch_id = $1', [batch]);
  await em.query('DELETE FROM ledger.batch WHERE id = $1', [batch]);
};
/** The newest blocks with all that they cover. */
const cutOff = async (em: EntityManager): Promise<void> => {
  await em.query(`DELETE FROM audit.event WHERE seq > (SELECT floor[1] FROM seal.block WHERE log = 'audit' ORDER BY seq DESC LIMIT 1)`);
  for (const table of ['signature', 'block'])
    await em.query(`DELETE FROM seal.${table} WHERE log = 'audit' AND seq = (SELECT max(seq) FROM seal.block WHERE log = 'audit')`);
};
const insertEvent = (em: EntityManager): Promise<unknown> =>
  em
    .query(
      `INSERT INTO audit.event SELECT (e).* FROM (SELECT ROW(1000, at, actor_kind, actor_id, action, resource, reason, details, room, xid, ''::bytea)::audit.event AS e FROM audit.event ORDER BY seq DESC LIMIT 1) x`,
    )
    .then(() => em.query('UPDATE audit.event e SET digest = audit.digest_of(e) WHERE seq = 1000'));
const resign = async (em: EntityManager): Promise<void> => {
  await em.query('DELETE FROM seal.signature');
  await em.query('DELETE FROM signer.seal');
  await sign(em, forgersKey);
};

const forgeries: [name: string, forge: (em: EntityManager) => Promise<unknown>, options: () => SealOptions, found: string[]][] = [
  ['a batch that holds refusals alone and is gone', removeRefusalBatch, () => ({}), ['seal.missing_batch']],
  ['a batch rewritten with its digest', async (em) => rewriteBatch(em, await aBatch(em)), () => ({}), ['seal.root']],
  ['an audit row put in later under an old transaction', insertEvent, () => ({}), ['seal.left_out']],
  ['all digests, roots, hashes and links made to fit', forgedHistory, () => ({}), ['seal.memory', 'seal.signature']],
  ['the signatures gone as well', async (em) => (await forgedHistory(em), await forgetSignatures(em)), () => ({}), ['seal.memory']],
  [
    'the signer’s memory gone too',
    async (em) => (
      await forgedHistory(em),
      await forgetSignatures(em),
      await em.query('DELETE FROM signer.seal m WHERE NOT EXISTS (SELECT FROM seal.signature s WHERE s.log = m.log AND s.seq = m.seq)')
    ),
    () => ({ anchor: anchor() }),
    ['seal.anchor'],
  ],
  [
    'everything signed again by another key',
    async (em) => (await forgedHistory(em), await resign(em)),
    () => ({ keys: [key.publicKey] }),
    ['seal.signature'],
  ],
  [
    'everything signed again, and an anchor',
    async (em) => (await forgedHistory(em), await resign(em)),
    () => ({ anchor: anchor() }),
    ['seal.anchor'],
  ],
  ['the newest block and its rows cut off', cutOff, () => ({}), ['seal.memory']],
  [
    'a signature of another block',
    (em) => em.query(`UPDATE seal.signature s SET signature = (SELECT signature FROM seal.signature WHERE seq = 1 AND log = 'audit')`),
    () => ({}),
    ['seal.memory', 'seal.signature'],
  ],
  [
    'a signature in the middle gone',
    (em) => em.query(`DELETE FROM seal.signature WHERE log = 'ledger' AND seq = 2`),
    () => ({}),
    ['seal.signature'],
  ],
  [
    'a refusal',
    (em) =>
      em.query(
        `INSERT INTO seal.refusal SELECT log, seq, hash, 'seal.rewritten', 'd', now() FROM seal.block WHERE log = 'audit' AND seq = 1`,
      ),
    () => ({}),
    ['seal.refused'],
  ],
];
it.each(forgeries)('finds %s', async (_name, forge, options, found) => {
  expect(codes(await afterForgery(forge, options()))).toEqual(found);
});

it('finds a line of the anchor that was altered', async () => {
  const path = join(folder, 'other.jsonl');
  const [block] = await rooms.custody.run((em) => blocksOf(em, 'ledger'));
  if (!block) throw new Error('nothing is sealed');
  for (const line of ['{', '{}\n', 'null', anchorLine({ ...block, seq: '2' }), anchorLine({ ...block, hash: '00'.repeat(32) })]) {
    writeFileSync(path, line);
    expect(codes(await afterForgery(() => Promise.resolve(), { anchor: path }))).toEqual(['seal.anchor']);
  }
});

const altered: Readonly<Record<string, (column: string) => string>> = {
  integer: (c) => `${c} + 1`,
  bigint: (c) => `${c} + 1000`,
  text: (c) => `${c} || 'x'`,
  ARRAY: (c) => `array_append(${c}, 1)`,
  bytea: (c) => `set_byte(${c}, 0, (get_byte(${c}, 0) + 1) % 256)`,
  xid8: (c) => `(${c}::text::numeric + 1)::text::xid8`,
  'timestamp with time zone': (c) => `${c} + interval '1 microsecond'`,
};
it('finds any altered column of any seal, of its signature and of the signer’s memory', async () => {
  const columns = await db.admin.query<{ place: string; name: string; type: string }[]>(
    `SELECT table_schema || '.' || table_name AS place, column_name AS name, data_type AS type FROM information_schema.columns
      WHERE (table_schema, table_name) IN (('seal', 'block'), ('seal', 'signature'), ('signer', 'seal')) ORDER BY 1, ordinal_position`,
  );
  expect(columns).toHaveLength(14 + 5 + 6);
  const unseen: string[] = [];
  for (const { place, name, type } of columns) {
    const change = altered[type];
    if (!change) throw new Error(`no alteration for ${place}.${name} of type ${type}`);
    for (const log of logs)
      for (const order of ['ASC', 'DESC']) {
        const report = await afterForgery(async (em) => {
          await em.query(`ALTER TABLE seal.block DROP CONSTRAINT block_log_check; ALTER TABLE signer.seal DROP CONSTRAINT seal_log_check`);
          await em.query(
            `UPDATE ${place} SET ${name} = ${change(name)} WHERE log = $1 AND seq = (SELECT seq FROM ${place} WHERE log = $1 ORDER BY seq ${order} LIMIT 1)`,
            [log],
          );
        });
        if (report.ok) unseen.push(`${place}.${name} of the ${log}, ${order}`);
      }
  }
  expect(unseen).toEqual([]);
}, 240_000);
