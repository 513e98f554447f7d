import { Body, Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { record } from '#audit';
import { Transactor } from '#database';
import { CurrentOperation, CurrentStaff, Requests, StaffDoor, type Answer, type Operation, type StaffCaller } from '#http';
import { invariant, ok, publicId, refuse, Refused, uuidOf, type Clock } from '#kernel';
import { CHAINS, type Chains } from '../chain/chains.js';
import { writeHistory } from '../history.js';
import { CLOCK } from '../tokens.js';
import { ReasonDto } from '../unattributed/unattributed.dto.js';
import { resumeSender, walletById } from '../wallets/wallets.store.js';
import { refuseTransaction } from './refusing.js';
import { lockTransaction } from './transactions.store.js';

class AbandonedView {
  @ApiProperty({ example: 'txn_…' }) id!: string;
  @ApiProperty({ enum: ['refused'] }) state!: string;
}
class ResumedView {
  @ApiProperty({ example: 'wal_…' }) id!: string;
  @ApiProperty({ enum: ['resumed'] }) state!: string;
}

/** What people decide after somebody else has used a nonce of ours. */
@ApiTags('custody (staff)')
@Controller('v1/custody')
export class SupplantedController {
  constructor(
    private readonly requests: Requests,
    private readonly transactor: Transactor,
    @Inject(CHAINS) private readonly chains: Chains,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** It can never land: what was set aside goes back, and whoever asked hears that it was refused. */
  @ApiOperation({ summary: 'Give up a transaction whose nonce somebody else has used' })
  @Post('transactions/:id/abandonment')
  @HttpCode(200)
  @StaffDoor('senior_officer', 'mlro')
  @ApiOkResponse({ type: AbandonedView })
  abandon(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() { reason }: ReasonDto,
  ): Promise<Answer> {
    return this.requests.once(operation, async (em) => {
      const uuid = uuidOf('transaction', id);
      const row = uuid === null ? null : await lockTransaction(em, uuid);
      if (!row) return refuse('not_found', 'There is no such transaction.');
      if (row.state !== 'supplanted')
        return refuse('transaction.forbidden_move', 'Only a transaction whose nonce is gone can be given up.', { state: row.state });
      const actor = { kind: 'staff' as const, id: staff.staffId };
      await record(em, { actor, action: 'transaction.abandon', resource: publicId('transaction', row.id), reason });
      const why = { code: 'transaction.supplanted', detail: 'Its nonce was used by a transaction that is not ours.' };
      await refuseTransaction(em, row, why, this.clock.now());
      return ok({ status: 200, body: { id: publicId('transaction', row.id), state: 'refused' } });
    });
  }

  /** Goes on behind every nonce that the chain has seen. */
  @ApiOperation({ summary: 'Let an address send again after people have looked' })
  @Post('wallets/:id/resumption')
  @HttpCode(200)
  @StaffDoor('senior_officer', 'mlro')
  @ApiOkResponse({ type: ResumedView })
  async resume(
    @Param('id') id: string,
    @CurrentStaff() staff: StaffCaller,
    @CurrentOperation() operation: Operation,
    @Body() { reason }: ReasonDto,
  ): Promise<Answer> {
    const uuid = uuidOf('wallet', id);
    const wallet = uuid === null ? null : await this.transactor.read((em) => walletById(em, uuid));
    if (!wallet) throw new Refused(refuse('not_found', 'There is no such wallet.').refusal);
    const chain = this.chains.get(wallet.chain);
    invariant(chain !== undefined, 'wallet.without_chain', { walletId: wallet.id });
    const nonce = await chain.writer.nextNonce(wallet.address); // asked before: no node is waited for in a transaction
    return this.requests.once(operation, async (em) => {
      const at = this.clock.now();
      const version = await resumeSender(em, wallet.id, nonce);
      if (version === null) return refuse('wallet.not_stopped', 'The address is not stopped.');
      const actor = { kind: 'staff' as const, id: staff.staffId };
      const step = { subject: 'sender' as const, subjectId: wallet.id, version, state: 'resumed', at };
      await writeHistory(em, [{ ...step, actor: `staff:${staff.staffId}`, reason }]);
      await record(em, { actor, action: 'wallet.resume', resource: publicId('wallet', wallet.id), reason });
      return ok({ status: 200, body: { id: publicId('wallet', wallet.id), state: 'resumed' } });
    });
  }
}
