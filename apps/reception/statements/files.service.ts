import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { type Clock, InvariantBroken } from '#kernel';
import { CLOCK } from '../tokens.js';
import { rowsOfPart } from './content.js';
import { addFile, addFilePart, type FileHead, filePart, findFile } from './files.store.js';
import { type Format, formats } from './render.js';
import type { StatementRow } from './statement-row.js';
import { partOf, type StatementHead } from './statements.store.js';

/** Bytes of one kept part of a file. */
const CHUNK = 256 * 1024;

/** Files of statements: written when somebody asks for the first time, the same bytes ever after. */
@Injectable()
export class FilesService {
  constructor(
    @Inject(Transactor) private readonly transactor: Transactor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async open(head: StatementHead, format: Format): Promise<{ file: FileHead; content: Readable }> {
    const known = await this.transactor.read((em) => findFile(em, head.id, format));
    const file = known ?? (await this.transactor.run((em) => this.write(em, head, format)));
    return { file, content: Readable.from(this.read(head.id, format, file.parts), { objectMode: false }) };
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
    const hash = createHash('sha256');
    let [bytes, parts, waiting, size]: [number, number, Buffer[], number] = [0, 0, [], 0];
    const flush = async (): Promise<void> => {
      if (size > 0) await addFilePart(em, head.id, format, parts++, Buffer.concat(waiting));
      [waiting, size] = [[], 0];
    };
    for await (const piece of formats[format].render(head, rowsOf(em, head.id))) {
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

async function* rowsOf(em: EntityManager, id: string): AsyncGenerator<StatementRow[]> {
  for (let seq = 0; ; seq++) {
    const part = await partOf(em, id, seq);
    if (!part) return;
    yield rowsOfPart(part);
  }
}
