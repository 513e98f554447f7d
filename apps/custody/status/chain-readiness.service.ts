import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Transactor } from '#database';
import { Readiness } from '#http';
import { Fault } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import { cursorOf } from '../follower/cursor.store.js';

/** `/health/ready` says when a chain is not being followed: nothing is credited then. */
@Injectable()
export class ChainReadiness implements OnModuleInit {
  constructor(
    private readonly readiness: Readiness,
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  onModuleInit(): void {
    for (const name of this.chains.keys()) this.readiness.add(`chain ${name}`, () => this.check(name));
  }

  private async check(chain: string): Promise<void> {
    const cursor = await this.transactor.read((em) => cursorOf(em, chain));
    if (cursor?.state !== 'following')
      throw new Fault(cursor?.code ?? 'chain.not_followed', cursor?.detail ?? 'the chain has not been followed yet', true);
  }
}
