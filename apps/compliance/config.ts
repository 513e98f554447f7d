import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { accept, asset, parseDecimal } from '#kernel';
import { ConfigInvalid, RoomConfig } from '#runtime';
import type { Settings } from './ports.js';

const HOUR_MS = 3_600_000;

export class ComplianceConfig extends RoomConfig {
  /** File with the key of personal data: 32 bytes in hexadecimal. Or PII_KEY, the key itself. */
  @IsOptional() @IsString() PII_KEY_FILE?: string;
  @IsOptional() @Matches(/^[0-9a-fA-F]{64}$/, { message: 'PII_KEY must be 32 bytes in hexadecimal' }) PII_KEY?: string;

  /** The largest deposit that the rule clears without a person, in ETH. */
  @Matches(/^\d{1,12}(\.\d{1,18})?$/, { message: 'RULE_LIMIT_ETH must be a decimal number of ETH' }) RULE_LIMIT_ETH = '50';
  /** How long a proposed decision waits for its checker. */
  @IsInt() @Min(1) @Max(8_760) APPROVAL_TTL_HOURS = 72;

  /** Folders with other screening lists or disclosures than those that are shipped. */
  @IsOptional() @IsString() SCREENING_LISTS?: string;
  @IsOptional() @IsString() DISCLOSURES?: string;
}

/** The key of personal data. Throws ConfigInvalid: without one the room does not open. */
export function personalDataKey(config: ComplianceConfig): string {
  const given = config.PII_KEY_FILE === undefined ? config.PII_KEY : read(config.PII_KEY_FILE);
  if (given === undefined) throw new ConfigInvalid('compliance', ['PII_KEY_FILE or PII_KEY must give the key of personal data']);
  const key = given.trim();
  if (!/^[0-9a-fA-F]{64}$/.test(key)) throw new ConfigInvalid('compliance', ['the key of personal data must be 32 bytes in hexadecimal']);
  return key;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new ConfigInvalid('compliance', [`PII_KEY_FILE cannot be read: ${file}`]);
  }
}

/** What is shipped lies beside the code, in the sources as in the build. */
export const settingsOf = (config: ComplianceConfig): Settings => ({
  depositRuleLimits: new Map([['ETH', accept(parseDecimal(asset('ETH'), config.RULE_LIMIT_ETH))]]),
  approvalTtlMs: config.APPROVAL_TTL_HOURS * HOUR_MS,
  listsFolder: config.SCREENING_LISTS ?? join(import.meta.dirname, 'screening', 'lists'),
  disclosuresFolder: config.DISCLOSURES ?? join(import.meta.dirname, 'disclosures', 'documents'),
});
