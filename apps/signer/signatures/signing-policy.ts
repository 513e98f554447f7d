import { refuse, type Refusal } from '#kernel';
import type { Purpose, WalletRole } from '#messages';

/** What custody says the transaction shall do. Addresses and data in lower-case hex, money in wei. */
export interface Intent {
  readonly chain: string;
  readonly purpose: Purpose;
  readonly from: string;
  readonly to: string;
  readonly toPath: string | null;
  readonly value: bigint;
  readonly data: string;
  readonly nonce: bigint;
  readonly chainId: bigint;
  readonly gasLimitCost: bigint;
}

/** What the bytes say, by the signer's own decoder. */
export interface DecodedBytes {
  readonly chainId: bigint;
  readonly nonce: bigint;
  readonly to: string | null;
  readonly value: bigint;
  readonly data: string;
  readonly worstCost: bigint;
  /** Null while unsigned. */
  readonly from: string | null;
}

export interface OwnAddress {
  readonly role: WalletRole;
  readonly address: string;
}

/** Our record of a validator key. */
export interface KnownKey {
  readonly withdrawalAddress: string;
  /** The machine of the key lets this call be signed now. */
  readonly mayMove: boolean;
}

/** What the calldata does with a validator key, as far as it is a call that the signer knows. */
export interface ValidatorCall {
  readonly kind: 'deposit' | 'exit' | 'partial' | 'consolidation' | 'switch';
  /** Null when it is not ours. */
  readonly key: KnownKey | null;
  /** consolidation, switch: the key that takes over. */
  readonly target?: KnownKey | null;
  /** deposit: credentials, amount, signature and root are those of a message that this key signed, and verify. */
  readonly asSigned: boolean;
}

/** All that the decision rests on, gathered from the bytes, the seed and the signer's own tables; nothing of it is taken from the request. */
export interface Evidence {
  /** Null: the bytes are no transaction that we would build. */
  readonly decoded: DecodedBytes | null;
  /** The own addresses at the paths named; null where a path is not ours. */
  readonly from: OwnAddress | null;
  readonly to: OwnAddress | null;
  readonly call: ValidatorCall | null;
  /** Own vault addresses know themselves: set where the credentials of a deposit pay out to one. */
  readonly paysOwnVault: boolean;
}

export interface SigningRules {
  readonly chainId: bigint;
  readonly depositContract: string;
  /** EIP-7002 */
  readonly exitContract: string;
  /** EIP-7251 */
  readonly consolidationContract: string;
  readonly maxWithdrawal: bigint;
  readonly maxGasCost: bigint;
  /** The most that a request to the protocol may cost in its own fee. */
  readonly maxExitFee: bigint;
}

interface Route {
  readonly from: readonly WalletRole[];
  /** Role of the own destination, which must then be named by its path; null: the destination is not one of our wallets. */
  readonly to: readonly WalletRole[] | null;
  readonly data: 'none' | ValidatorCall['kind'];
}

/** Which money may go where: from roles, to roles, with which calldata. */
const routes: Readonly<Record<Purpose, Route>> = {
  sweep: { from: ['deposit', 'vault'], to: ['omnibus'], data: 'none' },
  gas_feed: { from: ['omnibus'], to: ['vault', 'deposit'], data: 'none' },
  gas_top_up: { from: ['treasury'], to: ['omnibus'], data: 'none' },
  fee_sweep: { from: ['omnibus'], to: ['treasury'], data: 'none' },
  withdrawal: { from: ['omnibus'], to: null, data: 'none' },
  fund_return: { from: ['omnibus'], to: null, data: 'none' },
  stake_deposit: { from: ['omnibus'], to: null, data: 'deposit' },
  stake_top_up: { from: ['omnibus'], to: null, data: 'deposit' },
  exit_request: { from: ['vault'], to: null, data: 'exit' },
  partial_withdrawal: { from: ['vault'], to: null, data: 'partial' },
  consolidation: { from: ['vault'], to: null, data: 'consolidation' },
  credentials_switch: { from: ['vault'], to: null, data: 'switch' },
};

