import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SecretKey } from '@chainsafe/blst';
import type { Transactor } from '#database';
import {
  addressOfXpub,
  buildTransaction,
  CONSOLIDATION_REQUESTS,
  decodeTransaction,
  encodeConsolidationCall,
  encodeDepositCall,
  encodeExitCall,
  encodePartialWithdrawalCall,
  readKeystore,
  verifyDeposit,
  WITHDRAWAL_REQUESTS,
  withdrawalCredentials,
} from '#chains/ethereum';
import type { SignedDeposit } from '#chains';
import { emit } from '#delivery';
import { openRoom, type OpenRoom } from '#http';
import { accept, amount, newUuid } from '#kernel';
import {
  DepositDataRequest,
  SignatureRequest,
  type DepositDataSignedV1,
  type IntentV1,
  type KeyringPublishedV1,
  type SignatureMadeV1,
  type SignatureRefusedV1,
  type SignatureRequestV1,
} from '#messages';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import { Keyring } from './keyring/keyring.service.js';
import { KeyringPublisher } from './keyring/keyring.publisher.js';
import { signer } from './room.js';
import { signerEntities } from './signer.module.js';
import { useDay, type DayLimit } from './signatures/day-use.store.js';
import type { SignerConfig } from './config.js';
import { CONFIG } from './tokens.js';
import { exportKeystores } from './validator-keys/keystore-export.service.js';

const ETH = 10n ** 18n;
const FORK = '0x10000031';
const CONTRACT = '0x00000000219ab540356cbb839cbe05303d7705fa';
const FEE = { gasLimit: 100_000n, maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 1n, worstCost: amount(10n ** 14n) };
const PATHS = { deposit: "m/44'/60'/0'/0/0", omnibus: "m/44'/60'/1'/0/0", vault: "m/44'/60'/2'/0/0", treasury: "m/44'/60'/3'/0/0" };

let db: TestDatabase;
let folder: string;
let room: OpenRoom;
let custody: Transactor;
let staking: Transactor;
let addresses: Record<keyof typeof PATHS, string>;
const nonces = new Map<string, bigint>();

const env = (keystore = 'keystore.json'): Record<string, string> => ({
  DATABASE_URL: db.url('signer'),
  LOG_LEVEL: 'silent',
  BAILEE_MODE: 'demo',
  KEYSTORE_PATH: join(folder, keystore),
  KEYSTORE_PASSPHRASE: 'int-spec',
  ETHEREUM_CHAIN_ID: '31337',
  ETHEREUM_GENESIS_FORK_VERSION: FORK,
  DEPOSIT_CONTRACT: CONTRACT,
});

interface Sent {
  readonly message: string;
  readonly payload: unknown;
}
const sent = (subscriber: string, aggregate: string): Promise<Sent[]> =>
  db.admin.query('SELECT message, payload FROM delivery.delivery WHERE subscriber = $1 AND aggregate = $2 ORDER BY position', [
    subscriber,
    aggregate,
  ]);

