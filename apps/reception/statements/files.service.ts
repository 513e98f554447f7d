import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { type Clock, InvariantBroken, refuse, Refused } from '#kernel';
import type { Logger } from '#runtime';
import { CLOCK, LOGGER } from '../tokens.js';
import { ContentCheck, rowsOfPart } from './content.js';
import { addFile, addFilePart, type FileHead, filePart, findFile } from './files.store.js';
import { type Format, formats } from './render.js';
import type { StatementRow } from './statement-row.js';
import { partOf, type StatementHead, wholeStatement } from './statements.store.js';

/** Bytes of one kept part of a file. */
const CHUNK = 256 * 1024;
const ALTERED = 'statement.altered';

/** Files of statements: written when somebody asks for the first time, the same bytes ever after. */
@Injectable()
export class FilesService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly log: Pick<Logger, 'error'>,
  ) {}

  /** Refusal: statement.altered (what is kept does not have the hash it was made with; nothing of it is shown). */
  async open(head: StatementHead, format: Format): Promise<{ file: FileHead; content: Readable }> {
    const known = await this.transactor.read((em) => findFile(em, head.id, format));
    const file = known ?? (await this.written(head, format));
    return { file, content: Readable.from(this.read(head.id, format, file.parts), { objectMode: false }) };
  }

  private async written(head: StatementHead, format: Format): Promise<FileHead> {
    try {
      return await this.transactor.run((em) => this.write(em, head, format));
    } catch (error) {
      if (error instanceof Refused && error.refusal.code === ALTERED)
        this.log.error({ alarm: true, statement: head.id }, 'what is kept of a statement is not what was made');
      throw error;
    }
  }

  /** A part at a time: nobody who reads slowly keeps a transaction open. */
  private async *read(id: string, format: Format, parts: number): AsyncGenerator<Buffer> {
    for (let seq = 0; seq < parts; seq++) {
      const content = await this.transactor.read((em) => filePart(em, id, format, seq));
      if (!content) throw new InvariantBroken('statement.file_part_missing', { id, format, seq });
      yield content;
    }
  }

  private async write(em: EntityManager, head: StatementHead, format: Format): Promise<FileHead> {
    await em.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`statement_file ${head.id} ${format}`]);
    const known = await findFile(em, head.id, format);
    if (known) return known;
    await check(em, head.id);
    const hash = createHash('sha256');
    let [bytes, parts, waiting, size]: [number, number, Buffer[], number] = [0, 0, [], 0];
    const flush = async (): Promise<void> => {
      if (size > 0) await addFilePart(em, head.id, format, parts++, Buffer.concat(waiting));
      [waiting, size] = [[], 0];
    };
    for await (const piece of formats[format].render(head, rowsOf(em, head.id, head.parts))) {
      const content = Buffer.from(piece);
      hash.update(content);
      [bytes, size] = [bytes + content.length, size + content.length];
      waiting.push(content);
      if (size >= CHUNK) await flush();
    }
    await flush();
    const file = { bytes, parts, sha256: hash.digest() };
    await addFile(em, head.id, format, file, this.clock.now());
    return file;
  }
}

async function* rowsOf(em: EntityManager, id: string, parts: number): AsyncGenerator<StatementRow[]> {
  for (let seq = 0; seq < parts; seq++) {
    const part = await partOf(em, id, seq);
    if (part) yield rowsOfPart(part);
  }
}

/** Before anything is printed: what was altered may be of any form. */
async function check(em: EntityManager, id: string): Promise<void> {
  const whole = await wholeStatement(em, id);
  const kept = new ContentCheck();
  for (let seq = 0; seq < (whole?.parts ?? 0); seq++) {
    const part = await partOf(em, id, seq);
    if (part) kept.part(part);
  }
  if (!whole || !kept.intact(whole)) throw new Refused(refuse(ALTERED, 'What is kept of this statement is not what was made.').refusal);
}
