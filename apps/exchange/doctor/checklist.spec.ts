import { examine, fail, fine, render, skip, summary, warn, type Check, type Line } from './checklist.js';

const check = (name: string, look: Check['look']): Check => ({ group: 'g', name, look });

describe('a checklist', () => {
  it('tells each line in order, and goes on after one that throws or never answers', async () => {
    const told: Line[] = [];
    const lines = await examine(
      [
        check('one', () => fine('good')),
        check('two', () => {
          throw Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
        }),
        check('three', () => new Promise(() => undefined)),
        check('four', () => Promise.resolve(warn('old', 'renew it'))),
        check('five', () => skip('nothing there')),
      ],
      (line) => told.push(line),
      20,
    );
    expect(lines).toEqual(told);
    expect(lines.map((line) => line.verdict)).toEqual(['ok', 'fail', 'fail', 'warn', 'skip']);
    expect(lines[1]?.found).toBe('no such host (ENOTFOUND)');
    expect(lines[2]?.found).toContain('no answer');
  });

  it('shows what to do beside what is wrong', () => {
    const line = { group: 'g', name: 'disk', ...fail('0.1 GiB free', 'make room') };
    expect(render(line)).toBe('  ✗ disk                       0.1 GiB free\n      → make room');
  });

  it.each([
    [[fine('a'), skip('b')], 'All is well (1 looked at, 1 skipped).'],
    [[fine('a'), warn('b', 'c')], 'It works; 1 should be mended (2 looked at, 0 skipped).'],
    [[fail('a', 'b'), warn('b', 'c')], '1 of them must be mended, 1 should be (2 looked at, 0 skipped).'],
  ])('sums up %j', (findings, sentence) => {
    expect(summary(findings.map((finding) => ({ group: 'g', name: 'n', ...finding })))).toBe(sentence);
  });
});