beforeAll(async () => {
  db = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'signer-'));
  room = await openRoom(signer, env());
  custody = await db.transactor('custody');
  staking = await db.transactor('staking');
  const [published] = await sent('custody', 'keyring');
  const { keyrings } = published?.payload as KeyringPublishedV1;
  addresses = Object.fromEntries(keyrings.map(({ role, xpub }) => [role, addressOfXpub(xpub, 0)])) as typeof addresses;
}, 120_000);
afterAll(async () => {
  await room.close();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

type Roles = { from: keyof typeof PATHS; to: string };
function request(
  purpose: IntentV1['purpose'],
  { from, to }: Roles,
  more: { value?: bigint; data?: string; nonce?: bigint } = {},
): SignatureRequestV1 {
  const ours = to in PATHS ? (to as keyof typeof PATHS) : null;
  const target = ours ? addresses[ours] : to;
  const value = more.value ?? ETH;
  const data = more.data ?? '0x';
  const nonce = more.nonce ?? nonces.get(from) ?? 0n;
  if (more.nonce === undefined) nonces.set(from, nonce + 1n);
  const plan = { from: addresses[from], to: target, value: amount(value), data };
  return {
    signatureId: newUuid(),
    transactionId: newUuid(),
    chain: 'ethereum',
    unsigned: buildTransaction(31_337n, plan, nonce, FEE),
    intent: {
      purpose,
      fromPath: PATHS[from],
      from: addresses[from],
      to: target,
      ...(ours ? { toPath: PATHS[ours] } : {}),
      value: value.toString(),
      data,
      nonce: nonce.toString(),
      chainId: '31337',
      gasLimitCost: FEE.worstCost.toString(),
    },
  };
}

/** The same payment at so many times the fee. */
function dearer(of: SignatureRequestV1, replaces: Pick<SignatureRequestV1, 'signatureId'>, times: bigint): SignatureRequestV1 {
  const { from, to, value, data, nonce } = of.intent;
  const fee = { ...FEE, maxFeePerGas: FEE.maxFeePerGas * times, worstCost: amount(FEE.worstCost * times) };
  return {
    ...of,
    signatureId: newUuid(),
    unsigned: buildTransaction(31_337n, { from, to, value: amount(BigInt(value)), data }, BigInt(nonce), fee),
    intent: { ...of.intent, gasLimitCost: fee.worstCost.toString(), replaces: replaces.signatureId },
  };
}

/** Sends the request and waits for the next answer about its transaction. */
async function ask(payload: SignatureRequestV1): Promise<Partial<SignatureMadeV1> & Partial<SignatureRefusedV1>> {
  const before = (await sent('custody', payload.transactionId)).length;
  await custody.run((em) => emit(em, SignatureRequest, { aggregate: payload.transactionId, payload }));
  const answers = await eventually(async () => {
    const all = await sent('custody', payload.transactionId);
    return all.length > before ? all : null;
  });
  return answers.at(-1)?.payload as Partial<SignatureMadeV1> & Partial<SignatureRefusedV1>;
}

async function askDepositData(change: object = {}): Promise<Partial<DepositDataSignedV1> & { code?: string }> {
  const payload = {
    requestId: newUuid(),
    chain: 'ethereum',
    poolId: 'eth-payout-1',
    withdrawalCredentials: withdrawalCredentials(addresses.vault),
    amountGwei: '32000000000',
    genesisForkVersion: FORK,
    ...change,
  };
  const before = (await sent('staking', payload.requestId)).length;
  await staking.run((em) => emit(em, DepositDataRequest, { aggregate: payload.requestId, payload }));
  const answers = await eventually(async () => {
    const all = await sent('staking', payload.requestId);
    return all.length > before ? all : null;
  });
  return answers.at(-1)?.payload as Partial<DepositDataSignedV1> & { code?: string };
}
const asDeposit = (data: Partial<DepositDataSignedV1>): SignedDeposit => ({
  pubkey: data.pubkey ?? '',
  withdrawalCredentials: data.withdrawalCredentials ?? '',
  amount: amount(BigInt(data.amountGwei ?? 0) * 10n ** 9n),
  signature: data.signature ?? '',
  depositDataRoot: data.depositDataRoot ?? '',
});

describe('the keyring', () => {
  it('is told to custody once, by four extended public keys', async () => {
    const all = await sent('custody', 'keyring');
    expect(all).toHaveLength(1);
    const { keyrings } = all[0]?.payload as KeyringPublishedV1;
    expect(keyrings.map(({ role, path }) => [role, path])).toEqual([
      ['deposit', "m/44'/60'/0'"],
      ['omnibus', "m/44'/60'/1'"],
      ['vault', "m/44'/60'/2'"],
      ['treasury', "m/44'/60'/3'"],
    ]);
    expect(keyrings.every(({ xpub }) => xpub.startsWith('xpub'))).toBe(true);
    expect(await room.app.get(KeyringPublisher, { strict: false }).publish()).toBe(false);
    expect(await sent('custody', 'keyring')).toHaveLength(1);
  });

  it('of another seed does not start on this database', async () => {
    await expect(openRoom(signer, env('other.json'))).rejects.toMatchObject({ code: 'keystore.foreign_seed' });
  });
});

describe('signing', () => {
  it('answers a right request with a transaction that only this key could have signed', async () => {
    const asked = request('withdrawal', { from: 'omnibus', to: `0x${'ee'.repeat(20)}` });
    const made = await ask(asked);
    const decoded = decodeTransaction(made.signed ?? '');
    expect(decoded).toMatchObject({
      ok: true,
      value: { from: addresses.omnibus, to: asked.intent.to, value: ETH, hash: made.transactionHash },
    });
    expect(made.signatureId).toBe(asked.signatureId);
    const [event] = await db.admin.query(`SELECT action, actor_id, details FROM audit.event WHERE resource = $1`, [
      `signature:${asked.signatureId}`,
    ]);
    expect(event).toMatchObject({
      action: 'signature.make',
      actor_id: 'signer',
      details: { purpose: 'withdrawal', recipient: asked.intent.to },
    });
  });

  it('answers the same request with the same bytes, and another under its id with a refusal', async () => {
    const asked = request('sweep', { from: 'deposit', to: 'omnibus' });
    const first = await ask(asked);
    expect(first.signed).toBeDefined();
    expect(await ask(asked)).toEqual(first);
    expect(await ask({ ...asked, intent: { ...asked.intent, value: '1' } })).toMatchObject({ code: 'signature.id_reused' });
    expect(await ask(asked)).toEqual(first);
  });

  it('never signs two transactions with one nonce', async () => {
    const first = request('withdrawal', { from: 'omnibus', to: `0x${'ee'.repeat(20)}` });
    expect((await ask(first)).signed).toBeDefined();
    const second = request('withdrawal', { from: 'omnibus', to: `0x${'ef'.repeat(20)}` }, { nonce: BigInt(first.intent.nonce) });
    expect(await ask(second)).toMatchObject({ code: 'signature.nonce_conflict' });
    expect(await ask(second)).toMatchObject({ code: 'signature.nonce_conflict' });
  });

  it('signs again under a nonce for the same payment at a higher fee alone, and each signature is replaced once', async () => {
    const first = request('withdrawal', { from: 'omnibus', to: `0x${'ed'.repeat(20)}` });
    expect((await ask(first)).signed).toBeDefined();
    const made = await ask(dearer(first, first, 2n));
    expect(decodeTransaction(made.signed ?? '')).toMatchObject({
      ok: true,
      value: { nonce: BigInt(first.intent.nonce), to: first.intent.to, value: ETH, worstCost: 2n * FEE.worstCost },
    });
    expect(await ask(dearer(first, first, 3n))).toMatchObject({ code: 'signature.nonce_conflict' });
    expect(await ask(dearer(first, { signatureId: made.signatureId ?? '' }, 2n))).toMatchObject({
      code: 'signature.replacement_not_higher',
    });
    expect(await ask(dearer(first, { signatureId: newUuid() }, 3n))).toMatchObject({ code: 'signature.replaces_unknown' });
    const other = request('withdrawal', { from: 'omnibus', to: `0x${'e1'.repeat(20)}` }, { nonce: BigInt(first.intent.nonce) });
    const elsewhere = dearer({ ...other, transactionId: first.transactionId }, { signatureId: made.signatureId ?? '' }, 3n);
    expect(await ask(elsewhere)).toMatchObject({ code: 'signature.replaces_differs' });
    expect((await ask(dearer(first, { signatureId: made.signatureId ?? '' }, 3n))).signed).toBeDefined();
  });

  it('never signs two transactions with one nonce asked for at once', async () => {
    const nonce = 1_000n;
    const rivals = Array.from({ length: 6 }, (_, n) =>
      request('withdrawal', { from: 'omnibus', to: `0x${'e0'.repeat(19)}0${n}` }, { nonce }),
    );
    const answers = await Promise.all(rivals.map(ask));
    expect(answers.filter((answer) => answer.signed)).toHaveLength(1);
    expect(answers.filter((answer) => answer.code === 'signature.nonce_conflict')).toHaveLength(5);
  });

  it('compares the bytes themselves with the intent', async () => {
    const asked = request('withdrawal', { from: 'omnibus', to: `0x${'ee'.repeat(20)}` });
    const other = request('withdrawal', { from: 'omnibus', to: `0x${'66'.repeat(20)}` }, { nonce: BigInt(asked.intent.nonce) });
    expect(await ask({ ...asked, unsigned: other.unsigned })).toMatchObject({ code: 'signature.to_mismatch' });
    expect(await ask({ ...asked, signatureId: newUuid(), unsigned: '0x02c0' })).toMatchObject({ code: 'signature.undecodable' });
  });

  it('refuses a destination that is not at its path, and a path that is not ours', async () => {
    const asked = request('sweep', { from: 'deposit', to: 'omnibus' });
    expect(await ask({ ...asked, signatureId: newUuid(), intent: { ...asked.intent, toPath: PATHS.treasury } })).toMatchObject({
      code: 'signature.to_path_mismatch',
    });
    expect(await ask({ ...asked, signatureId: newUuid(), intent: { ...asked.intent, fromPath: "m/44'/60'/9'/0/0" } })).toMatchObject({
      code: 'signature.from_mismatch',
    });
    expect(await ask({ ...asked, signatureId: newUuid(), intent: { ...asked.intent, fromPath: 'm/0' } })).toMatchObject({
      code: 'signature.from_mismatch',
    });
  });

  it('keeps its answers for ever: the room may add to them, not change them', async () => {
    const own = await db.dataSource('signer');
    for (const statement of [
      'UPDATE signer.signature SET signed = NULL',
      'DELETE FROM signer.signature',
      'DELETE FROM signer.validator_key',
      "UPDATE signer.keyring SET xpub = 'xpub'",
      'UPDATE signer.validator_key SET key_index = 9',
    ]) {
      await expect(own.query(statement)).rejects.toThrow(/permission denied/);
    }
  });
});

describe('validator keys', () => {
  it('are given out once each, with a deposit that verifies', async () => {
    const [first, second] = [await askDepositData(), await askDepositData()];
    expect(verifyDeposit(asDeposit(first), FORK)).toMatchObject({ ok: true });
    expect(first.pubkey).not.toBe(second.pubkey);
    expect([first.keyPath, second.keyPath]).toEqual(['m/12381/3600/0/0/0', 'm/12381/3600/1/0/0']);
  });

  it('are given out once each when asked for at once, and the same to the same request', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => askDepositData()));
    expect(new Set(answers.map((answer) => answer.pubkey)).size).toBe(5);
    const requestId = newUuid();
    expect(await askDepositData({ requestId })).toEqual(await askDepositData({ requestId }));
  });

  it.each([
    ['somebody else', { withdrawalCredentials: withdrawalCredentials(`0x${'66'.repeat(20)}`) }, 'deposit_data.foreign_credentials'],
    ['a BLS key', { withdrawalCredentials: `0x00${'66'.repeat(31)}` }, 'deposit_data.foreign_credentials'],
    ['another network', { genesisForkVersion: '0x00000000' }, 'deposit_data.wrong_network'],
    ['another amount', { amountGwei: '64000000000' }, 'deposit_data.bad_amount'],
  ])('sign no deposit for %s', async (_name, change, code) => {
    expect(await askDepositData(change)).toMatchObject({ code });
  });

  it('sign no deposit that pays out to our omnibus wallet: a vault only', async () => {
    expect(await askDepositData({ withdrawalCredentials: withdrawalCredentials(addresses.omnibus) })).toMatchObject({
      code: 'deposit_data.foreign_credentials',
    });
  });

  it('are exported as keystores that a validator client opens', async () => {
    const { pubkey = '' } = await askDepositData();
    const own = await db.dataSource('signer', signerEntities);
    const keyring = room.app.get(Keyring, { strict: false });
    const out = join(folder, 'export');
    const [file = ''] = await exportKeystores(own.manager, keyring, out, 'opensesame', pubkey);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const keystore = JSON.parse(readFileSync(file, 'utf8')) as { pubkey: string };
    expect(`0x${keystore.pubkey}`).toBe(pubkey);
    const secret = accept(await readKeystore(keystore, 'opensesame'));
    expect(SecretKey.fromBytes(secret).toPublicKey().toHex()).toBe(pubkey);
    await expect(exportKeystores(own.manager, keyring, out, 'opensesame', pubkey)).rejects.toMatchObject({ code: 'export.exists' });
    await expect(exportKeystores(own.manager, keyring, out, 'opensesame', '0x00')).rejects.toMatchObject({ code: 'export.no_keys' });
  });

  it('are funded once, and asked to leave after that only', async () => {
    const deposit = asDeposit(await askDepositData());
    const exit = () =>
      request('exit_request', { from: 'vault', to: WITHDRAWAL_REQUESTS }, { value: 1n, data: encodeExitCall(deposit.pubkey) });
    const fund = (of: SignedDeposit, value = of.amount) =>
      request('stake_deposit', { from: 'omnibus', to: CONTRACT }, { value, data: encodeDepositCall(of) });
    expect(await ask(exit())).toMatchObject({ code: 'signature.exit_not_funded' });
    const foreign = withdrawalCredentials(`0x${'66'.repeat(20)}`);
    expect(await ask(fund({ ...deposit, withdrawalCredentials: foreign }))).toMatchObject({ code: 'signature.deposit_credentials' });
    expect(await ask(fund(deposit, (31n * ETH) as typeof deposit.amount))).toMatchObject({ code: 'signature.deposit_altered' });
    expect(await ask(fund({ ...deposit, pubkey: `0x${'11'.repeat(48)}` }))).toMatchObject({ code: 'signature.validator_key_unknown' });
    expect((await ask(fund(deposit))).signed).toBeDefined();
    expect(await ask(fund(deposit))).toMatchObject({ code: 'signature.deposit_already_signed' });
    expect((await ask(exit())).signed).toBeDefined();
    expect((await ask(exit())).signed).toBeDefined(); // the protocol may drop a request without a word
    const history = await db.admin.query('SELECT state, version FROM signer.validator_key_history WHERE pubkey = $1 ORDER BY version', [
      deposit.pubkey,
    ]);
    expect(history).toEqual(['issued', 'funded', 'leaving', 'leaving'].map((state, n) => ({ state, version: n + 1 })));
  });

  it('get further deposits, each message funded once, until they leave', async () => {
    const first = asDeposit(await askDepositData({ amountGwei: '1000000000' }));
    const fund = (purpose: 'stake_deposit' | 'stake_top_up', of: SignedDeposit) =>
      request(purpose, { from: 'omnibus', to: CONTRACT }, { value: of.amount, data: encodeDepositCall(of) });
    const rest = { pubkey: first.pubkey, amountGwei: '31000000000' };
    const second = asDeposit(await askDepositData(rest));
    expect(second.pubkey).toBe(first.pubkey);
    expect(verifyDeposit(second, FORK)).toMatchObject({ ok: true });
    expect(await ask(fund('stake_top_up', second))).toMatchObject({ code: 'signature.top_up_not_possible' }); // not funded yet
    expect((await ask(fund('stake_deposit', first))).signed).toBeDefined();
    expect((await ask(fund('stake_top_up', second))).signed).toBeDefined();
    expect(await ask(fund('stake_top_up', second))).toMatchObject({ code: 'signature.top_up_not_possible' });
    const again = asDeposit(await askDepositData(rest)); // the same amount has the same root, and is a message of its own
    expect(again.depositDataRoot).toBe(second.depositDataRoot);
    expect((await ask(fund('stake_top_up', again))).signed).toBeDefined();
    expect(await askDepositData({ ...rest, pubkey: `0x${'11'.repeat(48)}` })).toMatchObject({ code: 'deposit_data.key_unknown' });
    expect(await askDepositData({ ...rest, withdrawalCredentials: withdrawalCredentials(addresses.vault, 'compounding') })).toMatchObject({
      code: 'deposit_data.other_credentials',
    });
  });

  it('switch to compounding, pay out a part, and are merged only into a funded key of the same vault', async () => {
    const [a, b] = [asDeposit(await askDepositData()), asDeposit(await askDepositData())];
    const fund = (of: SignedDeposit) =>
      request('stake_deposit', { from: 'omnibus', to: CONTRACT }, { value: of.amount, data: encodeDepositCall(of) });
    const merge = (source: string, target: string, purpose: 'consolidation' | 'credentials_switch' = 'consolidation') =>
      request(purpose, { from: 'vault', to: CONSOLIDATION_REQUESTS }, { value: 1n, data: encodeConsolidationCall(source, target) });
    expect((await ask(fund(a))).signed).toBeDefined();
    expect(await ask(merge(a.pubkey, b.pubkey))).toMatchObject({ code: 'signature.consolidation_target_leaving' }); // b is not funded
    expect(await ask(merge(a.pubkey, `0x${'11'.repeat(48)}`))).toMatchObject({ code: 'signature.consolidation_target_unknown' });
    expect((await ask(fund(b))).signed).toBeDefined();
    expect((await ask(merge(b.pubkey, b.pubkey, 'credentials_switch'))).signed).toBeDefined();
    const compounding = withdrawalCredentials(addresses.vault, 'compounding');
    const more = await askDepositData({ pubkey: b.pubkey, withdrawalCredentials: compounding, amountGwei: '64000000000' });
    expect(more.withdrawalCredentials).toBe(compounding);
    const part = (pubkey: string) =>
      request(
        'partial_withdrawal',
        { from: 'vault', to: WITHDRAWAL_REQUESTS },
        { value: 1n, data: encodePartialWithdrawalCall(pubkey, amount(ETH)) },
      );
    expect((await ask(part(b.pubkey))).signed).toBeDefined();
    expect((await ask(merge(a.pubkey, b.pubkey))).signed).toBeDefined();
    expect(await ask(part(a.pubkey))).toMatchObject({ code: 'signature.exit_not_funded' }); // it leaves
    expect(await ask(merge(b.pubkey, a.pubkey))).toMatchObject({ code: 'signature.consolidation_target_leaving' });
  });
});

