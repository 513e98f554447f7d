import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { sealAt, signedSealsAfter } from '#ledger';
import { sealedLogs, type SealedLog } from '#messages';
import type { Logger } from '#runtime';
import type { CustodyConfig } from '../config.js';
import { CONFIG, LOGGER } from '../tokens.js';
import { AnchorFile } from './anchor-file.js';

const PAGE = 1_000;

/** Copies each signed block to a file outside the database, where one is configured, and compares the two on the way. */
@Injectable()
export class AnchorService {
  private file: AnchorFile | undefined;

  constructor(
    private readonly transactor: Transactor,
    @Inject(CONFIG) private readonly config: CustodyConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  async catchUp(): Promise<void> {
    if (this.config.SEAL_ANCHOR_FILE === undefined) return;
    this.file ??= await AnchorFile.open(this.config.SEAL_ANCHOR_FILE);
    for (const log of sealedLogs) if (await this.agrees(this.file, log)) await this.copy(this.file, log);
  }

  /** A past that is not the one anchored is not anchored on top of it. */
  private async agrees(file: AnchorFile, log: SealedLog): Promise<boolean> {
    const head = file.head(log);
    if (!head) return true;
    const block = await this.transactor.read((em) => sealAt(em, log, head.seq));
    if (block?.hash === head.hash) return true;
    this.logger.error(
      { log, seq: head.seq, anchored: head.hash, stored: block?.hash ?? null },
      'ALARM: the chain of seals is not the one that was anchored',
    );
    return false;
  }

  private async copy(file: AnchorFile, log: SealedLog): Promise<void> {
    for (;;) {
      const after = file.head(log)?.seq ?? '0';
      const blocks = await this.transactor.read((em) => signedSealsAfter(em, log, after, PAGE));
      if (blocks.length > 0) await file.append(blocks);
      if (blocks.length < PAGE) return;
    }
  }
}
