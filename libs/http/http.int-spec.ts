import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Body, Controller, Get, type DynamicModule, Inject, Module, Param, Post, Query } from '@nestjs/common';
import { IsInt, IsOptional, IsString, Matches, MaxLength, Min } from 'class-validator';
import { databaseModule, Transactor } from '#database';
import { Fault, InvariantBroken, newUuid, ok, refuse, Refused } from '#kernel';
import { currentCorrelation, RoomConfig } from '#runtime';
import { createTestDatabase, eventually, type TestDatabase } from '#testing';
import {
  type Caller,
  ClientDoor,
  CurrentCaller,
  CurrentOperation,
  describeRoom,
  encodeCursor,
  type OpenRoom,
  mergeOpenapi,
  openRoom,
  type Operation,
  page,
  PageQuery,
  Public,
  Requests,
  type Room,
  StaffDoor,
} from './index.js';

class OrderDto {
  @IsString() @Matches(/^\d+$/) amount!: string;
  @IsOptional() @IsString() @MaxLength(10) note?: string;
  @IsOptional() @IsInt() @Min(1) times?: number;
}
class FilteredQuery extends PageQuery {
  @IsOptional() @IsString() kind?: string;
}

let failures = 0;
let effects = 0;

@Controller('v1/me')
class ProbeController {
  constructor(
    @Inject(Requests) private readonly requests: Requests,
    @Inject(Transactor) private readonly transactor: Transactor,
  ) {}

  @Public() @Get('open') open(): object {
    return { correlation: currentCorrelation() };
  }
  @ClientDoor() @Get() me(@CurrentCaller() caller: Caller): object {
    return caller;
  }
  @StaffDoor('officer') @Get('desk') desk(@CurrentCaller() caller: Caller): object {
    return caller;
  }
  @ClientDoor() @Get('list') list(@Query() query: FilteredQuery): Promise<object> {
    const rows = Array.from({ length: 5 }, (_, i) => ({ at: new Date(1_000_000 - i * 1000), id: String(i) }));
    return page(query, {
      filter: { list: 'probe', kind: query.kind },
      fetch: (limit, before) => Promise.resolve(rows.filter((r) => !before || r.at < before.createdAt).slice(0, limit)),
      at: (r) => ({ createdAt: r.at, id: r.id }),
      isId: (id) => /^\d$/.test(id),
      show: (r) => r.id,
    });
  }
  @ClientDoor('stake') @Post('orders') order(@Body() dto: OrderDto, @CurrentOperation() operation: Operation): Promise<object> {
    return this.requests.once(operation, async (em) => {
      await em.query('INSERT INTO reception.payout_run VALUES ($1, $2, $3, 1, now())', [operation.id, 'probe', dto.amount]);
      effects++;
      await em.query('SELECT pg_sleep(0.02)');
      if (dto.amount === '13') return refuse('validation.failed', 'unlucky');
      if (dto.amount === '99') return refuse('rate_limited', 'later');
      if (dto.amount === '50' && failures++ === 0) throw new Fault('node.gone', 'secret detail', true);
      return ok({
        status: 202,
        body: { id: operation.id, correlation: currentCorrelation() },
        headers: { location: `/v1/me/orders/${operation.id}` },
      });
    });
  }
  @ClientDoor() @Get('fail/:how') async fail(@Param('how') how: string): Promise<object> {
    if (how === 'invariant') throw new InvariantBroken('books.open', { hush: 'secret' });
    if (how === 'undeclared') throw new Refused(refuse('never.declared', 'secret').refusal);
    if (how === 'database') await this.transactor.run((em) => em.query('SELECT nonsense'));
    if (how === 'fault') throw new Fault('node.gone', 'secret', false);
    throw new Error('secret');
  }
}

