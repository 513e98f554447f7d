import type { Amount, Shares } from '#kernel';

/** What a report or an order moves, in the pool's own words. `postings.ts` turns moves into postings of the ledger. */
export type Move =
  | {
      readonly kind: 'reward.loss' | 'reward.recover' | 'reward.accrue' | 'reward.commission';
      readonly pubkey: string;
      readonly amount: Amount;
    }
  | { readonly kind: 'validator.collect' | 'validator.activate' | 'validator.cover'; readonly pubkey: string; readonly amount: Amount }
  | { readonly kind: 'validator.consolidate'; readonly pubkey: string; readonly target: string; readonly amount: Amount }
  | {
      readonly kind: 'execution.recover' | 'execution.commission' | 'execution.accrue' | 'house.fee_accrue' | 'reward.collect' | 'fee.draw';
      readonly amount: Amount;
    }
  | {
      readonly kind:
        'stake.reserve' | 'stake.return' | 'stake.submit' | 'stake.fail' | 'stake.mint' | 'exit.finalise' | 'exit.settle' | 'reward.settle';
      readonly clientId: string;
      /** What tells two moves of one kind and client apart: the order, the part. */
      readonly of: string;
      readonly amount: Amount;
    }
  | {
      readonly kind: 'share.mint' | 'share.lock' | 'share.unlock' | 'share.burn';
      readonly clientId: string;
      readonly of: string;
      readonly amount: Shares;
    };
