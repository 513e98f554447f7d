import { refuseSignature, type Evidence, type Intent, type SigningRules } from './signing-policy.js';

const at = (byte: string): string => `0x${byte.repeat(20)}`;
const own = {
  deposit: { role: 'deposit', address: at('d1') },
  omnibus: { role: 'omnibus', address: at('0a') },
  vault: { role: 'vault', address: at('5a') },
  treasury: { role: 'treasury', address: at('7e') },
} as const;
const ETH = 10n ** 18n;
const rules: SigningRules = {
  chainId: 31_337n,
  depositContract: at('dc'),
  exitContract: at('70'),
  consolidationContract: at('72'),
  maxWithdrawal: 100n * ETH,
  maxGasCost: 10_000n,
  maxExitFee: 1_000n,
};

interface Case {
  readonly intent: Intent;
  readonly evidence: Evidence;
}

function good(
  purpose: Intent['purpose'],
  from: keyof typeof own,
  to: string,
  more: Partial<Intent> = {},
  call: Evidence['call'] = null,
): Case {
  const ours = to in own ? own[to as keyof typeof own] : null;
  const intent: Intent = {
    chain: 'ethereum',
    purpose,
    from: own[from].address,
    to: ours?.address ?? to,
    toPath: ours ? "m/44'/60'/9'/0/0" : null,
    value: ETH,
    data: '0x',
    nonce: 4n,
    chainId: 31_337n,
    gasLimitCost: 5_000n,
    ...more,
  };
  const { chainId, nonce, value, data } = intent;
  const decoded = { chainId, nonce, to: intent.to, value, data, worstCost: 5_000n, from: null };
  return { intent, evidence: { decoded, from: own[from], to: ours, call, paysOwnVault: call?.kind === 'deposit' } };
}

const key = { withdrawalAddress: own.vault.address, mayMove: true };
const cases: Record<Intent['purpose'], Case> = {
  sweep: good('sweep', 'deposit', 'omnibus'),
  gas_feed: good('gas_feed', 'omnibus', 'vault'),
  gas_top_up: good('gas_top_up', 'treasury', 'omnibus'),
  fee_sweep: good('fee_sweep', 'omnibus', 'treasury'),
  withdrawal: good('withdrawal', 'omnibus', at('ee')),
  stake_deposit: good(
    'stake_deposit',
    'omnibus',
    rules.depositContract,
    { value: 32n * ETH, data: '0x22895118' },
    { kind: 'deposit', key, asSigned: true },
  ),
  stake_top_up: good(
    'stake_top_up',
    'omnibus',
    rules.depositContract,
    { value: 31n * ETH, data: '0x22895118' },
    { kind: 'deposit', key, asSigned: true },
  ),
  exit_request: good('exit_request', 'vault', rules.exitContract, { value: 1n, data: '0xabcd' }, { kind: 'exit', key, asSigned: true }),
  partial_withdrawal: good(
    'partial_withdrawal',
    'vault',
    rules.exitContract,
    { value: 1n, data: '0xabcd' },
    { kind: 'partial', key, asSigned: true },
  ),
  consolidation: good(
    'consolidation',
    'vault',
    rules.consolidationContract,
    { value: 1n, data: '0xabcd' },
    { kind: 'consolidation', key, target: key, asSigned: true },
  ),
  credentials_switch: good(
    'credentials_switch',
    'vault',
    rules.consolidationContract,
    { value: 1n, data: '0xabcd' },
    { kind: 'switch', key, target: key, asSigned: true },
  ),
  fund_return: good('fund_return', 'omnibus', at('ee')),
};
const purposes = Object.keys(cases) as Intent['purpose'][];
const decide = ({ intent, evidence }: Case): string | null => refuseSignature(intent, evidence, rules)?.code ?? null;
const with_ = (
  of: Case,
  change: { intent?: Partial<Intent>; evidence?: Partial<Evidence>; decoded?: Partial<NonNullable<Evidence['decoded']>> },
): Case => {
  const decoded = of.evidence.decoded && { ...of.evidence.decoded, ...change.decoded };
  return { intent: { ...of.intent, ...change.intent }, evidence: { ...of.evidence, decoded, ...change.evidence } };
};

