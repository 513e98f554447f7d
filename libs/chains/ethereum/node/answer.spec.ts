import { Answer } from './answer.js';

const garbage = expect.objectContaining({ code: 'chain.garbage', retryable: true });
const of = (value: unknown): Answer => new Answer('test', value);

describe('an answer', () => {
  it('is read in the forms of the protocol', () => {
    const answer = of({ n: '18446744073709551615', q: '0x0', h: '0xABcd', list: [{ ok: true }], empty: null });
    expect(answer.field('n').decimal()).toBe(2n ** 64n - 1n);
    expect(answer.field('q').quantity()).toBe(0n);
    expect(answer.field('h').hex(2)).toBe('0xabcd');
    expect(answer.field('list').list()[0]?.field('ok').boolean()).toBe(true);
    expect([answer.field('empty').present, answer.field('none').present]).toEqual([false, false]);
  });

  it.each([null, undefined, 1, '', '-1', '1.5', '01', '1e3', '0x1', [], {}])('is no decimal when it is %j', (value) => {
    expect(() => of(value).decimal()).toThrow(garbage);
  });

  it('is a number with or without a sign', () => {
    expect([of('-14').signed(), of('0').signed(), of('26').signed()]).toEqual([-14n, 0n, 26n]);
    for (const value of [null, 1, '', '-', '--1', '+1', '-01', '1.5']) expect(() => of(value).signed()).toThrow(garbage);
  });

  it.each([null, 1, '', '0x', '0x01', '1', '0xg', `0x1${'0'.repeat(64)}`])('is no quantity when it is %j', (value) => {
    expect(() => of(value).quantity()).toThrow(garbage);
  });

  it.each([null, 1, '', 'ab', '0xa', '0xzz'])('is no hex when it is %j', (value) => {
    expect(() => of(value).hex()).toThrow(garbage);
  });

  it('names the place where it departs from the protocol', () => {
    expect(() =>
      of({ data: [{ index: 'x' }] })
        .field('data')
        .list()[0]
        ?.field('index')
        .decimal(),
    ).toThrow(/test answered "x" at data\[0\]\.index/);
  });

  it('has no fields that it did not bring', () => {
    expect(of({}).field('constructor').present).toBe(false);
    expect(() => of(null).field('x')).toThrow(garbage);
    expect(() => of('text').field('length')).toThrow(garbage);
    expect(() => of({}).list()).toThrow(garbage);
  });
});
