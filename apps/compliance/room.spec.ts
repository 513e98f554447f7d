import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeRoom, generalProblems } from '#http';
import { complianceProblems } from './problems.js';
import { compliance } from './room.js';

describe('the room', () => {
  it('can be described without a database and without a key', async () => {
    const { paths } = await describeRoom(compliance);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining([
        '/v1/onboarding/applications',
        '/v1/onboarding/applications/{id}/submit',
        '/v1/compliance/cases/{id}/decisions',
        '/v1/compliance/decisions/{id}/approve',
        '/v1/compliance/deposits/{id}/release',
        '/v1/compliance/matches/{id}/resolve',
        '/v1/compliance/holds/{id}/release',
        '/v1/compliance/disclosures/{product_id}',
        '/v1/compliance/acknowledgements',
        '/v1/compliance/audit',
      ]),
    );
  });

  it('declares every code that it refuses with, and no other', () => {
    const source = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !/spec|problems\.ts/.test(name))
      .map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
      .join('\n');
    const refused = [...source.matchAll(/(?:refuse|malformed)\(\s*'([a-z_]+(?:\.[a-z_]+)*)'/g)].map((match) => match[1] ?? '');
    const machines = [...source.matchAll(/machine\(\{\s*name: '([a-z]+)'/g)].map((match) => `${match[1]}.forbidden_move`);
    const used = new Set([...refused, ...machines]);
    const declared = new Set(Object.keys(complianceProblems));
    expect([...used].filter((code) => !declared.has(code) && !Object.hasOwn(generalProblems, code))).toEqual([]);
    expect([...declared].filter((code) => !used.has(code))).toEqual([]);
  });
});
