import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { record } from '#audit';
import { CurrentOperation, CurrentStaff, Requests, StaffDoor, type Answer, type Operation, type StaffCaller } from '#http';
import { ok, refuse, type Clock } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import { noteState } from '../follower/cursor.store.js';
import { CLOCK } from '../tokens.js';
import { ReasonDto } from '../unattributed/unattributed.dto.js';
import { ChainStateView } from './status.dto.js';

@ApiTags('custody (staff)')
@Controller('v1/custody/chains')
export class ChainsController {
  constructor(
    private readonly requests: Requests,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The next look at the chain decides: where the nodes still disagree, it is contradicted again. */
  @ApiOperation({ summary: 'Acknowledge that the nodes contradicted each other: go on once they agree' })
  @Post(':chain/acknowledgement')
  @HttpCode(200)
  @StaffDoor('treasury', 'officer', 'senior_officer')
  @ApiOkResponse({ type: ChainStateView })
  acknowledge(
    @Param('chain') chain: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() { reason }: ReasonDto,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      if (!this.chains.has(chain)) return refuse('not_found', 'There is no such chain.');
      const why = { code: 'chain.acknowledged', detail: 'An officer has looked; the next look at the nodes decides.' };
      const noted = await noteState(em, chain, 'acknowledge', why, { at: this.clock.now(), actor: `staff:${staff.staffId}` });
      if (!noted.changed) return refuse('chain.not_contradicted', 'The chain does not wait for an acknowledgement.');
      const actor = { kind: 'staff' as const, id: staff.staffId };
      await record(em, { actor, action: 'chain.acknowledge', resource: `chain:${chain}`, reason });
      return ok({ status: 200, body: { chain, state: noted.state } });
    });
  }
}