type Check = readonly [holds: boolean, code: string, detail: string];

/**
 * May these bytes be signed? Each field of the bytes is compared with the intent, then the intent with the rules of its purpose. The
 * first thing wrong is the answer, under a stable code `signature.*`; null means yes.
 */
export function refuseSignature(intent: Intent, evidence: Evidence, rules: SigningRules): Refusal | null {
  const { decoded } = evidence;
  if (!decoded) return refusal('undecodable', 'The bytes are not a transaction that we would build.');
  return (
    firstBroken(comparison(intent, decoded, rules)) ??
    firstBroken(addresses(intent, evidence, routes[intent.purpose])) ??
    firstBroken(purpose(intent, evidence, rules))
  );
}

function comparison(intent: Intent, decoded: DecodedBytes, rules: SigningRules): Check[] {
  return [
    [decoded.from === null, 'already_signed', 'The bytes carry a signature already.'],
    [intent.chain === 'ethereum', 'unknown_chain', 'There are keys for ethereum only.'],
    [decoded.chainId === rules.chainId && intent.chainId === rules.chainId, 'wrong_chain', 'The transaction is for another chain.'],
    [decoded.nonce === intent.nonce, 'nonce_mismatch', 'The nonce in the bytes is not that of the intent.'],
    [decoded.to === intent.to, 'to_mismatch', 'The destination in the bytes is not that of the intent.'],
    [decoded.value === intent.value, 'value_mismatch', 'The value in the bytes is not that of the intent.'],
    [decoded.data === intent.data, 'data_mismatch', 'The data in the bytes is not that of the intent.'],
    [decoded.worstCost <= intent.gasLimitCost, 'gas_exceeds_intent', 'The gas could cost more than the intent allows.'],
    [decoded.worstCost <= rules.maxGasCost, 'gas_exceeds_limit', 'The gas could cost more than the signer ever allows.'],
  ];
}

function addresses(intent: Intent, evidence: Evidence, route: Route): Check[] {
  const { from, to } = evidence;
  const sender: Check[] = [
    [from?.address === intent.from, 'from_mismatch', 'The key path does not lead to the sending address.'],
    [from !== null && route.from.includes(from.role), 'from_role', 'Money of this wallet may not leave for this purpose.'],
  ];
  if (!route.to)
    return [...sender, [intent.toPath === null, 'to_path_unexpected', 'For this purpose the destination is not a wallet of ours.']];
  return [
    ...sender,
    [to?.address === intent.to, 'to_path_mismatch', 'The destination is not the own address that it is said to be.'],
    [to !== null && route.to.includes(to.role), 'to_role', 'For this purpose money may not go to this wallet.'],
  ];
}

function purpose(intent: Intent, evidence: Evidence, rules: SigningRules): Check[] {
  switch (routes[intent.purpose].data) {
    case 'none':
      return [
        [intent.data === '0x', 'data_unexpected', 'A plain transfer carries no data.'],
        [intent.value > 0n, 'value_zero', 'A transfer of nothing has no purpose.'],
        [
          !leavesTheHouse(intent.purpose) || intent.value <= rules.maxWithdrawal,
          'withdrawal_limit',
          'The withdrawal is above what one transaction may take.',
        ],
      ];
    case 'deposit':
      return deposit(intent, evidence, rules);
    case 'exit':
    case 'partial':
      return withdrawalRequest(intent, evidence, rules);
    case 'consolidation':
    case 'switch':
      return consolidationRequest(intent, evidence, rules);
  }
}

/** To addresses that are not ours: what one transaction and what a day may take is limited. */
export const leavesTheHouse = (purpose: Purpose): boolean => purpose === 'withdrawal' || purpose === 'fund_return';
/** How many are signed in a day is limited. */
export const staysAtValidator = (purpose: Purpose): boolean => routes[purpose].data === 'deposit';

