import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Transactor } from '#database';
import { type ClientCaller, ClientDoor, CurrentClient, wireTime } from '#http';
import { publicId } from '#kernel';
import { ownerBalances } from '#ledger';
import { figures, lastPayout } from '../pools/pool-figures.store.js';
import { standingView } from '../standing/standing.dto.js';
import { standingOf } from '../standing/standing.store.js';
import { type AssetOverviewView, OverviewView } from './overview.dto.js';
import { overviewOf } from './overview.js';
import { wireAmounts } from './overview-view.js';

@ApiTags('identity')
@ClientDoor()
@Controller('v1/overview')
export class OverviewController {
  constructor(@Inject(Transactor) private readonly transactor: Transactor) {}

  @ApiOperation({ summary: 'All you own, by what it is doing', description: 'From the ledger, in one consistent reading.' })
  @ApiOkResponse({ type: OverviewView })
  @Get()
  show(@CurrentClient() caller: ClientCaller): Promise<OverviewView> {
    return this.transactor.read(async (em) => {
      const overview = overviewOf(await ownerBalances(em, caller.clientId), await figures(em));
      return {
        client_id: publicId('client', caller.clientId),
        standing: standingView(await standingOf(em, caller.clientId)),
        assets: [...overview].map(([code, row]) => ({ asset: code, ...wireAmounts(code, row) }) as unknown as AssetOverviewView),
        last_payout_at: wireTime(await lastPayout(em)),
      };
    });
  }
}
