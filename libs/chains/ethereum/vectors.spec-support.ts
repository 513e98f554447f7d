import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment } from '#runtime';

/** Published test vectors, where the folder of test data is at hand; null where it is not, and the suite that needs them is skipped and counted. */
export function vectors(file: string): unknown {
  const path = join(environment()['BAILEE_DATA_DIR'] ?? '../shared/data', 'vectors', file);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as unknown) : null;
}
