import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Transactor } from '#database';
import { emit } from '#delivery';
import { openRoom, type OpenRoom } from '#http';
import { isSealSignature } from '#ledger';
import { SealRequest, type SealedLog, type SealRefusedV1, type SealSignedV1 } from '#messages';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { signer } from '../room.js';

let db: TestDatabase;
let folder: string;
let room: OpenRoom;
let custody: Transactor;

beforeAll(async () => {
  db = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'signer-'));
  room = await openRoom(signer, {
    DATABASE_URL: db.url('signer'),
    LOG_LEVEL: 'silent',
    BAILEE_MODE: 'demo',
    KEYSTORE_PATH: join(folder, 'keystore.json'),
    KEYSTORE_PASSPHRASE: 'int-spec',
    ETHEREUM_CHAIN_ID: '31337',
    ETHEREUM_GENESIS_FORK_VERSION: '0x10000031',
    DEPOSIT_CONTRACT: '0x00000000219ab540356cbb839cbe05303d7705fa',
  });
  custody = await db.transactor('custody');
}, 120_000);
afterAll(async () => {
  await room.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const hex = (digit: string): string => `0x${digit.repeat(64)}`;
type Answer = { message: 'seal.signed@1'; payload: SealSignedV1 } | { message: 'seal.refused@1'; payload: SealRefusedV1 };
const answers = (log: SealedLog): Promise<Answer[]> =>
  db.admin.query(`SELECT message, payload FROM delivery.delivery WHERE subscriber = 'custody' AND aggregate = $1 ORDER BY position`, [
    `seal:${log}`,
  ]);

/** The answer to one request. */
async function ask(log: SealedLog, seq: string, previous: string, hash: string): Promise<Answer> {
  const before = (await answers(log)).length;
  await custody.run((em) => emit(em, SealRequest, { aggregate: `seal:${log}`, payload: { log, seq, previous, hash } }));
  return eventually(async () => (await answers(log))[before], { timeoutMs: 30_000 });
}
const refusals = (log: SealedLog): Promise<{ reason: string }[]> =>
  db.admin.query(`SELECT reason FROM audit.event WHERE action = 'seal.refuse' AND resource LIKE $1 ORDER BY seq`, [`seal:${log}:%`]);

it('signs a chain place by place, and gives the same answer again', async () => {
  const first = await ask('ledger', '1', hex('0'), hex('a'));
  const second = await ask('ledger', '2', hex('a'), hex('b'));
  expect([first.message, second.message]).toEqual(['seal.signed@1', 'seal.signed@1']);
  const { signature, publicKey } = second.payload as SealSignedV1;
  const position = { log: 'ledger', seq: '2', previous: 'a'.repeat(64), hash: 'b'.repeat(64) } as const;
  expect(isSealSignature(position, signature.slice(2), publicKey.slice(2))).toBe(true);
  for (const other of [{ log: 'audit' as const }, { seq: '3' }, { previous: 'c'.repeat(64) }, { hash: 'c'.repeat(64) }])
    expect(isSealSignature({ ...position, ...other }, signature.slice(2), publicKey.slice(2))).toBe(false);
  expect(await ask('ledger', '1', hex('0'), hex('a'))).toEqual(first);
});

it('refuses another past, whoever asks, and records it once', async () => {
  await ask('audit', '1', hex('0'), hex('a'));
  await ask('audit', '2', hex('a'), hex('b'));
  const asked: [seq: string, previous: string, hash: string, code: string][] = [
    ['2', hex('a'), hex('c'), 'seal.rewritten'],
    ['2', hex('a'), hex('c'), 'seal.rewritten'],
    ['1', hex('0'), hex('b'), 'seal.rewritten'],
    ['3', hex('c'), hex('d'), 'seal.not_continued'],
    ['4', hex('b'), hex('d'), 'seal.gap'],
  ];
  for (const [seq, previous, hash, code] of asked)
    expect(await ask('audit', seq, previous, hash)).toMatchObject({
      message: 'seal.refused@1',
      payload: { log: 'audit', seq, hash, code },
    });
  expect((await refusals('audit')).map((r) => r.reason)).toEqual(['seal.rewritten', 'seal.rewritten', 'seal.not_continued', 'seal.gap']);
  expect((await ask('audit', '3', hex('b'), hex('e'))).message).toBe('seal.signed@1');
});

it('keeps its memory from being altered, by itself and by its owner', async () => {
  const own = await db.transactor('signer');
  for (const statement of [
    'UPDATE signer.seal SET hash = previous',
    'DELETE FROM signer.seal',
    'TRUNCATE signer.seal',
    'DELETE FROM signer.seal_refusal',
  ]) {
    await expect(own.run((em) => em.query(statement))).rejects.toThrow('permission denied');
    await expect(db.admin.query(statement)).rejects.toThrow('append-only');
  }
});
