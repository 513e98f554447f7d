import { readAnchor, type AnchorEntry } from '../seal/anchor.js';
import { isSealSignature } from '../seal/signature.js';
import type { Check, Finding, Reader } from './report.js';
import { whereOf } from './seal-chain-check.js';

const PAGE = 500;

/** Every seal that was copied outside must be there as it was. The file is read line by line. */
export const sealAnchorCheck = (path: string, keys: ReadonlySet<string>): Check => ({
  name: `seals: as anchored in ${path}`,
  async *run(reader) {
    let page: AnchorEntry[] = [];
    let line = 0;
    for await (const entry of readAnchor(path)) {
      line++;
      if (!entry) yield { code: 'seal.anchor', where: `${path} line ${line}`, detail: 'is no anchored seal' };
      else if (!keys.has(entry.public_key) || !isSealSignature(entry, entry.signature, entry.public_key))
        yield { code: 'seal.anchor', where: `${path} line ${line}`, detail: 'its signature does not hold, or is of another key' };
      else page.push(entry);
      if (page.length < PAGE) continue;
      yield* compare(reader, page);
      page = [];
    }
    yield* compare(reader, page);
  },
});

async function* compare(reader: Reader, entries: readonly AnchorEntry[]): AsyncGenerator<Finding, void, undefined> {
  const stored = await reader.rows<{ log: string; seq: string; hash: string }>(
    `SELECT b.log, b.seq, encode(b.hash, 'hex') AS hash FROM seal.block b JOIN unnest($1::text[], $2::bigint[]) w(log, seq) ON w.log = b.log AND w.seq = b.seq`,
    [entries.map(({ log }) => log), entries.map(({ seq }) => seq)],
  );
  const hashes = new Map(stored.map(({ log, seq, hash }) => [`${log} ${seq}`, hash]));
  for (const entry of entries) {
    const hash = hashes.get(`${entry.log} ${entry.seq}`);
    if (hash !== entry.hash)
      yield {
        code: 'seal.anchor',
        where: whereOf(entry),
        detail: hash === undefined ? 'was anchored and is gone' : 'is not the one that was anchored',
      };
  }
}
