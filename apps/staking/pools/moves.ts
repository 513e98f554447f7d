import type { Amount, Shares } from '#kernel';

/** What a report or an order moves, in the pool's own words. `postings.ts` turns moves into postings of the ledger. */
export type Move =
  | {
      readonly kind: 'reward.loss' | 'reward.recover' | 'reward.accrue' | 'reward.commission' | 'reward.compound';
      readonly pubkey: string;
      readonly amount: Amount;
    }
  | { readonly kind: 'validator.collect' | 'validator.activate' | 'validator.cover'; readonly pubkey: string; readonly amount: Amount }
  | { readonly kind: 'validator.consolidate'; readonly pubkey: string; readonly target: string; readonly amount: Amount }
  | {
      readonly kind:
        | 'execution.recover'
        | 'execution.commission'
        | 'execution.accrue'
        | 'execution.compound'
        | 'house.fee_accrue'
        | 'reward.collect'
        | 'fee.draw'
        | 'loss.leave';
      readonly amount: Amount;
    }
  | { readonly kind: 'cover.bond_loss'; readonly pubkey: string; readonly operator: string; readonly amount: Amount }
  | { readonly kind: 'cover.fund_loss' | 'cover.first_loss_taken'; readonly pubkey: string; readonly amount: Amount }
  | { readonly kind: 'recovery.of_bond'; readonly operator: string; readonly of: string; readonly amount: Amount }
  | { readonly kind: 'recovery.of_fund' | 'recovery.of_first_loss'; readonly of: string; readonly amount: Amount }
  /** `of`: the report, or the group of exits. */
  | { readonly kind: 'exit.set_aside' | 'exit.surplus' | 'instant.refill'; readonly of: string; readonly amount: Amount }
  | { readonly kind: 'instant.burn'; readonly of: string; readonly amount: Shares }
  | {
      readonly kind:
        | 'stake.reserve'
        | 'stake.return'
        | 'stake.submit'
        | 'stake.fail'
        | 'stake.mint'
        | 'stake.net'
        | 'exit.finalise'
        | 'exit.settle'
        | 'exit.pay'
        | 'instant.pay'
        | 'rebate.pay'
        | 'recovery.pay'
        | 'reward.settle';
      readonly clientId: string;
      /** What tells two moves of one kind and client apart: the order, the part. */
      readonly of: string;
      readonly amount: Amount;
    }
  | {
      readonly kind: 'share.mint' | 'share.lock' | 'share.unlock' | 'share.burn' | 'instant.take';
      readonly clientId: string;
      readonly of: string;
      readonly amount: Shares;
    };
