import { Inject, Injectable } from '@nestjs/common';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import type { BlockRef, Chain, ChainBlock } from '#chains';
import { Fault, InvariantBroken, type Clock } from '#kernel';
import type { Logger } from '#runtime';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { CustodyMetrics } from '../status/metrics.js';
import { CLOCK, LOGGER } from '../tokens.js';
import { BookkeeperService } from './bookkeeper.service.js';
import { eventOfFault, type ChainEvent } from './chain-state.js';
import { beginAt, cursorOf, isFollowing, noteSight, noteState } from './cursor.store.js';
import { HeadWatchService } from './head-watch.service.js';
import { ProposalsService } from './proposals.service.js';

/** Blocks fetched together. */
const BATCH = 32;
const FETCH_LANES = 8;

/** Follows finalised blocks into the books, and looks at the head for deposits under way. */
@Injectable()
export class FollowerService {
  constructor(
    private readonly transactor: Transactor,
    private readonly bookkeeper: BookkeeperService,
    private readonly proposals: ProposalsService,
    private readonly headWatch: HeadWatchService,
    private readonly metrics: CustodyMetrics,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  @Schedule<CustodyConfig>({ name: 'follow-chains', everyMs: (config) => config.FOLLOW_EVERY_MS })
  async run(): Promise<void> {
    for (const chain of this.chains.values()) await this.follow(chain);
  }

  /** One look at a chain. A node in trouble is a state, not an error: it is written down, and the next look tries again. */
  async follow(chain: Chain): Promise<void> {
    if ((await this.transactor.read((em) => cursorOf(em, chain.name)))?.state === 'contradicted') return; // people have to look first
    try {
      await chain.reader.check();
      const finalised = await chain.reader.finalised();
      const head = await chain.reader.head();
      await this.transactor.run((em) => beginAt(em, chain.name, finalised, this.clock.now()));
      await this.catchUp(chain, finalised);
      await this.headWatch.look(chain, finalised, head);
      await this.transactor.run((em) =>
        noteSight(em, chain.name, { headNumber: head.number, finalisedNumber: finalised.number, checkedAt: this.clock.now() }),
      );
      await this.note(chain, 'resume', null, null);
    } catch (error) {
      if (error instanceof Fault) await this.note(chain, eventOfFault(error.code), error.code, error.message);
      else if (error instanceof InvariantBroken) await this.note(chain, 'contradict', error.code, error.message);
      else throw error;
    }
  }

  /** Books what is final by now, for whoever cannot wait for the next look. */
  async catchUpNow(chain: Chain): Promise<void> {
    if (!(await this.transactor.read((em) => isFollowing(em, chain.name)))) return;
    await this.catchUp(chain, await chain.reader.finalised());
  }

  private async catchUp(chain: Chain, finalised: BlockRef): Promise<void> {
    let cursor = await this.transactor.read((em) => cursorOf(em, chain.name));
    while (cursor && cursor.number < finalised.number) {
      const upTo = cursor.number + BigInt(BATCH) < finalised.number ? cursor.number + BigInt(BATCH) : finalised.number;
      let blocks: readonly ChainBlock[] = await fetchBlocks(chain, cursor.number + 1n, upTo);
      const proposedByUs = await this.proposals.among(chain, blocks);
      while (blocks.length > 0) {
        const fetched = blocks;
        blocks = await this.transactor.run((em) => this.bookkeeper.advance(em, chain, fetched, proposedByUs));
      }
      cursor = await this.transactor.read((em) => cursorOf(em, chain.name));
    }
    if (cursor) this.metrics.bookedHeight(chain.name, cursor.number);
    if (cursor?.number === finalised.number && cursor.hash !== finalised.hash) {
      throw new InvariantBroken('chain.contradiction', { number: String(finalised.number), booked: cursor.hash, chain: finalised.hash });
    }
    // a finalised block below the cursor: this node is behind the one that was followed before; nothing to do until it has caught up
  }

  private async note(chain: Chain, event: ChainEvent, code: string | null, detail: string | null): Promise<void> {
    const { changed, state } = await this.transactor.run((em) =>
      noteState(em, chain.name, event, { code, detail: detail?.slice(0, 500) ?? null }, { at: this.clock.now(), actor: 'system' }),
    );
    if (state) this.metrics.chainState(chain.name, state);
    const about = { chain: chain.name, code, detail };
    if (state === null) this.logger.warn(about, 'the chain cannot be followed yet'); // it was never seen
    if (!changed) return;
    if (event === 'contradict') this.logger.error(about, 'ALARM: the chain contradicts the books; nothing is booked');
    else if (event === 'disagree')
      this.logger.error(about, 'ALARM: it cannot be known what is final; nothing is credited, built or sent until an officer acknowledges');
    else if (event === 'lose') this.logger.warn(about, 'the chain is not available; nothing is credited');
    else this.logger.info({ chain: chain.name }, 'following the chain again');
  }
}

async function fetchBlocks(chain: Chain, from: bigint, to: bigint): Promise<ChainBlock[]> {
  const blocks: ChainBlock[] = [];
  for (let start = from; start <= to; start += BigInt(FETCH_LANES)) {
    const count = Number(to - start + 1n < BigInt(FETCH_LANES) ? to - start + 1n : BigInt(FETCH_LANES));
    blocks.push(...(await Promise.all(Array.from({ length: count }, (_, i) => chain.reader.block(start + BigInt(i))))));
  }
  return blocks;
}