function deposit(intent: Intent, { call, paysOwnVault }: Evidence, rules: SigningRules): Check[] {
  const may = call?.key?.mayMove === true;
  return [
    [intent.to === rules.depositContract, 'deposit_contract', 'Stake goes to the deposit contract only.'],
    [call?.kind === 'deposit', 'deposit_malformed', 'The data is not exactly a call of deposit().'],
    [call?.key != null, 'validator_key_unknown', 'The validator key is not one of ours.'],
    [paysOwnVault, 'deposit_credentials', 'The stake would be paid out to an address that is not a vault of ours.'],
    [call?.asSigned === true, 'deposit_altered', 'The deposit is not one that this key signed.'],
    intent.purpose === 'stake_deposit'
      ? [may, 'deposit_already_signed', 'A first deposit of this key was signed before: each message is funded once.']
      : [may, 'top_up_not_possible', 'The key is not funded, is leaving, or this message was funded before.'],
  ];
}

/** EIP-7002 */
function withdrawalRequest(intent: Intent, { call }: Evidence, rules: SigningRules): Check[] {
  const kind = routes[intent.purpose].data;
  return [
    [intent.to === rules.exitContract, 'exit_contract', 'An exit or a part of the stake is asked of the EIP-7002 contract only.'],
    kind === 'exit'
      ? [call?.kind === kind, 'exit_malformed', 'The data is not exactly a full exit: 48 bytes of key and an amount of zero.']
      : [call?.kind === kind, 'partial_malformed', 'The data is not exactly a partial withdrawal: 48 bytes of key and an amount.'],
    ...ownKey(intent, call, 'exit_wrong_vault', 'exit_not_funded'),
    [intent.value <= rules.maxExitFee, 'exit_fee_limit', 'The fee is above what such a request may cost.'],
  ];
}

/** EIP-7251. The protocol does not ask whose the target is: our own tables do. */
function consolidationRequest(intent: Intent, { call }: Evidence, rules: SigningRules): Check[] {
  const kind = routes[intent.purpose].data;
  return [
    [intent.to === rules.consolidationContract, 'consolidation_contract', 'This is asked of the EIP-7251 contract only.'],
    kind === 'switch'
      ? [call?.kind === kind, 'switch_malformed', 'The data is not one validator key twice.']
      : [call?.kind === kind, 'consolidation_malformed', 'The data is not exactly two different validator keys.'],
    ...ownKey(intent, call, 'consolidation_wrong_vault', 'consolidation_not_funded'),
    [call?.target != null, 'consolidation_target_unknown', 'The validator that would take over is not one of ours.'],
    [
      call?.target?.withdrawalAddress === intent.from,
      'consolidation_target_vault',
      'The validator that would take over pays out to another vault.',
    ],
    [
      kind === 'switch' || call?.target?.mayMove === true,
      'consolidation_target_leaving',
      'The validator that would take over is not funded, or leaves.',
    ],
    [intent.value <= rules.maxExitFee, 'exit_fee_limit', 'The fee is above what such a request may cost.'],
  ];
}

const ownKey = ({ from }: Intent, call: ValidatorCall | null, wrongVault: string, notFunded: string): Check[] => [
  [call?.key != null, 'validator_key_unknown', 'The validator key is not one of ours.'],
  [call?.key?.withdrawalAddress === from, wrongVault, 'The validator pays out to another vault: this cannot be asked from here.'],
  [call?.key?.mayMove === true, notFunded, 'No deposit of this key was ever signed, or it leaves already.'],
];

function firstBroken(checks: readonly Check[]): Refusal | null {
  const broken = checks.find(([holds]) => !holds);
  return broken ? refusal(broken[1], broken[2]) : null;
}

const refusal = (code: string, detail: string): Refusal => refuse(`signature.${code}`, detail).refusal;
