import fc from 'fast-check';
import { FakeClock } from '#testing';
import { canonical, hashOf, operationKey } from './operation.js';
import { decodeCursor, encodeCursor } from './page.js';
import { generalProblems, kebab, listProblems, Problems, UndeclaredProblem } from './problems.js';
import { RateLimiter } from './rate-limit.js';
import { prefixesOf, roomOfPath, routeTable } from './route-table.js';

describe('the canonical body', () => {
  it('does not depend on the order of members, and tells different bodies apart', () => {
    expect(canonical({ b: [1, { d: null, c: 'x' }], a: true })).toBe('{"a":true,"b":[1,{"c":"x","d":null}]}');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        const reversed = Object.fromEntries(Object.entries(body).reverse());
        expect(canonical(body)).toBe(canonical(reversed));
        expect(JSON.parse(canonical(body))).toEqual(JSON.parse(JSON.stringify(body)));
      }),
    );
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.jsonValue(),
        (a, b) => a === null || b === null || (canonical(a) === canonical(b)) === (hashOf(a) === hashOf(b)),
      ),
    );
    expect(hashOf(undefined)).toBe(hashOf({}));
  });
  it('takes visible ASCII as a key and nothing else', () => {
    for (const bad of [undefined, '', ' ', 'a b', 'é', 'x'.repeat(256), 'a\nb', ['a', 'b']]) expect(operationKey(bad).ok).toBe(false);
    for (const good of ['1', '2b1f6f0e-6a0b-4d5e-9c38-0b2a0b41ce5a', 'x'.repeat(255)])
      expect(operationKey(good)).toEqual({ ok: true, value: good });
  });
});

describe('cursors', () => {
  const id = fc.stringMatching(/^[0-9a-z-]{1,60}$/);
  const at = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
  it('come back as they went, and only to their own filter', () => {
    fc.assert(
      fc.property(
        at,
        id,
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))),
        (createdAt, name, filter) => {
          const cursor = encodeCursor(filter, { createdAt, id: name });
          expect(decodeCursor(filter, cursor)).toEqual({ ok: true, value: { createdAt, id: name } });
          const foreign = decodeCursor({ ...filter, another: 'filter' }, cursor);
          expect(foreign).toMatchObject({ ok: false, refusal: { code: 'cursor.foreign' } });
        },
      ),
    );
  });
  it('are refused when anything was changed', () => {
    const cursor = encodeCursor({ of: 'x' }, { createdAt: new Date(1_700_000_000_000), id: 'a-b' });
    fc.assert(
      fc.property(fc.nat(cursor.length - 1), fc.constantFrom('A', 'B', 'a', 'b', '0', '1', '_', '-'), (place, letter) => {
        fc.pre(cursor[place] !== letter);
        expect(decodeCursor({ of: 'x' }, cursor.slice(0, place) + letter + cursor.slice(place + 1)).ok).toBe(false);
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => fc.pre(text !== cursor) === undefined && !decodeCursor({ of: 'x' }, text).ok));
  });
  it('have members of a filter in any order, and none for what is not asked', () => {
    const position = { createdAt: new Date(5), id: '1' };
    expect(encodeCursor({ a: 1, b: undefined, c: 2 }, position)).toBe(encodeCursor({ c: 2, a: 1 }, position));
  });
});

describe('problems', () => {
  const problems = new Problems({ 'tea.cold': { status: 409, title: 'The tea is cold.' } });
  it('become documents with a type, a code and what the caller may know', () => {
    const answered = problems.answer({ code: 'tea.cold', detail: 'Boil again.', facts: { waitedMs: 5, amount: 7n, limits: { min: '1' } } });
    expect(answered.status).toBe(409);
    expect(answered.body).toEqual({
      type: '/problems/tea-cold',
      title: 'The tea is cold.',
      status: 409,
      detail: 'Boil again.',
      code: 'tea.cold',
      retryable: false,
      limits: { min: '1' },
      facts: { waited_ms: 5, amount: '7' },
    });
  });
  it('are declared or refused to be sent', () => {
    expect(() => problems.answer({ code: 'tea.hot', detail: '', facts: {} })).toThrow(UndeclaredProblem);
    expect(() => problems.answer({ code: 'toString', detail: '', facts: {} })).toThrow(UndeclaredProblem);
    expect(() => new Problems({ not_found: { status: 404, title: 'again' } })).toThrow('not_found');
  });
  it('have names that no two share', () => {
    const names = Object.keys(generalProblems).map(kebab);
    expect(new Set(names).size).toBe(names.length);
    const listed = listProblems([{ name: 'kitchen', problems: { 'tea.cold': { status: 409, title: 'The tea is cold.' } } }]);
    expect(listed.find((p) => p.code === 'tea.cold')).toEqual({
      code: 'tea.cold',
      room: 'kitchen',
      status: 409,
      title: 'The tea is cold.',
      retryable: false,
    });
    const other = { name: 'bar', problems: { 'tea.cold': { status: 410, title: 'Gone.' } } };
    expect(() => listProblems([{ name: 'kitchen', problems: { 'tea.cold': { status: 409, title: 'x' } } }, other])).toThrow(
      'with two statuses',
    );
  });
});

describe('the rate limiter', () => {
  it('lets a minute’s worth through at once, then as it refills', () => {
    const clock = new FakeClock(new Date(0));
    const limiter = new RateLimiter(60, clock);
    for (let i = 0; i < 60; i++) expect(limiter.take('a').allowed).toBe(true);
    expect(limiter.take('a')).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
    expect(limiter.take('b').allowed).toBe(true);
    clock.advance(1_000);
    expect([limiter.take('a').allowed, limiter.take('a').allowed]).toEqual([true, false]);
  });
  it('does not grow without bound', () => {
    const clock = new FakeClock(new Date(0));
    const limiter = new RateLimiter(60, clock, 3);
    for (let i = 0; i < 1_000; i++) expect(limiter.take(`caller ${i}`).allowed).toBe(true);
    expect((limiter as unknown as { buckets: Map<string, unknown> }).buckets.size).toBeLessThanOrEqual(3);
  });
});

describe('the route table', () => {
  it('gives each path to one room', () => {
    expect(roomOfPath('/')).toBe('reception');
    expect(roomOfPath('/v1/staking/stakes?x=/v1/custody')).toBe('staking');
    expect(roomOfPath('/v1/custody')).toBe('custody');
    expect(roomOfPath('/v1/compliance/cases/1')).toBe('compliance');
    expect(roomOfPath('/v1/rewards/payouts')).toBe('rewards');
    expect(roomOfPath('/docs/swagger-ui.css')).toBe('reception');
    expect(roomOfPath('/v1/stakingly')).toBe('reception');
  });
  it('has no prefix twice, and none inside another', () => {
    const all = Object.values(routeTable).flat();
    expect(new Set(all).size).toBe(all.length);
    for (const a of all) for (const b of all) if (a !== b && a !== '/') expect(b.startsWith(`${a}/`)).toBe(false);
    expect(prefixesOf('staking')).toEqual(['/v1/staking']);
  });
});
