import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Figures } from './row.js';

const run = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/run.mjs', 'bench/main', ...args], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
    timeout: 110_000,
  });

/** That it runs and says what it promises to; how fast is nobody's business here. */
describe('npm run bench', () => {
  it('prints its figures as one JSON object on the last line', () => {
    const { status, stdout, stderr } = run('--quick', '--json', '--only', 'one transaction a request');
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const last = stdout.trimEnd().split('\n').at(-1) ?? '';
    const { server, rows } = JSON.parse(last) as { server: string; rows: Figures[] };
    expect(server).toMatch(/^PostgreSQL \d+/);
    expect(rows.map((row) => row.name)).toEqual(['POST stake, group commit / one transaction a request']);
    const [row] = rows;
    expect(row).toMatchObject({ unit: 'orders', target: 3, gate: 'rate', met: expect.any(Boolean), spread: expect.any(Number) });
    expect(row?.ours).toBeGreaterThan(0);
    expect(row?.floor).toBeGreaterThan(0);
    expect(row?.ratio).toBeCloseTo((row?.ours ?? 0) / (row?.floor ?? 1), 5);
    expect(row?.ours_ms?.p50).toBeLessThanOrEqual(row?.ours_ms?.p99 ?? 0);
  }, 120_000);

  it('says how it is used', () => {
    expect(run('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('--only') });
    expect(run('--only', 'no such row')).toMatchObject({ status: 2, stderr: expect.stringContaining('POST stake') });
  }, 60_000);
});
