/** The chain of seals over the ledger and the audit log: what finds a forger who rewrote rows and every digest over them. */
import { question, type Check, type Reader } from './report.js';
import { sealAnchorCheck } from './seal-anchor-check.js';
import { sealChainCheck, sealSignatureCheck } from './seal-chain-check.js';
import { sealRootCheck } from './seal-root-check.js';

export interface SealOptions {
  /** Public keys of seals, hex, learnt elsewhere than from this database. None: the key of the first stored signature is trusted. */
  readonly keys?: readonly string[];
  /** File of anchored seals. */
  readonly anchor?: string;
}

const auditDigests = question(
  'audit: digests',
  'audit.digest',
  `SELECT format('audit event %s', e.seq) AS where, 'the digest does not fit the row' AS detail FROM audit.event e
    WHERE e.digest IS DISTINCT FROM sha256(convert_to(jsonb_build_array(
            e.seq::text, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor_kind, e.actor_id, e.action, e.resource, e.reason, e.details,
            e.room, e.xid::text)::text, 'UTF8')) LIMIT 50`,
);

const strays = question(
  'seals: no signature without its block, no refusal',
  'seal.refused',
  `SELECT format('seal of the %s %s', r.log, r.seq) AS where, format('was refused by the signer: %s', r.code) AS detail
     FROM seal.refusal r JOIN seal.block b ON b.log = r.log AND b.seq = r.seq AND b.hash = r.hash
   UNION ALL SELECT format('seal of the %s %s', s.log, s.seq), 'has a signature and no block' FROM seal.signature s
    WHERE NOT EXISTS (SELECT FROM seal.block b WHERE b.log = s.log AND b.seq = s.seq) LIMIT 50`,
);

/** The signer keeps what it signed in its own schema: who rewrites the seals has to rewrite that as well. */
const memory = question(
  'seals: as the signer remembers them',
  'seal.memory',
  `SELECT format('seal of the %s %s', coalesce(m.log, s.log), coalesce(m.seq, s.seq)) AS where,
          CASE WHEN b.seq IS NULL THEN 'was signed and is gone' WHEN m.seq IS NULL THEN 'has a signature that the signer does not remember' ELSE 'is not the one that was signed' END AS detail
     FROM signer.seal m FULL JOIN seal.signature s ON s.log = m.log AND s.seq = m.seq LEFT JOIN seal.block b ON b.log = coalesce(m.log, s.log) AND b.seq = coalesce(m.seq, s.seq)
    WHERE (encode(b.hash, 'hex'), encode(b.previous, 'hex')) IS DISTINCT FROM (m.hash, m.previous)
       OR s.seq IS NOT NULL AND (encode(s.signature, 'hex'), encode(s.public_key, 'hex')) IS DISTINCT FROM (m.signature, m.public_key)
   UNION ALL SELECT format('seal of the %s %s', m.log, m.seq), 'was refused: ' || m.code
     FROM signer.seal_refusal m JOIN seal.block b ON b.log = m.log AND b.seq = m.seq AND encode(b.hash, 'hex') = m.hash LIMIT 50`,
);

/** What is checked of the seals, and lines that say what is trusted and what is under no seal yet. */
export async function sealChecks(reader: Reader, options: SealOptions): Promise<{ checks: Check[]; notes: string[] }> {
  const given = options.keys ?? [];
  const keys = new Set(given.length > 0 ? given : await firstKey(reader));
  const logs = ['ledger', 'audit'];
  const [signer] = await reader.rows<{ there: boolean }>(
    `SELECT coalesce(has_table_privilege(to_regclass('signer.seal'), 'SELECT'), false) AS there`,
  );
  const checks = [
    auditDigests,
    ...logs.map(sealChainCheck),
    ...logs.map(sealRootCheck),
    ...logs.map((log) => sealSignatureCheck(log, keys)),
    strays,
    ...(signer?.there === true ? [memory] : []),
    ...(options.anchor === undefined ? [] : [sealAnchorCheck(options.anchor, keys)]),
  ];
  const trust =
    given.length > 0 ? 'given' : 'the first stored signature’s, trusted on first use: give --seal-key to compare with one learnt elsewhere';
  const key = keys.size === 0 ? 'no seal is signed yet' : `key of seals (${trust}): ${[...keys].join(', ')}`;
  return {
    checks,
    notes: [
      key,
      ...(signer?.there === true ? [] : ['the signer’s memory is not in this database, or not ours to read']),
      ...(await tailNotes(reader)),
    ],
  };
}

async function firstKey(reader: Reader): Promise<string[]> {
  const rows = await reader.rows<{ key: string }>(
    `SELECT encode(public_key, 'hex') AS key FROM seal.signature ORDER BY seq, log DESC LIMIT 1`,
  );
  return rows.map(({ key }) => key);
}

async function tailNotes(reader: Reader): Promise<string[]> {
  const tails = await reader.rows<{ log: string; blocks: string; signed: string; rows: string; age: string | null }>(
    `WITH upto AS (SELECT l.log, coalesce((SELECT b.upto_xid FROM seal.block b WHERE b.log = l.log ORDER BY b.seq DESC LIMIT 1), '0') AS xid FROM (VALUES ('ledger'), ('audit')) l(log)),
          waiting AS (SELECT 'ledger' AS log, xid, created_at AS at FROM ledger.batch UNION ALL SELECT 'ledger', xid, opened_at FROM ledger.account UNION ALL SELECT 'audit', xid, at FROM audit.event)
     SELECT u.log, (SELECT count(*) FROM seal.block b WHERE b.log = u.log) AS blocks, (SELECT count(*) FROM seal.signature s WHERE s.log = u.log) AS signed,
            count(w.xid) AS rows, round(extract(epoch FROM clock_timestamp() - min(w.at)))::text AS age
       FROM upto u LEFT JOIN waiting w ON w.log = u.log AND w.xid > u.xid GROUP BY u.log ORDER BY u.log DESC`,
  );
  const [writer] = await reader.rows<{ seconds: string; application: string }>(
    `SELECT round(extract(epoch FROM clock_timestamp() - xact_start))::text AS seconds, application_name AS application
       FROM pg_stat_activity WHERE backend_xid IS NOT NULL ORDER BY xact_start LIMIT 1`,
  );
  return [
    ...tails.map(({ log, blocks, signed, rows, age }) => {
      const tail = rows === '0' ? 'nothing under no seal' : `${rows} rows under no seal, the oldest ${age ?? '?'} s old`;
      return `${log}: ${blocks} blocks, ${signed} signed, ${tail}`;
    }),
    ...(writer
      ? [
          `oldest open write transaction: ${writer.seconds} s (${writer.application}); nothing written after it began is sealed before it ends`,
        ]
      : []),
  ];
}
