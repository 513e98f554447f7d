/** Short runs of what `npm run soak` runs long. */
import { fuzz } from './fuzz.js';
import { replay } from './replay.js';

it('fuzzes the ledger against the oracle', async () => {
  const lines: string[] = [];
  const report = await fuzz({ steps: 3, seed: 42, say: (line) => lines.push(line) });
  expect(report).toMatchObject({ seed: 42, stories: 3 });
  expect(report.decisions).toBeGreaterThan(20);
  expect(lines[0]).toContain('seed 42');
}, 120_000);

it('replays what it has posted', async () => {
  const report = await replay({ transfers: 12_000 });
  expect(report.transfers).toBeGreaterThanOrEqual(12_000);
  expect(report.grewBytes).toBeLessThan(256 * 1024 * 1024);
}, 120_000);
