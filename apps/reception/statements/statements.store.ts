import type { EntityManager } from 'typeorm';
import type { Position } from '#http';
import { invariant, publicId } from '#kernel';
import type { BusinessLine } from '#ledger';
import type { Currency } from '#prices';
import type { WireLotState } from './lots.js';
import type { AccountRow } from './statement-row.js';

export type StatementKind = 'monthly' | 'on_demand';

/** The head of a statement as it is kept. */
export interface StatementHead {
  readonly id: string;
  readonly clientId: string;
  readonly kind: StatementKind;
  readonly month: string | null;
  readonly from: Date | null;
  readonly to: Date;
  readonly currency: Currency;
  readonly provisional: boolean;
  readonly lines: number;
  readonly parts: number;
  readonly unpriced: number;
  readonly unpricedCode: string | null;
  readonly accounts: readonly AccountRow[];
  readonly schemaVersion: number;
  readonly contentSha256: Buffer;
  readonly madeAt: Date;
}
export interface NewStatement extends StatementHead {
  readonly lots: WireLotState;
}
export interface StatementPart {
  readonly statementId: string;
  readonly seq: number;
  readonly content: Buffer;
}

/** Keeps statements; one that is there already stays as it is. Returns the ids that are new. */
export async function addStatements(em: EntityManager, statements: readonly NewStatement[]): Promise<string[]> {
  if (statements.length === 0) return [];
  const rows: { id: string }[] = await em.query(
    `INSERT INTO reception.statement (id, client_id, kind, month, from_at, to_at, currency, provisional, lines, parts, unpriced, unpriced_code, accounts, lots, schema_version, content_sha256, made_at)
     SELECT r.id, r.client_id, r.kind, r.month, r.from_at, r.to_at, r.currency, r.provisional, r.lines, r.parts, r.unpriced, r.unpriced_code, r.accounts, r.lots, r.schema_version,
            decode(r.sha256, 'hex'), r.made_at
       FROM jsonb_to_recordset($1::jsonb) AS r(id uuid, client_id uuid, kind text, month text, from_at timestamptz, to_at timestamptz, currency text, provisional boolean, lines bigint, parts int,
            unpriced bigint, unpriced_code text, accounts jsonb, lots jsonb, schema_version int, sha256 text, made_at timestamptz)
     ON CONFLICT DO NOTHING RETURNING id`,
    [
      JSON.stringify(
        statements.map((s) => ({
          id: s.id,
          client_id: s.clientId,
          kind: s.kind,
          month: s.month,
          from_at: s.from,
          to_at: s.to,
          currency: s.currency,
          provisional: s.provisional,
          lines: s.lines,
          parts: s.parts,
          unpriced: s.unpriced,
          unpriced_code: s.unpricedCode,
          accounts: s.accounts,
          lots: s.lots,
          schema_version: s.schemaVersion,
          sha256: s.contentSha256.toString('hex'),
          made_at: s.madeAt,
        })),
      ),
    ],
  );
  return rows.map((row) => row.id);
}

/** Throws InvariantBroken statement.part_taken: somebody else has made this statement at the same time, so that there is nothing to make. */
export async function addParts(em: EntityManager, parts: readonly StatementPart[]): Promise<void> {
  if (parts.length === 0) return;
  // ON CONFLICT: a reader of one snapshot fails in a way that the transactor runs again, and finds the other's
  const added: unknown[] = await em.query(
    `INSERT INTO reception.statement_part (statement_id, seq, content) SELECT * FROM unnest($1::uuid[], $2::int[], $3::bytea[])
     ON CONFLICT DO NOTHING RETURNING seq`,
    [parts.map((p) => p.statementId), parts.map((p) => p.seq), parts.map((p) => p.content)],
  );
  invariant(added.length === parts.length, 'statement.part_taken', { statementId: parts[0]?.statementId });
}

const HEAD = `id, client_id AS "clientId", kind, month, from_at AS "from", to_at AS "to", currency, provisional, lines::float8 AS lines, parts, unpriced::float8 AS unpriced,
  unpriced_code AS "unpricedCode", accounts, schema_version AS "schemaVersion", content_sha256 AS "contentSha256", made_at AS "madeAt"`;

