import type { ProblemCatalogue } from '#http';
import { problems as distributions } from './distributions/problems.js';
import { problems as exitQueue } from './exit-queue/problems.js';
import { problems as fees } from './fees/problems.js';
import { problems as losses } from './losses/problems.js';
import { problems as operators } from './operators/problems.js';

/** What the chain would not do, in a dry run. */
const planRefusals = [
  ...['exit.not_active', 'exit.already_exiting', 'exit.wrong_sender', 'exit.too_young', 'exit.partial_pending', 'exit.fee_too_high'],
  ...['consolidation.not_active', 'consolidation.too_young', 'consolidation.partial_pending', 'consolidation.wrong_sender'],
  ...['consolidation.no_churn', 'consolidation.fee_too_high', 'consolidation.over_maximum', 'consolidation.same_key'],
  ...['consolidation.target_not_ours', 'consolidation.target_not_compounding', 'credentials.already_compounding'],
] as const;
const chainRefusals = Object.fromEntries(planRefusals.map((code) => [code, { status: 409, title: 'The chain would not do this now.' }]));

/** What this room may refuse. Every answer is final: the same request would be answered alike. */
export const problems = {
  'stake.not_approved': { status: 403, title: 'This client is not approved to stake.' },
  'stake.disclosure_not_accepted': { status: 409, title: 'The disclosure in force has not been accepted.' },
  'stake.product_not_open': { status: 409, title: 'This product is not open yet.' },
  'stake.below_minimum': { status: 422, title: 'The amount is below the minimum.' },
  'stake.insufficient_balance': { status: 422, title: 'The available balance is too small.' },
  'stake.under_review': { status: 423, title: 'This request is under review.' },
  'stake.unknown_asset': { status: 422, title: 'There is no product for this asset.' },
  'stake.unknown_product': { status: 422, title: 'There is no such product.' },
  'stake.quote_unknown': { status: 422, title: 'There is no such quote.' },
  'stake.quote_expired': { status: 409, title: 'The quote has expired.' },
  'unstake.not_permitted': { status: 403, title: 'This client may not unstake.' },
  'unstake.nothing': { status: 422, title: 'Nothing would be unstaked.' },
  'unstake.insufficient_shares': { status: 422, title: 'There are not so many shares.' },
  'unstake.amount_or_shares': { status: 422, title: 'Give either an amount or shares.' },
  'operation.not_cancellable': { status: 409, title: 'The operation can no longer be cancelled.' },
  'unstake.below_minimum': { status: 422, title: 'The amount is below the minimum of an exit.' },
  'incident.forbidden_move': { status: 409, title: 'The incident is not in a state that allows this.' },
  'proposal.forbidden_move': { status: 409, title: 'The proposal is not in a state that allows this.' },
  'proposal.same_person': { status: 403, title: 'Who made a proposal may not decide it.' },
  'proposal.not_yours': { status: 403, title: 'Somebody of another role must decide this proposal.' },
  'proposal.incomplete': { status: 422, title: 'The proposal does not say what it needs to.' },
  'proposal.overtaken': { status: 409, title: 'What the proposal would change has changed since it was made.' },
  'proposal.not_now': { status: 409, title: 'Something else is under way with one of the validators.' },
  'consolidation.other_operator': { status: 409, title: 'The two validators are run by different operators.' },
  'consolidation.over_cap': { status: 409, title: 'One validator would hold more than the caps allow.' },
  'write_off.float_too_small': { status: 409, title: 'The gas float does not cover the loss: the house must top it up first.' },
  ...distributions,
  ...exitQueue,
  ...fees,
  ...losses,
  ...operators,
  ...chainRefusals,
  'chain.unreachable': { status: 503, title: 'The chain cannot be reached.', retryable: true },
  'chain.syncing': { status: 503, title: 'The chain node is syncing.', retryable: true },
  'chain.stalled': { status: 503, title: 'The chain does not move.', retryable: true },
  'chain.wrong_network': { status: 503, title: 'The chain node is on another network.', retryable: true },
  'chain.garbage': { status: 503, title: 'The chain node gave an answer that makes no sense.', retryable: true },
  'chain.not_configured': { status: 503, title: 'The chain is not configured.', retryable: true },
} as const satisfies ProblemCatalogue;
