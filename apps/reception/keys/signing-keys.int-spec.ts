import 'reflect-metadata';
import { openRoom, type OpenRoom } from '#http';
import { newUuid } from '#kernel';
import { createTestDatabase, newSigningPair, signRequest, type SigningPair, type TestDatabase } from '#testing';
import { reception } from '../room.js';

interface Called {
  status: number;
  body: Record<string, unknown>;
}
const seconds = (): number => Math.floor(Date.now() / 1000);

describe('keys that sign', () => {
  let database: TestDatabase;
  let open: OpenRoom;
  beforeAll(async () => {
    database = await createTestDatabase();
    open = await openRoom(reception, { DATABASE_URL: database.url('reception'), BAILEE_MODE: 'demo', LOG_LEVEL: 'silent' });
  });
  afterAll(async () => {
    await open.close();
    await database.close();
  });

  const send = async (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    headers: Record<string, string>,
    payload?: string,
  ): Promise<Called> => {
    const reply = await open.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
    return { status: reply.statusCode, body: JSON.parse(reply.body) as Record<string, unknown> };
  };
  const json = { 'content-type': 'application/json' };
  const signUp = async (): Promise<{ authorization: string }> => {
    const { body } = await send('POST', '/v1/clients', { ...json, 'idempotency-key': newUuid() }, '{}');
    return { authorization: `Bearer ${String(body['api_key'])}` };
  };
  const create = (as: Record<string, string>, body: object): Promise<Called> =>
    send('POST', '/v1/keys', { ...json, ...as, 'idempotency-key': newUuid() }, JSON.stringify(body));
  const signed = (pair: SigningPair, keyId: string, method: 'GET' | 'POST', url: string, body?: object): Promise<Called> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const request = { method, url, ...(text === undefined ? {} : { body: text, idempotencyKey: newUuid() }) };
    return send(method, url, signRequest(pair, keyId, request, seconds()), text);
  };

  it('are made from a public key, show no secret, and act for their client from then on', async () => {
    const [first, pair] = [await signUp(), newSigningPair()];
    const made = await create(first, { public_key: pair.publicKey, scopes: ['read', 'account'], label: 'server' });
    expect(made).toMatchObject({ status: 201, body: { kind: 'signature', scopes: ['read', 'account'], state: 'active', api_key: null } });
    const id = String(made.body['id']);
    expect(await signed(pair, id, 'GET', '/v1/me')).toMatchObject({ status: 200, body: { current_key_id: id } });
    expect(await signed(pair, id, 'POST', '/v1/keys', { label: 'another' })).toMatchObject({
      status: 201,
      body: { scopes: ['read', 'account'] },
    });
  });

  it('give no more than they have', async () => {
    const [first, pair] = [await signUp(), newSigningPair()];
    const id = String((await create(first, { public_key: pair.publicKey, scopes: ['read', 'account'] })).body['id']);
    expect(await signed(pair, id, 'POST', '/v1/keys', { scopes: ['withdraw'] })).toMatchObject({
      status: 403,
      body: { code: 'key.scope_beyond_own' },
    });
    const looking = newSigningPair();
    const only = String((await create(first, { public_key: looking.publicKey, scopes: ['read'] })).body['id']);
    expect(await signed(looking, only, 'POST', '/v1/keys', {})).toMatchObject({ status: 403, body: { code: 'auth.scope_missing' } });
  });

  it.each([
    ['too short', 'AAAA', 400, 'validation.failed'],
    ['no base64', '!'.repeat(44), 422, 'key.public_key_malformed'],
    ['not canonical', `${'A'.repeat(42)}B=`, 422, 'key.public_key_malformed'],
  ])('are not made from something %s', async (_name, public_key, status, code) => {
    expect(await create(await signUp(), { public_key })).toMatchObject({ status, body: { code } });
  });

  it('belong to one client alone', async () => {
    const pair = newSigningPair();
    expect((await create(await signUp(), { public_key: pair.publicKey })).status).toBe(201);
    expect(await create(await signUp(), { public_key: pair.publicKey })).toMatchObject({
      status: 409,
      body: { code: 'key.public_key_taken' },
    });
  });

  it('may expire, and leave a client with a key that can make others', async () => {
    const first = await signUp();
    expect(await create(first, { expires_at: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 422, body: { code: 'key.expiry_past' } });
    expect(await create(first, { expires_at: '2090-01-01T00:00:00Z' })).toMatchObject({
      status: 201,
      body: { expires_at: '2090-01-01T00:00:00.000Z' },
    });
    const lent = String((await create(first, { expires_at: '2090-01-01T00:00:00Z' })).body['api_key']);
    expect(await create({ authorization: `Bearer ${lent}` }, {})).toMatchObject({ status: 403, body: { code: 'key.expiry_beyond_own' } });
    expect(await create({ authorization: `Bearer ${lent}` }, { expires_at: '2089-01-01T00:00:00Z' })).toMatchObject({ status: 201 });
    expect(await create(first, { expires_at: 'tomorrow' })).toMatchObject({ status: 400, body: { code: 'validation.failed' } });

    const second = await signUp();
    const { current_key_id } = (await send('GET', '/v1/me', second)).body;
    await create(second, { scopes: ['read', 'account'] });
    await create(second, { expires_at: '2090-01-01T00:00:00Z' });
    expect(await send('DELETE', `/v1/keys/${String(current_key_id)}`, second)).toMatchObject({ status: 409, body: { code: 'key.last' } });
  });
});