describe('a day', () => {
  it('takes so much and no more, counted by the signer itself', async () => {
    const own = await db.transactor('signer', signerEntities);
    const use = (units: bigint, limit: DayLimit): Promise<boolean> => own.run((em) => useDay(em, '2030-01-01', 'withdrawal', units, limit));
    expect(await use(11n, { signatures: 5, amount: 10n })).toBe(false);
    expect(await use(6n, { signatures: 5, amount: 10n })).toBe(true);
    expect(await use(5n, { signatures: 5, amount: 10n })).toBe(false);
    expect(await use(4n, { signatures: 1, amount: 10n })).toBe(false);
    const rivals = await Promise.all(Array.from({ length: 4 }, () => use(2n, { signatures: 5, amount: 10n })));
    expect(rivals.filter(Boolean)).toHaveLength(2);
  });

  it('refuses a withdrawal and a deposit beyond it, under a stable code', async () => {
    const config = room.app.get<SignerConfig>(CONFIG, { strict: false });
    const usual = { ...config };
    Object.assign(config, { MAX_WITHDRAWALS_A_DAY: 0, MAX_DEPOSITS_A_DAY: 0 });
    try {
      expect(await ask(request('withdrawal', { from: 'omnibus', to: `0x${'ee'.repeat(20)}` }))).toMatchObject({
        code: 'signature.withdrawals_a_day',
      });
      const deposit = asDeposit(await askDepositData());
      const funding = request(
        'stake_deposit',
        { from: 'omnibus', to: CONTRACT },
        { value: deposit.amount, data: encodeDepositCall(deposit) },
      );
      expect(await ask(funding)).toMatchObject({ code: 'signature.deposits_a_day' });
    } finally {
      Object.assign(config, usual);
    }
  });
});
