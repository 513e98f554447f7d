import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '#runtime';
import { ComplianceConfig, personalDataKey, settingsOf } from './config.js';

const base = { DATABASE_URL: 'postgres://bailee_compliance@127.0.0.1/x' };
const load = (env: Record<string, string>): ComplianceConfig => loadConfig(ComplianceConfig, 'compliance', { ...base, ...env });

describe('configuration', () => {
  it('takes the key from a file or from the environment, and opens without neither', () => {
    const folder = mkdtempSync(join(tmpdir(), 'compliance-'));
    try {
      const file = join(folder, 'key');
      writeFileSync(file, `${'ab'.repeat(32)}\n`);
      expect(personalDataKey(load({ PII_KEY_FILE: file }))).toBe('ab'.repeat(32));
      expect(personalDataKey(load({ COMPLIANCE_PII_KEY: 'cd'.repeat(32) }))).toBe('cd'.repeat(32));
      expect(() => personalDataKey(load({}))).toThrow('PII_KEY');
      expect(() => personalDataKey(load({ PII_KEY_FILE: join(folder, 'none') }))).toThrow('cannot be read');
      writeFileSync(file, 'short');
      expect(() => personalDataKey(load({ PII_KEY_FILE: file }))).toThrow('32 bytes');
      expect(() => load({ PII_KEY: 'short' })).toThrow('32 bytes');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('limits the rule in base units', () => {
    expect(settingsOf(load({})).depositRuleLimits.get('ETH')).toBe(50n * 10n ** 18n);
    expect(settingsOf(load({ RULE_LIMIT_ETH: '0.5' })).depositRuleLimits.get('ETH')).toBe(5n * 10n ** 17n);
    expect(() => load({ RULE_LIMIT_ETH: '-1' })).toThrow('RULE_LIMIT_ETH');
  });

  it('finds what is shipped', () => {
    const settings = settingsOf(load({}));
    expect(existsSync(settings.listsFolder)).toBe(true);
    expect(existsSync(join(settings.disclosuresFolder, 'eth-payout.md'))).toBe(true);
  });
});
