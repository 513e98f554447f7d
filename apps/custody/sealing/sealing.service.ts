import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { emit, Schedule } from '#delivery';
import { sealHealth, sealNext } from '#ledger';
import { sealedLogs, SealRequest, type SealedLog } from '#messages';
import type { Logger } from '#runtime';
import type { CustodyConfig } from '../config.js';
import { CONFIG, LOGGER } from '../tokens.js';
import { AnchorService } from './anchor.service.js';

/** Blocks of one log in one run: what is left waits for the next. */
const MOST_BLOCKS = 50;

/** Seals what is settled of the ledger and of the audit log, and asks the signer to sign each block. */
@Injectable()
export class SealingService {
  constructor(
    private readonly transactor: Transactor,
    private readonly anchor: AnchorService,
    @Inject(CONFIG) private readonly config: CustodyConfig,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Schedule<CustodyConfig>({ name: 'seal', everyMs: (config) => config.SEAL_EVERY_MS })
  async run(): Promise<void> {
    for (const log of sealedLogs) await this.seal(log);
    await this.alarm();
    await this.anchor.catchUp();
  }

  /** Blocks until less than a full one is left. Block and request are in one transaction: no block is forgotten by the signer. */
  private async seal(log: SealedLog): Promise<void> {
    for (let blocks = 0; blocks < MOST_BLOCKS; blocks++) {
      const rows = await this.transactor.run(async (em) => {
        const block = await sealNext(em, log, this.config.SEAL_MOST_ROWS);
        if (!block) return 0;
        const { seq, previous, hash } = block;
        await emit(em, SealRequest, { aggregate: `seal:${log}`, payload: { log, seq, previous: `0x${previous}`, hash: `0x${hash}` } });
        return block.rows;
      });
      if (rows < this.config.SEAL_MOST_ROWS) return;
    }
  }

  /** Said in every run for as long as it lasts. */
  private async alarm(): Promise<void> {
    const { logs } = await this.transactor.read((em) => sealHealth(em));
    for (const { log, refused, sealed, signed } of logs)
      if (refused !== null)
        this.logger.error(
          { log, code: refused, sealed, signed },
          'ALARM: the signer refuses to seal this past; it is sealed no further until people have decided',
        );
  }
}
