import { Controller, Get, Inject, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import { Transactor } from '#database';
import { named, Public } from '#http';
import { asset, formatDecimal, refuse, Refused, timestamp, type AssetCode } from '#kernel';
import { accountKinds, balanceOf, ownerBalances, type Balance } from '#ledger';
import type { Chain } from '#chains';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { cursorOf } from '../follower/cursor.store.js';
import { latestReconciliation } from '../reconciliation/reconciliation.store.js';
import { CONFIG } from '../tokens.js';
import { finalisedDeposits } from '../transactions/transactions.store.js';
import type { WalletEntity } from '../wallets/wallet.entity.js';
import { vaultsOfPool } from '../wallets/wallets.store.js';
import { TransparencyView } from './transparency.dto.js';

/** What anybody may know of a pool. One for a single client does not exist here: that client sees it in its room. */
@ApiTags('transparency')
@Controller('v1/transparency')
export class TransparencyController {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CONFIG) private readonly config: CustodyConfig,
  ) {}

  @ApiOperation({ summary: 'What stands behind a pool that is open to all' })
  @Get(':pool')
  @Public()
  @ApiOkResponse({ type: TransparencyView })
  async pool(@Param('pool') pool: string): Promise<TransparencyView> {
    const view = await this.transactor.read(async (em) => {
      const [vault] = await vaultsOfPool(em, pool);
      const chain = vault && this.chains.get(vault.chain);
      return vault && !vault.dedicated && chain ? this.view(em, pool, vault, chain) : null;
    });
    if (!view) throw new Refused(refuse('not_found', 'There is no such pool.').refusal);
    return view;
  }

  private async view(em: EntityManager, pool: string, vault: WalletEntity, chain: Chain): Promise<TransparencyView> {
    const cursor = await cursorOf(em, chain.name);
    const latest = await latestReconciliation(em, chain.name);
    return {
      pool,
      asset: chain.asset,
      chain: chain.name,
      chain_label: this.config.CHAIN_LABEL,
      network: this.config.BAILEE_NETWORK,
      vault: chain.reader.displayAddress(vault.address),
      validators: await validatorsOf(em, pool, chain.asset),
      totals: (await ownerBalances(em, pool)).map(total),
      booked_height: cursor?.number.toString() ?? null,
      last_reconciliation: latest && {
        state: latest.state,
        block_number: latest.blockNumber.toString(),
        unexplained_atomic: latest.report.unexplained_atomic,
        at: timestamp(latest.createdAt),
      },
    };
  }
}

async function validatorsOf(em: EntityManager, poolId: string, code: AssetCode): Promise<TransparencyView['validators']> {
  const units = (n: bigint): string => formatDecimal(asset(code), n);
  const found: TransparencyView['validators'] = [];
  for (const { pubkey, value, hash } of await finalisedDeposits(em, { poolId })) {
    if (pubkey === null || hash === null) continue;
    const held = -(await balanceOf(em, { kind: 'stake.validator', owner: pubkey, asset: code }));
    found.push({ pubkey, deposited: units(value ?? 0n), balance: held === 0n ? null : units(held), deposit_tx_hash: hash });
  }
  return found;
}

const total = (b: Balance): TransparencyView['totals'][number] => ({
  account: b.kind,
  meaning: accountKinds[b.kind].meaning,
  asset: b.asset,
  ...named('balance', b.asset, b.balance),
});
