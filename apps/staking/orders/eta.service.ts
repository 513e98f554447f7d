import { Inject, Injectable } from '@nestjs/common';
import type { Eta } from '#chains';
import { Fault, ZERO, type Amount, type Clock } from '#kernel';
import { PREDEPOSIT } from '../batches/batch.js';
import type { StakingConfig } from '../config.js';
import type { Product } from '../products/product.entity.js';
import { CHAINS, CLOCK, CONFIG, type Chains } from '../tokens.js';
import type { EtaView } from './operation-view.js';

const view = (eta: Eta): EtaView => ({ p50_seconds: eta.p50Seconds, p90_seconds: eta.p90Seconds, basis: eta.basis });

/** partial: an exit that is paid by a validator which lives on. */
type Side = 'stake' | 'unstake' | 'partial';
type Terms = Pick<Product, 'chain' | 'depositProtection'>;

/** The rest follows when the first deposit stands in a finalised state: it queues once more. Both waits in full, so rather too long than too short. */
const twice = (first: Eta, rest: Eta): Eta => ({
  p50Seconds: first.p50Seconds + rest.p50Seconds,
  p90Seconds: first.p90Seconds + rest.p90Seconds,
  basis: `two passes, 1 ETH ahead of the rest to prove the key: ${rest.basis}`,
});

/** How long things take, from the chain. */
@Injectable()
export class EtaService {
  private readonly kept = new Map<string, { readonly at: number; readonly eta: EtaView }>();

  constructor(
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: StakingConfig,
  ) {}

  /** Throws Fault when the chain does not answer. */
  async ask(side: Side, { chain, depositProtection: protection }: Terms, extra: Amount): Promise<EtaView> {
    const staking = this.chains.get(chain)?.staking;
    if (!staking) throw new Fault('chain.not_configured', `${chain} is not configured`, false);
    if (side === 'partial') return view(await staking.partialWithdrawalEta(extra));
    if (side === 'unstake') return view(await staking.exitEta(extra));
    return view(
      protection === 'two_step' ? twice(await staking.entryEta(PREDEPOSIT), await staking.entryEta(extra)) : await staking.entryEta(extra),
    );
  }

  /** For what is under way: a recent answer will do, and none is better than no page. */
  async recent(side: Side, terms: Terms, extra = ZERO): Promise<EtaView | null> {
    const now = this.clock.now().getTime();
    const name = `${side}/${terms.chain}/${terms.depositProtection}/${extra}`;
    const known = this.kept.get(name);
    if (known && now - known.at < this.config.ETA_VALID_MS) return known.eta;
    try {
      const eta = await this.ask(side, terms, extra);
      for (const [old, { at }] of this.kept) if (now - at >= this.config.ETA_VALID_MS) this.kept.delete(old);
      this.kept.set(name, { at: now, eta });
      return eta;
    } catch (error) {
      if (error instanceof Fault) return known?.eta ?? null;
      throw error;
    }
  }
}
