import { randomBytes } from 'node:crypto';
import { newUuid } from '#kernel';

/** What a report says of a validator. */
export interface Seen {
  readonly pubkey: string;
  readonly reward?: bigint;
  readonly withdrawn?: bigint;
  readonly deposited?: bigint;
  readonly consolidatedIn?: bigint;
  readonly consolidatedOut?: bigint;
  readonly emptied?: boolean;
}

/** A report that adds up over what the books hold. */
export const reportMessage = (
  { poolId, number, fromSlot, toSlot }: { poolId: string; number: number; fromSlot: bigint; toSlot: bigint },
  booked: ReadonlyMap<string, bigint>,
  validators: readonly Seen[],
  { fees = 0n, mev = 0n }: { fees?: bigint; mev?: bigint },
): object => ({
  reportId: newUuid(),
  poolId,
  number,
  fromSlot: fromSlot.toString(),
  toSlot: toSlot.toString(),
  toEpoch: (toSlot / 32n).toString(),
  toBlock: toSlot.toString(),
  toBlockRoot: `0x${randomBytes(32).toString('hex')}`,
  validators: validators.map((seen) => observation(seen, booked.get(seen.pubkey) ?? 0n)),
  execution: { priorityFees: fees.toString(), mev: mev.toString() },
});

function observation(seen: Seen, opening: bigint): object {
  const { pubkey, reward = 0n, withdrawn = 0n, deposited = 0n, consolidatedIn = 0n, consolidatedOut = 0n, emptied = false } = seen;
  return {
    pubkey,
    opening: opening.toString(),
    closing: (opening + reward + deposited + consolidatedIn - consolidatedOut - withdrawn).toString(),
    withdrawn: withdrawn.toString(),
    deposited: deposited.toString(),
    consolidatedIn: consolidatedIn.toString(),
    consolidatedOut: consolidatedOut.toString(),
    reward: reward.toString(),
    emptied,
  };
}
