import { Body, Controller, Get, Inject, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Chain } from '#chains';
import { Transactor } from '#database';
import { ClientDoor, CurrentClient, answer, type Answer, type ClientCaller } from '#http';
import { accept, publicId, timestamp } from '#kernel';
import { chainOfAsset, CHAINS, type Chains } from '../chain/chains.js';
import { AddressList, AddressView, OpenAddressDto } from './addresses.dto.js';
import type { WalletEntity } from './wallet.entity.js';
import { WalletsService } from './wallets.service.js';
import { walletsOfClient } from './wallets.store.js';

/** Where a client sends its coins: one address a chain, opened when the client is approved. */
@ApiTags('custody')
@Controller('v1/custody/addresses')
export class AddressesController {
  constructor(
    private readonly transactor: Transactor,
    private readonly wallets: WalletsService,
    @Inject(CHAINS) private readonly chains: Chains,
  ) {}

  @ApiOperation({ summary: 'Your deposit address; opened on the first call' })
  @Post()
  @ClientDoor('account')
  @ApiCreatedResponse({ type: AddressView })
  async open(@CurrentClient() client: ClientCaller, @Body() body: OpenAddressDto): Promise<Answer> {
    const { chain } = accept(chainOfAsset(this.chains, body.asset));
    const { wallet, opened } = await this.transactor.run(async (em) =>
      accept(await this.wallets.depositAddress(em, chain.name, client.clientId)),
    );
    return answer({ status: opened ? 201 : 200, body: view(wallet, chain) });
  }

  @ApiOperation({ summary: 'Your deposit addresses' })
  @Get()
  @ClientDoor()
  @ApiOkResponse({ type: AddressList })
  async list(@CurrentClient() client: ClientCaller): Promise<AddressList> {
    const wallets = await this.transactor.read((em) => walletsOfClient(em, client.clientId));
    return { data: wallets.flatMap((w) => (this.chains.has(w.chain) ? [view(w, this.chains.get(w.chain) as Chain)] : [])) };
  }
}

const view = (wallet: WalletEntity, chain: Chain): AddressView => ({
  id: publicId('wallet', wallet.id),
  asset: chain.asset,
  chain: wallet.chain,
  address: chain.reader.displayAddress(wallet.address),
  created_at: timestamp(wallet.createdAt),
});
