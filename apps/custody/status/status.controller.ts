import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { EntityManager } from 'typeorm';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { named, StaffDoor, wireTime } from '#http';
import { asset, formatDecimal, publicId } from '#kernel';
import { balanceOf } from '#ledger';
import { ofChain } from '../accounts.js';
import { allOfKind } from '../balances.js';
import { CHAINS, type Chains } from '../chain/chains.js';
import type { CustodyConfig } from '../config.js';
import { depositCounts } from '../deposits/deposits.store.js';
import { cursorOf } from '../follower/cursor.store.js';
import { CONFIG } from '../tokens.js';
import { gasFloat } from '../transactions/funds.js';
import { openTransactions } from '../transactions/transactions.store.js';
import { stoppedSenders, walletsOfChain } from '../wallets/wallets.store.js';
import { CustodyStatusView } from './status.dto.js';

/** How custody stands: chains, gas, wallets. */
@ApiTags('custody (staff)')
@Controller('v1/custody/status')
export class StatusController {
  constructor(
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CONFIG) private readonly config: CustodyConfig,
  ) {}

  @ApiOperation({ summary: 'Chains, gas float, wallets' })
  @Get()
  @StaffDoor()
  @ApiOkResponse({ type: CustodyStatusView })
  status(): Promise<CustodyStatusView> {
    return this.transactor.read(async (em) => {
      const view: CustodyStatusView = { chains: [], wallets: [], deposit_addresses: 0, deposit_balances: {} };
      for (const chain of this.chains.values()) {
        view.chains.push(await this.chainView(em, chain));
        await addWallets(em, chain, view);
      }
      return view;
    });
  }

  private async chainView(em: EntityManager, chain: Chain): Promise<CustodyStatusView['chains'][number]> {
    const cursor = await cursorOf(em, chain.name);
    const float = await gasFloat(em, chain.name, chain.asset);
    const open: Record<string, number> = {};
    for (const { state } of await openTransactions(em, chain.name)) open[state] = (open[state] ?? 0) + 1;
    return {
      chain: chain.name,
      label: this.config.CHAIN_LABEL,
      state: cursor?.state ?? 'starting',
      code: cursor?.code ?? null,
      detail: cursor?.detail ?? null,
      state_since: wireTime(cursor?.stateSince),
      booked_height: cursor?.number.toString() ?? null,
      finalised_height: cursor?.finalisedNumber.toString() ?? null,
      head_height: cursor?.headNumber.toString() ?? null,
      checked_at: wireTime(cursor?.checkedAt),
      ...named('gas_float', chain.asset, float),
      gas_reserved_atomic: (await balanceOf(em, ofChain('trust.gas_reserved', chain.name, chain.asset))).toString(),
      deposits: await depositCounts(em, chain.name),
      open_transactions: open,
    };
  }
}

async function addWallets(em: EntityManager, chain: Chain, view: CustodyStatusView): Promise<void> {
  const held = new Map(
    [...(await allOfKind(em, 'trust.wallet', chain.asset)), ...(await allOfKind(em, 'house.wallet', chain.asset))].map((b) => [
      b.owner,
      -b.balance,
    ]),
  );
  const stopped = await stoppedSenders(em);
  let deposits = 0n;
  for (const wallet of await walletsOfChain(em, chain.name)) {
    const balance = held.get(wallet.id) ?? 0n;
    if (wallet.role === 'deposit') {
      view.deposit_addresses++;
      deposits += balance;
      continue;
    }
    view.wallets.push({
      id: publicId('wallet', wallet.id),
      role: wallet.role,
      chain: wallet.chain,
      address: chain.reader.displayAddress(wallet.address),
      path: wallet.path,
      pool: wallet.poolId,
      stopped: stopped.get(wallet.id) ?? null,
      ...named('balance', chain.asset, balance),
    });
  }
  view.deposit_balances[chain.name] = formatDecimal(asset(chain.asset), deposits);
}