describe('the signing policy', () => {
  it.each(purposes)('signs a right %s', (purpose) => {
    expect(decide(cases[purpose])).toBeNull();
  });

  it('sweeps a vault as it sweeps a deposit address', () => {
    expect(decide(good('sweep', 'vault', 'omnibus'))).toBeNull();
  });

  describe.each(purposes)('for %s, when any one field is changed', (purpose) => {
    const right = cases[purpose];
    const changes: [string, Parameters<typeof with_>[1], string][] = [
      ['the bytes are unreadable', { evidence: { decoded: null } }, 'signature.undecodable'],
      ['the bytes are signed', { decoded: { from: right.intent.from } }, 'signature.already_signed'],
      ['the chain', { intent: { chain: 'solana' } }, 'signature.unknown_chain'],
      ['the chain id in the bytes', { decoded: { chainId: 1n } }, 'signature.wrong_chain'],
      ['the chain id of the intent', { intent: { chainId: 1n } }, 'signature.wrong_chain'],
      ['both chain ids', { intent: { chainId: 1n }, decoded: { chainId: 1n } }, 'signature.wrong_chain'],
      ['the nonce', { decoded: { nonce: 5n } }, 'signature.nonce_mismatch'],
      ['the destination in the bytes', { decoded: { to: at('66') } }, 'signature.to_mismatch'],
      ['the destination to none', { decoded: { to: null } }, 'signature.to_mismatch'],
      ['the value', { decoded: { value: right.intent.value + 1n } }, 'signature.value_mismatch'],
      ['the data', { decoded: { data: '0x99' } }, 'signature.data_mismatch'],
      ['the gas above the intent', { decoded: { worstCost: 5_001n } }, 'signature.gas_exceeds_intent'],
      ['the gas above the limit', { intent: { gasLimitCost: 20_000n }, decoded: { worstCost: 10_001n } }, 'signature.gas_exceeds_limit'],
      ['the sender', { intent: { from: at('66') } }, 'signature.from_mismatch'],
      ['the path of the sender', { evidence: { from: null } }, 'signature.from_mismatch'],
    ];
    it.each(changes)('refuses %s', (_name, change, code) => {
      expect(decide(with_(right, change))).toBe(code);
    });

    it('refuses money of any other wallet', () => {
      const allowed = purpose === 'sweep' ? ['deposit', 'vault'] : [right.evidence.from?.role];
      for (const from of Object.values(own).filter(({ role }) => !allowed.includes(role))) {
        expect(decide(with_(right, { intent: { from: from.address }, evidence: { from } }))).toBe('signature.from_role');
      }
    });
  });

  const internal = purposes.filter((purpose) => cases[purpose].intent.toPath !== null);
  describe.each(internal)('for %s, to a wallet of ours', (purpose) => {
    const right = cases[purpose];
    it('refuses an address that is not at the path named', () => {
      const elsewhere = { intent: { to: at('66') }, decoded: { to: at('66') } };
      expect(decide(with_(right, elsewhere))).toBe('signature.to_path_mismatch');
      expect(decide(with_(right, { evidence: { to: null }, intent: { toPath: null } }))).toBe('signature.to_path_mismatch');
    });

    it('refuses every other wallet', () => {
      const allowed = purpose === 'gas_feed' ? ['deposit', 'vault'] : [right.evidence.to?.role];
      for (const to of Object.values(own).filter(({ role }) => !allowed.includes(role))) {
        expect(decide(with_(right, { intent: { to: to.address }, decoded: { to: to.address }, evidence: { to } }))).toBe(
          'signature.to_role',
        );
      }
    });
  });

  it.each(purposes.filter((purpose) => cases[purpose].intent.toPath === null))('for %s names no path of the destination', (purpose) => {
    expect(decide(with_(cases[purpose], { intent: { toPath: "m/44'/60'/1'/0/0" } }))).toBe('signature.to_path_unexpected');
  });

  it.each([...internal, 'withdrawal' as const, 'fund_return' as const])('for %s carries no data and some value', (purpose) => {
    expect(decide(with_(cases[purpose], { intent: { data: '0x01' }, decoded: { data: '0x01' } }))).toBe('signature.data_unexpected');
    expect(decide(with_(cases[purpose], { intent: { value: 0n }, decoded: { value: 0n } }))).toBe('signature.value_zero');
  });

  it('has a limit for a withdrawal, and for nothing that stays with us', () => {
    const more = { intent: { value: 100n * ETH + 1n }, decoded: { value: 100n * ETH + 1n } };
    expect(decide(with_(cases.withdrawal, more))).toBe('signature.withdrawal_limit');
    expect(decide(with_(cases.fund_return, more))).toBe('signature.withdrawal_limit');
    expect(decide(with_(cases.sweep, more))).toBeNull();
  });

  const call = cases.stake_deposit.evidence.call;
  if (!call) throw new Error('a deposit has a call');
  const deposits: [string, Parameters<typeof with_>[1], string][] = [
    ['another contract', { intent: { to: at('66') }, decoded: { to: at('66') } }, 'signature.deposit_contract'],
    ['data that is no deposit', { evidence: { call: null } }, 'signature.deposit_malformed'],
    ['data that is an exit', { evidence: { call: { ...call, kind: 'exit' } } }, 'signature.deposit_malformed'],
    ['a key that is not ours', { evidence: { call: { ...call, key: null } } }, 'signature.validator_key_unknown'],
    ['credentials of somebody else', { evidence: { paysOwnVault: false } }, 'signature.deposit_credentials'],
    ['a deposit that this key did not sign', { evidence: { call: { ...call, asSigned: false } } }, 'signature.deposit_altered'],
    [
      'a key that was funded before',
      { evidence: { call: { ...call, key: { ...key, mayMove: false } } } },
      'signature.deposit_already_signed',
    ],
  ];
  it.each(deposits)('refuses a stake to %s', (_name, change, code) => {
    expect(decide(with_(cases.stake_deposit, change))).toBe(code);
  });

  const exits: [string, Parameters<typeof with_>[1], string][] = [
    ['another contract', { intent: { to: at('66') }, decoded: { to: at('66') } }, 'signature.exit_contract'],
    ['data that is no exit', { evidence: { call: null } }, 'signature.exit_malformed'],
    ['a key that is not ours', { evidence: { call: { ...call, kind: 'exit', key: null } } }, 'signature.validator_key_unknown'],
    [
      'a validator of another vault',
      { evidence: { call: { ...call, kind: 'exit', key: { ...key, withdrawalAddress: at('66') } } } },
      'signature.exit_wrong_vault',
    ],
    [
      'a key that was never funded',
      { evidence: { call: { ...call, kind: 'exit', key: { ...key, mayMove: false } } } },
      'signature.exit_not_funded',
    ],
    ['a fee above the limit', { intent: { value: 1_001n }, decoded: { value: 1_001n } }, 'signature.exit_fee_limit'],
  ];
  it.each(exits)('refuses an exit of %s', (_name, change, code) => {
    expect(decide(with_(cases.exit_request, change))).toBe(code);
  });

  const merge = cases.consolidation.evidence.call;
  if (!merge) throw new Error('a consolidation has a call');
  const stranger = { ...key, withdrawalAddress: at('66') };
  const requests: [Intent['purpose'], string, Parameters<typeof with_>[1], string][] = [
    [
      'stake_top_up',
      'to a key that leaves',
      { evidence: { call: { ...call, key: { ...key, mayMove: false } } } },
      'signature.top_up_not_possible',
    ],
    ['stake_top_up', 'that no key signed', { evidence: { call: { ...call, asSigned: false } } }, 'signature.deposit_altered'],
    ['partial_withdrawal', 'that is a full exit', { evidence: { call: { ...merge, kind: 'exit' } } }, 'signature.partial_malformed'],
    [
      'partial_withdrawal',
      'of another vault',
      { evidence: { call: { ...merge, kind: 'partial', key: stranger } } },
      'signature.exit_wrong_vault',
    ],
    ['exit_request', 'that takes a part only', { evidence: { call: { ...merge, kind: 'partial' } } }, 'signature.exit_malformed'],
    ['consolidation', 'elsewhere', { intent: { to: at('66') }, decoded: { to: at('66') } }, 'signature.consolidation_contract'],
    ['consolidation', 'that is a switch', { evidence: { call: { ...merge, kind: 'switch' } } }, 'signature.consolidation_malformed'],
    ['consolidation', 'of a foreign key', { evidence: { call: { ...merge, key: null } } }, 'signature.validator_key_unknown'],
    ['consolidation', 'of another vault', { evidence: { call: { ...merge, key: stranger } } }, 'signature.consolidation_wrong_vault'],
    ['consolidation', 'into a foreign key', { evidence: { call: { ...merge, target: null } } }, 'signature.consolidation_target_unknown'],
    ['consolidation', 'into another vault', { evidence: { call: { ...merge, target: stranger } } }, 'signature.consolidation_target_vault'],
    [
      'consolidation',
      'into a key that leaves',
      { evidence: { call: { ...merge, target: { ...key, mayMove: false } } } },
      'signature.consolidation_target_leaving',
    ],
    ['consolidation', 'at any price', { intent: { value: 1_001n }, decoded: { value: 1_001n } }, 'signature.exit_fee_limit'],
    ['credentials_switch', 'of two keys', { evidence: { call: { ...merge, kind: 'consolidation' } } }, 'signature.switch_malformed'],
  ];
  it.each(requests)('refuses a %s %s', (purpose, _name, change, code) => {
    expect(decide(with_(cases[purpose], change))).toBe(code);
  });
});
