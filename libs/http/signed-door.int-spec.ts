import 'reflect-metadata';
import { Body, Controller, Get, type DynamicModule, Inject, Module, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { databaseModule } from '#database';
import { newUuid, ok } from '#kernel';
import { RoomConfig } from '#runtime';
import { createTestDatabase, FakeClock, newSigningPair, signRequest, type TestDatabase } from '#testing';
import {
  type Answer,
  ClientDoor,
  CurrentCaller,
  CurrentOperation,
  type ClientCaller,
  openRoom,
  type OpenRoom,
  type Operation,
  Requests,
  type Room,
} from './index.js';

class OrderDto {
  @IsString() amount!: string;
}

@Controller('v1/me')
class Probe {
  constructor(@Inject(Requests) private readonly requests: Requests) {}
  @ClientDoor() @Get() me(@CurrentCaller() caller: ClientCaller): object {
    return { client: caller.clientId };
  }
  @ClientDoor('stake') @Post('orders') order(@Body() dto: OrderDto, @CurrentOperation() operation: Operation): Promise<Answer> {
    return this.requests.once(operation, () => Promise.resolve(ok({ status: 202, body: { amount: dto.amount } })));
  }
}

const room: Room = {
  name: 'reception',
  prefixes: ['/v1/me'],
  problems: {},
  config: RoomConfig,
  module: (config): DynamicModule => {
    @Module({})
    class Root {}
    return { module: Root, imports: [databaseModule('reception', config, [])], controllers: [Probe] };
  },
};

describe('the door for signed requests', () => {
  const clock = new FakeClock(new Date('2027-01-15T08:00:00Z'));
  const now = Math.floor(clock.now().getTime() / 1000);
  const [client, trading, looking] = [newUuid(), newUuid(), newUuid()];
  const [pair, lookingPair] = [newSigningPair(), newSigningPair()];
  let database: TestDatabase;
  let open: OpenRoom;

  beforeAll(async () => {
    database = await createTestDatabase();
    await database.admin.query('INSERT INTO reception.client VALUES ($1, NULL, now())', [client]);
    const add = `INSERT INTO reception.api_key (id, client_id, label, public_key, hint, scopes, created_at) VALUES ($1, $2, 'k', $3, 'h', $4, now())`;
    await database.admin.query(add, [trading, client, Buffer.from(pair.publicKey, 'base64'), ['read', 'stake']]);
    await database.admin.query(add, [looking, client, Buffer.from(lookingPair.publicKey, 'base64'), ['read']]);
    open = await openRoom(room, { DATABASE_URL: database.url('reception'), BAILEE_MODE: 'demo', LOG_LEVEL: 'silent' }, clock);
  });
  afterAll(async () => {
    await open.close();
    await database.close();
  });

  const send = async (
    request: { method: 'GET' | 'POST'; url: string; body?: string; idempotencyKey?: string },
    headers: Record<string, string>,
  ) => {
    const { method, url, body } = request;
    const reply = await open.app.inject({ method, url, headers, ...(body === undefined ? {} : { payload: body }) });
    return { status: reply.statusCode, body: JSON.parse(reply.body) as Record<string, unknown> };
  };
  const order = (idempotencyKey: string = newUuid()) => ({
    method: 'POST' as const,
    url: '/v1/me/orders',
    body: '{"amount": "1"}',
    idempotencyKey,
  });

  it('opens to the key’s owner, body untouched', async () => {
    const me = { method: 'GET' as const, url: '/v1/me' };
    expect(await send(me, signRequest(pair, `key_${trading}`, me, now))).toEqual({ status: 200, body: { client } });
    const placed = order();
    expect(await send(placed, signRequest(pair, `key_${trading}`, placed, now))).toEqual({ status: 202, body: { amount: '1' } });
  });

  it('stays shut to a key without the scope of the route, and says which', async () => {
    const placed = order();
    expect(await send(placed, signRequest(lookingPair, `key_${looking}`, placed, now))).toMatchObject({
      status: 403,
      body: { code: 'auth.scope_missing', facts: { scope: 'stake', key_scopes: ['read'] } },
    });
  });

  it('stays shut to a signature that is old, another’s, or over another body', async () => {
    const placed = order();
    expect(await send(placed, signRequest(pair, `key_${trading}`, placed, now - 301))).toMatchObject({
      status: 401,
      body: { code: 'auth.signature_expired' },
    });
    expect(await send(placed, signRequest(lookingPair, `key_${trading}`, placed, now))).toMatchObject({
      status: 401,
      body: { code: 'auth.signature_invalid' },
    });
    expect(await send(placed, signRequest(pair, `key_${newUuid()}`, placed, now))).toMatchObject({
      status: 401,
      body: { code: 'auth.invalid' },
    });
    const headers = signRequest(pair, `key_${trading}`, placed, now);
    expect(await send({ ...placed, body: '{"amount": "9"}' }, headers)).toMatchObject({
      status: 401,
      body: { code: 'auth.digest_mismatch' },
    });
    expect(await send({ ...placed }, { ...headers, 'idempotency-key': newUuid() })).toMatchObject({
      status: 401,
      body: { code: 'auth.signature_invalid' },
    });
  });

  it('gives a copied request no second effect: its idempotency key is signed with it', async () => {
    const placed = order();
    const headers = signRequest(pair, `key_${trading}`, placed, now);
    const effects = async (): Promise<number> =>
      Number((await database.admin.query<[{ n: string }]>('SELECT count(*) AS n FROM reception.request'))[0].n);
    const before = await effects();
    const first = await send(placed, headers);
    expect(await send(placed, headers)).toEqual(first);
    expect((await effects()) - before).toBe(1);
  });

  it('shuts with the revocation, and at the expiry', async () => {
    const me = { method: 'GET' as const, url: '/v1/me' };
    await database.admin.query(`UPDATE reception.api_key SET expires_at = now() - interval '1 second' WHERE id = $1`, [looking]);
    expect(await send(me, signRequest(lookingPair, `key_${looking}`, me, now))).toMatchObject({
      status: 401,
      body: { code: 'auth.invalid' },
    });
    await database.admin.query('UPDATE reception.api_key SET revoked_at = now() WHERE id = $1', [trading]);
    expect(await send(me, signRequest(pair, `key_${trading}`, me, now))).toMatchObject({ status: 401, body: { code: 'auth.invalid' } });
  });
});