const room = (controllers: (new (...args: never[]) => object)[] = [ProbeController]): Room => {
  @Module({})
  class Probe {}
  return {
    name: 'reception',
    prefixes: ['/v1/me'],
    problems: {},
    config: RoomConfig,
    module: (config): DynamicModule => ({ module: Probe, imports: [databaseModule('reception', config, [])], controllers }),
  };
};
const environment = (database: TestDatabase, more: Record<string, string> = {}): Record<string, string> => ({
  DATABASE_URL: database.url('reception'),
  BAILEE_MODE: 'demo',
  LOG_LEVEL: 'silent',
  ...more,
});

interface Called {
  status: number;
  headers: Record<string, unknown>;
  body: Record<string, unknown>;
}

describe('the HTTP face of a room', () => {
  let database: TestDatabase;
  let open: OpenRoom;
  const client = newUuid();
  const token = `bk_${randomBytes(32).toString('base64url')}`;
  const officer = `bs_${randomBytes(32).toString('base64url')}`;
  const support = `bs_${randomBytes(32).toString('base64url')}`;

  const call = async (
    method: 'GET' | 'POST',
    url: string,
    options: { token?: string; key?: string; body?: unknown; headers?: Record<string, string>; at?: OpenRoom } = {},
  ): Promise<Called> => {
    const reply = await (options.at ?? open).app.inject({
      method,
      url,
      headers: {
        ...(options.token ? { authorization: `Bearer ${options.token}` } : {}),
        ...(options.key ? { 'idempotency-key': options.key } : {}),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { payload: options.body as object }),
    });
    return {
      status: reply.statusCode,
      headers: reply.headers,
      body: (reply.body === '' ? {} : JSON.parse(reply.body)) as Record<string, unknown>,
    };
  };
  const order = (body: unknown, key: string, at?: OpenRoom): Promise<Called> =>
    call('POST', '/v1/me/orders', { token, key, body, ...(at ? { at } : {}) });
  const rows = async (): Promise<number> =>
    Number((await database.admin.query<[{ n: string }]>('SELECT count(*) AS n FROM reception.payout_run'))[0].n);

  beforeAll(async () => {
    database = await createTestDatabase();
    const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
    await database.admin.query('INSERT INTO reception.client VALUES ($1, NULL, now())', [client]);
    await database.admin.query(`INSERT INTO reception.api_key VALUES ($1, $2, 'first', $3, 'bk_', now())`, [
      newUuid(),
      client,
      hash(token),
    ]);
    await database.admin.query(
      `INSERT INTO reception.staff VALUES ($1, 'Olive', '{officer}', $2, now()), ($3, 'Sam', '{support}', $4, now())`,
      [newUuid(), hash(officer), newUuid(), hash(support)],
    );
    open = await openRoom(room(), environment(database));
  });
  afterAll(async () => {
    await open.close();
    await database.close();
  });

  describe('doors', () => {
    it('asks for a token, and says which failure it is', async () => {
      expect((await call('GET', '/v1/me')).body).toMatchObject({ status: 401, code: 'auth.missing', type: '/problems/auth-missing' });
      const unknown = await call('GET', '/v1/me', { token: `bk_${'A'.repeat(43)}` });
      expect([unknown.status, unknown.body['code'], unknown.headers['www-authenticate']]).toEqual([
        401,
        'auth.invalid',
        'Bearer error="invalid_token"',
      ]);
      expect(unknown.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect((await call('GET', '/v1/me', { token: "x' OR 1=1" })).body['code']).toBe('auth.invalid');
      expect((await call('GET', '/v1/me', { headers: { authorization: 'Basic abc' } })).body['code']).toBe('auth.invalid');
    });
    it('knows clients and staff, and keeps them apart', async () => {
      expect((await call('GET', '/v1/me', { token })).body).toMatchObject({ kind: 'client', clientId: client });
      expect((await call('GET', '/v1/me/desk', { token: officer })).body).toMatchObject({
        kind: 'staff',
        name: 'Olive',
        roles: ['officer'],
      });
      expect((await call('GET', '/v1/me/desk', { token: support })).body).toMatchObject({ status: 403, code: 'auth.forbidden' });
      expect((await call('GET', '/v1/me/desk', { token })).body['code']).toBe('auth.forbidden');
      expect((await call('GET', '/v1/me', { token: officer })).body['code']).toBe('auth.forbidden');
    });
    it('does not open with a route that has no door, two doors, or a foreign path', async () => {
      @Controller('v1/me')
      class NoDoor {
        @Get() bare(): object {
          return {};
        }
      }
      @Controller('v1/me')
      class TwoDoors {
        @Public() @ClientDoor() @Get() twice(): object {
          return {};
        }
      }
      @Controller('v1/other')
      class Foreign {
        @Public() @Get() far(): object {
          return {};
        }
      }
      for (const [controller, message] of [
        [NoDoor, 'has 0 doors'],
        [TwoDoors, 'has 2 doors'],
        [Foreign, 'outside the prefixes'],
      ] as const) {
        await expect(openRoom(room([controller]), environment(database))).rejects.toThrow(message);
      }
    });
    it('binds a revocation at once', async () => {
      const [id, brief] = [newUuid(), `bk_${randomBytes(32).toString('base64url')}`];
      const hash = createHash('sha256').update(brief).digest();
      await database.admin.query(`INSERT INTO reception.api_key VALUES ($1, $2, 'brief', $3, 'bk_', now())`, [id, client, hash]);
      expect((await call('GET', '/v1/me', { token: brief })).status).toBe(200);
      await database.admin.query('UPDATE reception.api_key SET revoked_at = now() WHERE id = $1', [id]);
      expect((await call('GET', '/v1/me', { token: brief })).status).toBe(401);
    });
  });

  it('outlives the loss of its connections', async () => {
    expect((await call('GET', '/v1/me', { token })).status).toBe(200);
    await database.admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'bailee_reception' AND datname = current_database()`,
    );
    const statuses = await Promise.all(Array.from({ length: 10 }, () => call('GET', '/v1/me', { token }).then((reply) => reply.status)));
    expect(statuses).toEqual(Array.from({ length: 10 }, () => 200));
  });

  describe('bad input', () => {
    it.each([
      ['broken JSON', '{"amount":', 400, 'body.malformed'],
      ['a list', '[1]', 400, 'body.malformed'],
      ['prototype pollution', '{"__proto__":{"x":1},"amount":"1"}', 400, 'body.malformed'],
      ['U+0000', '{"amount":"1","note":"\\u0000"}', 400, 'body.malformed'],
      ['half a surrogate pair', '{"amount":"1","note":"\\ud800"}', 400, 'body.malformed'],
      ['a deeply nested body', `{"amount":"1","note":${'['.repeat(30_000)}${']'.repeat(30_000)}}`, 400, 'body.malformed'],
      ['an oversized body', JSON.stringify({ amount: '1', note: 'x'.repeat(70_000) }), 413, 'body.too_large'],
      ['an unknown field', '{"amount":"1","extra":true}', 400, 'validation.failed'],
      ['a number for a text', '{"amount":1}', 400, 'validation.failed'],
      ['a missing field', '{}', 400, 'validation.failed'],
    ])('refuses %s', async (_name, payload, status, code) => {
      const reply = await call('POST', '/v1/me/orders', {
        token,
        key: newUuid(),
        body: payload,
        headers: { 'content-type': 'application/json' },
      });
      expect([reply.status, reply.body['code']]).toEqual([status, code]);
      expect(reply.headers['x-request-id']).toBe((reply.body['instance'] as string).split('/').pop());
    });
    it('names each wrong field', async () => {
      const reply = await call('POST', '/v1/me/orders', { token, key: newUuid(), body: { amount: '-1', times: 0, other: 1 } });
      expect(reply.body['errors']).toEqual([
        { pointer: '/other', code: 'unknown_field', detail: 'There is no such field here.' },
        expect.objectContaining({ pointer: '/amount', code: 'matches' }),
        expect.objectContaining({ pointer: '/times', code: 'min' }),
      ]);
    });
    it('refuses other media types, unknown routes and malformed URLs', async () => {
      const form = await call('POST', '/v1/me/orders', {
        token,
        key: newUuid(),
        body: 'amount=1',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
      expect([form.status, form.body['code']]).toEqual([415, 'body.unsupported_media_type']);
      expect((await call('GET', '/v1/nowhere')).body).toMatchObject({ status: 404, code: 'route.unknown' });
      expect((await call('GET', '/v1/me/%zz')).body).toMatchObject({ status: 400, code: 'request.malformed' });
      expect((await call('GET', '/v1/me/list?kind=a%00b', { token })).body).toMatchObject({ status: 400, code: 'request.malformed' });
      expect((await call('GET', '/v1/me/list?limit=201', { token })).body['code']).toBe('validation.failed');
    });
    it('tells nobody what went wrong inside', async () => {
      for (const [how, status, code] of [
        ['invariant', 500, 'internal'],
        ['undeclared', 500, 'internal'],
        ['database', 500, 'internal'],
        ['other', 500, 'internal'],
        ['fault', 503, 'unavailable'],
      ] as const) {
        const reply = await call('GET', `/v1/me/fail/${how}`, { token });
        expect([how, reply.status, reply.body['code']]).toEqual([how, status, code]);
        expect(reply.body['retryable']).toBe(false);
        expect(JSON.stringify(reply.body)).not.toContain('secret');
      }
    });
  });

  describe('idempotency', () => {
    it('needs a usable key', async () => {
      expect((await call('POST', '/v1/me/orders', { token, body: { amount: '1' } })).body).toMatchObject({
        status: 400,
        code: 'idempotency.key_missing',
      });
      expect((await order({ amount: '1' }, 'a b')).body['code']).toBe('idempotency.key_malformed');
      expect((await order({ amount: '1' }, 'k'.repeat(256))).body['code']).toBe('idempotency.key_malformed');
    });
    it('has one effect for 50 parallel requests, on two instances, and one answer for all', async () => {
      const second = await openRoom(room(), environment(database));
      const [before, key] = [await rows(), newUuid()];
      const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => order({ amount: '1' }, key, i % 2 ? second : open)));
      await second.close();
      expect(new Set(replies.map((r) => r.status))).toEqual(new Set([202]));
      expect(new Set(replies.map((r) => JSON.stringify(r.body))).size).toBe(1);
      expect(new Set(replies.map((r) => r.headers['location'])).size).toBe(1);
      expect(replies.filter((r) => r.headers['idempotent-replayed'] !== 'true')).toHaveLength(1);
      expect(await rows()).toBe(before + 1);
    });
    it('replays what it stored, whatever the order of the members', async () => {
      const key = newUuid();
      const first = await order({ amount: '2', note: 'n' }, key);
      const again = await order({ note: 'n', amount: '2' }, key);
      expect(again.body).toEqual(first.body);
      expect(again.headers['idempotent-replayed']).toBe('true');
    });
    it('refuses the key with another body, also while the first runs', async () => {
      const key = newUuid();
      const [first, other] = await Promise.all([order({ amount: '3' }, key), order({ amount: '4' }, key)]);
      expect([first.status, other.body['code']]).toEqual([202, 'idempotency.key_reused']);
      expect((await order({ amount: '4' }, key)).body).toMatchObject({ status: 422, code: 'idempotency.key_reused' });
    });
    it('stores a refusal, after rolling back what was done before it', async () => {
      const [before, effectsBefore, key] = [await rows(), effects, newUuid()];
      const first = await order({ amount: '13' }, key);
      const again = await order({ amount: '13' }, key);
      expect([first.status, again.status, again.headers['idempotent-replayed']]).toEqual([400, 400, 'true']);
      expect([await rows(), effects]).toEqual([before, effectsBefore + 1]);
    });
    it('stores neither a passing refusal nor a fault', async () => {
      const key = newUuid();
      expect((await order({ amount: '99' }, key)).status).toBe(429);
      const before = effects;
      expect((await order({ amount: '99' }, key)).headers['idempotent-replayed']).toBeUndefined();
      expect(effects).toBe(before + 1);
      const other = newUuid();
      expect((await order({ amount: '50' }, other)).body).toMatchObject({ status: 503, retryable: true });
      expect((await order({ amount: '50' }, other)).status).toBe(202);
    });
    it('says 409 with Retry-After when the first request takes longer than 5 s elsewhere', async () => {
      const key = newUuid();
      const stuck = await openRoom(room(), environment(database));
      const holder = database.admin.createQueryRunner();
      const probe = await order({ amount: '5' }, key); // learn the id, then hold a claim of a fresh one like another instance would
      const { id } = probe.body as { id: string };
      await database.admin.query('DELETE FROM reception.request WHERE id = $1', [id]);
      await holder.startTransaction();
      await holder.query(`INSERT INTO reception.request (id, request_hash) VALUES ($1, sha256('x'))`, [id]);
      const reply = await order({ amount: '5' }, key, stuck);
      expect([reply.status, reply.body['code'], reply.headers['retry-after']]).toEqual([409, 'idempotency.in_progress', '1']);
      await holder.rollbackTransaction();
      await holder.release();
      await stuck.close();
    });
    it('keeps operations of two clients apart', async () => {
      const [other, otherToken, key] = [newUuid(), `bk_${randomBytes(32).toString('base64url')}`, newUuid()];
      await database.admin.query('INSERT INTO reception.client VALUES ($1, NULL, now())', [other]);
      await database.admin.query(`INSERT INTO reception.api_key VALUES ($1, $2, 'x', $3, 'bk_', now())`, [
        newUuid(),
        other,
        createHash('sha256').update(otherToken).digest(),
      ]);
      const mine = await order({ amount: '7' }, key);
      const theirs = await call('POST', '/v1/me/orders', { token: otherToken, key, body: { amount: '7' } });
      expect(theirs.body['id']).not.toBe(mine.body['id']);
    });
  });

  it('pages through a list, and refuses a cursor that is damaged or of another filter', async () => {
    const seen: unknown[] = [];
    let cursor = '';
    for (let more = true; more;) {
      const { body } = await call('GET', `/v1/me/list?limit=2${cursor && `&cursor=${cursor}`}`, { token });
      seen.push(...(body['data'] as unknown[]));
      const info = body['page'] as { next_cursor: string | null; has_more: boolean };
      more = info.has_more;
      cursor = info.next_cursor ?? cursor;
    }
    expect(seen).toEqual(['0', '1', '2', '3', '4']);
    expect((await call('GET', `/v1/me/list?kind=x&cursor=${cursor}`, { token })).body).toMatchObject({
      status: 400,
      code: 'cursor.foreign',
    });
    for (let i = 0; i < cursor.length; i += 3) {
      const tampered = cursor.slice(0, i) + (cursor[i] === 'A' ? 'B' : 'A') + cursor.slice(i + 1);
      expect((await call('GET', `/v1/me/list?cursor=${tampered}`, { token })).body['code']).toMatch(/^cursor\.(malformed|foreign)$/);
    }
    expect((await call('GET', '/v1/me/list?cursor=~', { token })).body['code']).toBe('cursor.malformed');
    const made = encodeCursor({ list: 'probe' }, { createdAt: new Date(1_000_000), id: 'no id of this list' });
    expect((await call('GET', `/v1/me/list?cursor=${made}`, { token })).body['code']).toBe('cursor.malformed');
  });

  it('carries the request id from the request to the work and back', async () => {
    const given = await call('GET', '/v1/me/open', { headers: { 'x-request-id': 'trace-12345678' } });
    expect([given.headers['x-request-id'], given.body['correlation']]).toEqual(['trace-12345678', 'trace-12345678']);
    const made = await call('GET', '/v1/me/open', { headers: { 'x-request-id': 'bad\tid' } });
    expect(made.headers['x-request-id']).toMatch(/^req_/);
    const posted = await call('POST', '/v1/me/orders', {
      token,
      key: newUuid(),
      body: { amount: '1' },
      headers: { 'x-request-id': 'trace-87654321' },
    });
    expect(posted.body['correlation']).toBe('trace-87654321');
  });

  it('limits each caller by itself', async () => {
    const slow = await openRoom(room(), environment(database, { RATE_LIMIT_PER_MINUTE: '3' }));
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await call('GET', '/v1/me', { token, at: slow })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    const refused = await call('GET', '/v1/me', { token, at: slow });
    expect([refused.body['code'], Number(refused.headers['retry-after'])]).toEqual(['rate_limited', expect.any(Number)]);
    expect((await call('GET', '/v1/me/desk', { token: officer, at: slow })).status).toBe(200);
    await slow.close();
  });

  it('reports health and metrics, and a database that is gone', async () => {
    expect((await call('GET', '/health/live')).body).toEqual({ status: 'ok', room: 'reception' });
    expect((await call('GET', '/health/ready')).body).toMatchObject({ status: 'ok', parts: { database: 'ok' } });
    expect(await open.metrics()).toContain('bailee_http_request_seconds_count');
    const doomed = await openRoom(room(), environment(database));
    await eventually(async () => (await doomed.ready())['database'] === 'ok', { timeoutMs: 5_000 });
    await doomed.app.get(Transactor, { strict: false }).read(() => Promise.resolve()); // connected
    await doomed.close();
    expect((await doomed.ready())['database']).toBe('failing');
  });

  it('answers what another server accepted, over real sockets, and lets go of everything', async () => {
    const behind = await openRoom(room(), environment(database));
    const front = createServer((request, response) => behind.handle(request, response));
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
    const at = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-request-id': 'over-the-wire-1' };
    const posted = await fetch(`${at}/v1/me/orders`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': newUuid() },
      body: '{"amount":"1"}',
    });
    expect([posted.status, ((await posted.json()) as { correlation: string }).correlation]).toEqual([202, 'over-the-wire-1']);
    const large = await fetch(`${at}/v1/me/orders`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': newUuid() },
      body: 'x'.repeat(70_000),
    });
    expect([large.status, ((await large.json()) as { code: string }).code]).toEqual([413, 'body.too_large']);
    await new Promise((resolve) => {
      front.close(resolve);
      front.closeAllConnections();
    });
    await behind.close();
  });

  it('describes itself as OpenAPI 3.1, also without being opened', async () => {
    const document = open.openapi();
    expect(await describeRoom(room())).toEqual(document);
    const post = document.paths['/v1/me/orders']?.post;
    expect(document.openapi).toBe('3.1.0');
    expect(post?.security).toEqual([{ client: [] }]);
    expect(post?.parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: true }));
    expect(document.components?.schemas?.['OrderDto']).toMatchObject({
      required: ['amount'],
      properties: { amount: { type: 'string', pattern: '^\\d+$' }, times: { type: 'integer', minimum: 1 } },
    });
    expect(post?.responses).toMatchObject({ '401': {}, default: {} });
    expect(document.tags).toEqual([{ name: 'reception' }]);
    expect(mergeOpenapi([document, document])).toEqual(document);
    const clash = { ...document, paths: { '/v1/me': {} } };
    expect(() => mergeOpenapi([document, clash])).toThrow('declare the path /v1/me differently');
  });
});