/** Null where there is none, or it is another client's. */
export async function findStatement(em: EntityManager, clientId: string, id: string): Promise<StatementHead | null> {
  const [row] = await em.query<StatementHead[]>(`SELECT ${HEAD} FROM reception.statement WHERE id = $1 AND client_id = $2`, [id, clientId]);
  return row ?? null;
}

/** With its lots, which no client is shown. */
export async function wholeStatement(em: EntityManager, id: string): Promise<NewStatement | null> {
  const [row] = await em.query<NewStatement[]>(`SELECT ${HEAD}, lots FROM reception.statement WHERE id = $1`, [id]);
  return row ?? null;
}

/** Which of these are there. */
export async function knownStatements(em: EntityManager, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await em.query<{ id: string }[]>('SELECT id FROM reception.statement WHERE id = ANY ($1::uuid[])', [ids]);
  return new Set(rows.map((row) => row.id));
}

/** Newest first. */
export const listStatements = (
  em: EntityManager,
  clientId: string,
  limit: number,
  before: Position | undefined,
): Promise<StatementHead[]> =>
  em.query<StatementHead[]>(
    `SELECT ${HEAD} FROM reception.statement WHERE client_id = $1 AND ($2::timestamptz IS NULL OR (made_at, id) < ($2, $3::uuid))
      ORDER BY made_at DESC, id DESC LIMIT $4`,
    [clientId, before?.createdAt ?? null, before?.id ?? null, limit],
  );

export async function partOf(em: EntityManager, statementId: string, seq: number): Promise<Buffer | null> {
  const [row] = await em.query<{ content: Buffer }[]>('SELECT content FROM reception.statement_part WHERE statement_id = $1 AND seq = $2', [
    statementId,
    seq,
  ]);
  return row?.content ?? null;
}

export interface Carried {
  readonly clientId: string;
  readonly to: Date;
  readonly currency: Currency;
  readonly lots: WireLotState;
}
/** Of each client the last monthly statement that ends at or before a time: where lots go on. */
export const carriedLots = (em: EntityManager, clients: readonly string[], until: Date): Promise<Carried[]> =>
  em.query<Carried[]>(
    `SELECT s.client_id AS "clientId", s.to_at AS "to", s.currency, s.lots FROM unnest($1::uuid[]) c(id),
       LATERAL (SELECT * FROM reception.statement s WHERE s.client_id = c.id AND s.kind = 'monthly' AND s.month < to_char($2::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM')
                 ORDER BY s.month DESC LIMIT 1) s`,
    [clients, until],
  );

/** Clients who had signed up before a time, in the order of their ids. */
export async function clientsBefore(em: EntityManager, before: Date, after: string | null, limit: number): Promise<string[]> {
  const rows = await em.query<{ id: string }[]>(
    'SELECT id FROM reception.client WHERE created_at < $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3',
    [before, after, limit],
  );
  return rows.map((row) => row.id);
}

/** When the first client signed up, or null. */
export async function firstClientAt(em: EntityManager): Promise<Date | null> {
  const [row] = await em.query<{ at: Date | null }[]>('SELECT min(created_at) AS at FROM reception.client');
  return row?.at ?? null;
}

/** What this room has told clients of transactions: the hash of each deposit, by client and deposit. */
export async function depositHashes(em: EntityManager, lines: readonly BusinessLine[]): Promise<ReadonlyMap<string, string>> {
  const deposits = lines.filter((line) => line.kind === 'deposit.receive');
  if (deposits.length === 0) return new Map();
  const rows = await em.query<{ client_id: string; resource: string; hash: string }[]>(
    `SELECT client_id, resource, data->>'tx_hash' AS hash FROM reception.event
      WHERE client_id = ANY ($1::uuid[]) AND type = 'deposit.credited' AND resource = ANY ($2::text[]) AND data->>'tx_hash' IS NOT NULL`,
    [[...new Set(deposits.map((line) => line.owner))], deposits.map((line) => publicId('deposit', line.reference))],
  );
  return new Map(rows.map((row) => [`${row.client_id} ${row.resource}`, row.hash]));
}
