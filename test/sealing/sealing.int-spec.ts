/** Custody and the signer as they run: each in its own role, over the queue, with nothing played. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { record } from '#audit';
import type { Transactor } from '#database';
import { openRoom, type OpenRoom } from '#http';
import { isSealSignature, readAnchor } from '#ledger';
import type { SealedLog } from '#messages';
import { createTestDatabase, eventually, newStaff, type Person, type TestDatabase } from '#testing';
import { custody } from '../../apps/custody/room.js';
import { signer } from '../../apps/signer/room.js';

let db: TestDatabase;
let folder: string;
const rooms: OpenRoom[] = [];
let compliance: Transactor;
let auditor: Person;

/** Nothing of the chain is wanted here: everything that looks at one is switched off. */
const quiet = Object.fromEntries(['FOLLOW', 'TRANSACT', 'POLICY', 'RELEASE_RETRY', 'RECONCILE'].map((name) => [`${name}_EVERY_MS`, '0']));

beforeAll(async () => {
  db = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'sealing-'));
  const common = { LOG_LEVEL: 'silent', BAILEE_MODE: 'demo' };
  const keys = { KEYSTORE_PATH: join(folder, 'keystore.json'), KEYSTORE_PASSPHRASE: 'int-spec' };
  const chain = { ETHEREUM_CHAIN_ID: '31337', ETHEREUM_GENESIS_FORK_VERSION: '0x10000031', DEPOSIT_CONTRACT: `0x${'00'.repeat(20)}` };
  const nodes = { BAILEE_NETWORK: 'localnet', ETHEREUM_RPC_URL: 'http://127.0.0.1:9', ETHEREUM_BEACON_URL: 'http://127.0.0.1:9' };
  const sealing = { SEAL_EVERY_MS: '200', SEAL_ANCHOR_FILE: join(folder, 'anchor.jsonl') };
  rooms.push(await openRoom(signer, { ...common, ...keys, ...chain, DATABASE_URL: db.url('signer') }));
  rooms.push(await openRoom(custody, { ...common, ...nodes, ...quiet, ...sealing, DATABASE_URL: db.url('custody') }));
  compliance = await db.transactor('compliance');
  auditor = await newStaff(db, 'auditor');
}, 120_000);
afterAll(async () => {
  for (const room of rooms.reverse()) await room.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const act = (): Promise<void> =>
  compliance.run((em) => record(em, { actor: { kind: 'system', id: 'spec' }, action: 'spec.act', resource: 'r' }));
interface Head {
  readonly log: SealedLog;
  readonly seq: string;
  readonly previous: string;
  readonly hash: string;
  readonly statement: string;
  readonly signature: string;
  readonly public_key: string;
}
async function get(url: string, who?: Person): Promise<{ status: number; body: unknown }> {
  const custodyRoom = rooms[1];
  if (!custodyRoom) throw new Error('custody is not open');
  const reply = await custodyRoom.app.inject({ method: 'GET', url, headers: who ? { authorization: `Bearer ${who.token}` } : {} });
  return { status: reply.statusCode, body: JSON.parse(reply.body) as unknown };
}
const headOf = async (log: SealedLog): Promise<Head | undefined> =>
  ((await get('/v1/transparency/seals')).body as { heads: Head[] }).heads.find((head) => head.log === log);
const after = (log: SealedLog, seq: string): Promise<Head> =>
  eventually(
    async () => {
      const head = await headOf(log);
      return head && BigInt(head.seq) > BigInt(seq) ? head : null;
    },
    { timeoutMs: 40_000 },
  );

it('seals, signs, anchors and shows what anybody can check', async () => {
  await act();
  const first = await after('audit', '0');
  await act();
  const second = await after('audit', first.seq);
  for (const head of [first, second, await after('ledger', '0')]) {
    expect(head.statement).toBe(`bailee seal v1\nlog ${head.log}\nseq ${head.seq}\nprevious ${head.previous}\nhash ${head.hash}\n`);
    expect(isSealSignature(head, head.signature, head.public_key)).toBe(true);
  }
  await eventually(
    async () => {
      for await (const entry of readAnchor(join(folder, 'anchor.jsonl')))
        if (entry?.log === 'audit' && entry.hash === second.hash) return true;
      return false;
    },
    { timeoutMs: 20_000 },
  );
});

it('shows the chain to officers and auditors alone, page by page', async () => {
  const url = '/v1/custody/seals?log=audit&limit=1';
  interface Shown {
    readonly data: { seq: string; previous: string; hash: string; rows: number; signature: string | null }[];
    readonly page: { next_cursor: string | null };
  }
  const page = async (at: string): Promise<Shown> => (await get(at, auditor)).body as Shown;
  const newest = await page(url);
  expect(newest).toMatchObject({ data: [{ log: 'audit', epoch: 1 }] });
  const cursor = newest.page.next_cursor ?? '';
  expect((await page(`${url}&cursor=${cursor}`)).data[0]?.hash).toBe(newest.data[0]?.previous);
  expect((await get(`/v1/custody/seals?log=ledger&limit=1&cursor=${cursor}`, auditor)).body).toMatchObject({ code: 'cursor.foreign' });
  expect((await get(url)).status).toBe(401);
  expect((await get(url, await newStaff(db, 'support'))).status).toBe(403);
  expect((await get('/v1/custody/seals?log=other', auditor)).status).toBe(400);
});

it('is refused by the signer once somebody with every right on the database has rewritten the past', async () => {
  const head = await after('audit', '0');
  await db.admin.transaction(async (em) => {
    await em.query('SET LOCAL session_replication_role = replica');
    await em.query(
      `UPDATE audit.event e SET resource = 'other', digest = audit.digest_of(ROW(seq, at, actor_kind, actor_id, action, 'other', reason, details, room, xid, NULL)::audit.event) WHERE action = 'spec.act'`,
    );
    await em.query(
      `UPDATE seal.block b SET root = (SELECT seal.merkle_root(array_agg(seal.leaf_hash(l.kind, l.mark, l.xid, decode(l.digest, 'hex')) ORDER BY l.xid, l.kind, l.mark, l.digest)) FROM seal.leaves('audit', b.seq) l)
        WHERE b.log = 'audit' AND b.seq = $1`,
      [head.seq],
    );
    await em.query(`UPDATE seal.block b SET hash = seal.block_hash(b) WHERE b.log = 'audit' AND b.seq = $1`, [head.seq]);
  });
  await act();
  const refused = await eventually(async () => (await rooms[1]?.metrics())?.includes('bailee_seal_refused{log="audit",room="custody"} 1'), {
    timeoutMs: 40_000,
  });
  expect(refused).toBe(true);
  const [refusal] = await db.admin.query<{ code: string }[]>('SELECT code FROM signer.seal_refusal');
  expect(refusal?.code).toBe('seal.not_continued');
  expect((await after('audit', '0')).seq).toBe(head.seq);
});
