import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const cruise = (
  ...paths: string[]
): { summary: { violations: { rule: { name: string } }[]; totalCruised: number; totalDependenciesCruised?: number } } => {
  const args = [
    join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    ...paths,
  ];
  try {
    return JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', maxBuffer: 1e9 }));
  } catch (error) {
    return JSON.parse((error as { stdout: string }).stdout);
  }
};
const rulesBroken = (path: string): string[] => [...new Set(cruise(path).summary.violations.map((v) => v.rule.name))].sort();

/** A rule that never objects is no rule: each bad import is written, and must be seen. */
describe('the layers bite', () => {
  const bad = (file: string, text: string, rules: string[]) => ({ file, text, rules });
  const cases = [
    bad('libs/kernel/bad-edge.ts', "import { rooms } from '#messages';\nexport const seen = rooms;\n", ['kernel-imports-nothing']),
    bad('apps/custody/bad-edge.service.ts', "import { reception } from '../reception/room.js';\nexport const seen = reception;\n", [
      'room-imports-room',
    ]),
    bad('libs/audit/bad-edge.ts', "import { custody } from '../../apps/custody/room.js';\nexport const seen = custody;\n", [
      'foundations-never-import-rooms',
    ]),
    bad('apps/staking/bad-edge.service.ts', "import { FakeClock } from '#testing';\nexport const seen = FakeClock;\n", [
      'testing-in-specs-only',
    ]),
    bad('apps/rewards/bad-edge.service.ts', "import { post } from '../../libs/ledger/post.js';\nexport const seen = post;\n", [
      'foundation-by-its-door',
    ]),
    bad('apps/signer/bad-edge.service.ts', "import { realness } from '../localnet/index.js';\nexport const seen = realness;\n", [
      'nothing-imports-localnet',
    ]),
    bad('apps/custody/deposits/bad-edge.ts', "import { Injectable } from '@nestjs/common';\nexport const seen = Injectable;\n", [
      'domain-is-pure',
    ]),
  ];

  it.each(cases)('$file is objected to as $rules', ({ file, text, rules }) => {
    const path = join(root, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    try {
      expect(rulesBroken(file)).toEqual(expect.arrayContaining(rules));
    } finally {
      rmSync(path);
    }
  });

  it('sees the edges between foundations, which resolve by a private condition', () => {
    const all = cruise('apps', 'libs');
    expect(all.summary.violations).toEqual([]);
    expect(all.summary.totalDependenciesCruised ?? 0).toBeGreaterThan(500);
  });
});
