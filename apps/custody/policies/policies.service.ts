import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { Schedule } from '#delivery';
import { newUuid, ZERO, type Clock } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { isFollowing } from '../follower/cursor.store.js';
import { CustodyMetrics } from '../status/metrics.js';
import { CLOCK, CONFIG } from '../tokens.js';
import { gasFloat, spendable } from '../transactions/funds.js';
import { insertIntention, lastRefusals, openTransactions } from '../transactions/transactions.store.js';
import { isLaunched, isProtocolRequest } from '../transactions/transaction.js';
import type { TransactionEntity } from '../transactions/transaction.entity.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { lockKeyring, singleWallet, walletsById, workingWallets } from '../wallets/wallets.store.js';
import { allOfKind } from '../balances.js';
import { decideActions, type PolicyView, type PolicyWallet } from './policies.js';

/** How long a refused policy rests before it is tried again. */
const REST_MS = 60_000;

/** What custody does of itself, decided from the books in one transaction. */
@Injectable()
export class PoliciesService {
  constructor(
    private readonly transactor: Transactor,
    private readonly metrics: CustodyMetrics,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: CustodyConfig,
  ) {}

  @Schedule<CustodyConfig>({ name: 'custody-policies', everyMs: (config) => config.POLICY_EVERY_MS })
  async run(): Promise<void> {
    for (const chain of this.chains.values()) await this.consider(chain);
  }

  private async consider(chain: Chain): Promise<void> {
    const omnibus = await this.transactor.read(async (em) =>
      (await isFollowing(em, chain.name)) ? singleWallet(em, chain.name, 'omnibus') : null,
    );
    if (!omnibus) return;
    const { worstCost } = await chain.writer.quoteFee({ from: omnibus.address, to: omnibus.address, value: ZERO, data: '0x' });
    const float = await this.transactor.run(async (em) => {
      await lockKeyring(em, chain.name, 'omnibus'); // policies decide one at a time
      const view = await this.look(em, chain, worstCost);
      for (const action of decideActions(view)) {
        const { purpose, fromWalletId, toWalletId, amount } = action;
        const intention = { requestId: newUuid(), chain: chain.name, asset: chain.asset, purpose, fromWalletId, toWalletId };
        await insertIntention(em, amount === null ? intention : { ...intention, amount }, this.clock.now(), 'system');
      }
      return view.gasFloat;
    });
    this.metrics.gasFloat(chain.name, chain.asset, float);
  }

  private async look(em: EntityManager, chain: Chain, transferCost: bigint): Promise<PolicyView> {
    const open = await openTransactions(em, chain.name);
    const refused = await lastRefusals(em, chain.name, new Date(this.clock.now().getTime() - REST_MS));
    const held = await allOfKind(em, 'trust.wallet', chain.asset);
    const filled = held.filter((b) => -b.balance > transferCost).map((b) => b.owner); // the others are empty, or hold dust of an earlier sweep
    const lacking = open.flatMap((t) => (t.lacks === null ? [] : [t.fromWalletId]));
    const deposits = (await walletsById(em, [...new Set([...filled, ...lacking])])).filter(
      (w) => w.chain === chain.name && w.role === 'deposit',
    );
    const wallets: PolicyWallet[] = [];
    for (const wallet of [...(await workingWallets(em, chain.name)), ...deposits]) {
      wallets.push({
        ...(await this.walletView(em, chain, wallet, open)),
        refused: refused.filter((r) => r.walletId === wallet.id).map((r) => r.purpose),
      });
    }
    const waits = (walletId: string): boolean => open.some((t) => t.fromWalletId === walletId && t.state === 'waiting_funds');
    const omnibus = wallets.find((w) => w.role === 'omnibus');
    const { SWEEP_MIN, VAULT_SWEEP_MIN, VAULT_KEEP, GAS_FLOAT_LOW, GAS_FLOAT_TARGET } = this.config;
    const limits = {
      sweepMin: BigInt(SWEEP_MIN),
      vaultSweepMin: BigInt(VAULT_SWEEP_MIN),
      vaultKeep: BigInt(VAULT_KEEP),
      floatLow: BigInt(GAS_FLOAT_LOW),
      floatTarget: BigInt(GAS_FLOAT_TARGET),
    };
    return {
      wallets,
      omnibusWaits: omnibus !== undefined && waits(omnibus.id),
      gasFloat: await gasFloat(em, chain.name, chain.asset),
      transferCost,
      limits,
    };
  }

  private async walletView(
    em: EntityManager,
    chain: Chain,
    wallet: WalletEntity,
    open: readonly TransactionEntity[],
  ): Promise<Omit<PolicyWallet, 'refused'>> {
    const own = open.filter((t) => t.fromWalletId === wallet.id);
    return {
      id: wallet.id,
      role: wallet.role,
      spendable: await spendable(em, wallet, chain.asset),
      busy: own.length > 0,
      needs: this.needs(own),
      expects: open.filter((t) => t.toWalletId === wallet.id && t.purpose !== 'sweep').map((t) => t.purpose),
    };
  }

  /** By the quote of its last try; before there was one, what a vault should hold at any time. Or what a higher fee needs. */
  private needs(own: readonly TransactionEntity[]): bigint | null {
    const request = own.find((t) => isProtocolRequest(t.purpose) && t.state === 'waiting_funds');
    if (request)
      return request.value !== null && request.worstCost !== null ? request.value + request.worstCost : BigInt(this.config.VAULT_KEEP);
    return own.find((t) => t.lacks !== null && isLaunched(t.state))?.lacks ?? null;
  }
}
