import type { EntityManager } from 'typeorm';

export interface FileHead {
  readonly bytes: number;
  readonly parts: number;
  readonly sha256: Buffer;
}

export async function findFile(em: EntityManager, statementId: string, format: string): Promise<FileHead | null> {
  const [row] = await em.query<FileHead[]>(
    'SELECT bytes::float8 AS bytes, parts, sha256 FROM reception.statement_file WHERE statement_id = $1 AND format = $2',
    [statementId, format],
  );
  return row ?? null;
}

export async function addFile(em: EntityManager, statementId: string, format: string, file: FileHead, at: Date): Promise<void> {
  await em.query(
    'INSERT INTO reception.statement_file (statement_id, format, bytes, parts, sha256, made_at) VALUES ($1, $2, $3, $4, $5, $6)',
    [statementId, format, file.bytes, file.parts, file.sha256, at],
  );
}

export async function addFilePart(em: EntityManager, statementId: string, format: string, seq: number, content: Buffer): Promise<void> {
  await em.query('INSERT INTO reception.statement_file_part (statement_id, format, seq, content) VALUES ($1, $2, $3, $4)', [
    statementId,
    format,
    seq,
    content,
  ]);
}

export async function filePart(em: EntityManager, statementId: string, format: string, seq: number): Promise<Buffer | null> {
  const [row] = await em.query<{ content: Buffer }[]>(
    'SELECT content FROM reception.statement_file_part WHERE statement_id = $1 AND format = $2 AND seq = $3',
    [statementId, format, seq],
  );
  return row?.content ?? null;
}
