import { reconcile, type Evidence, type PoolEvidence, type ValidatorEvidence } from './reconciliation.js';

const validator = (n: number, change: Partial<ValidatorEvidence> = {}): ValidatorEvidence => ({
  pubkey: `0x${n}`,
  poolId: 'pool',
  index: BigInt(n),
  status: 'active',
  deposited: 32_000n,
  booked: 32_000n,
  bonding: change.booked === null ? (change.deposited ?? 32_000n) : 0n,
  takenOver: 0n,
  balance: 32_000n,
  queued: 0n,
  foreign: false,
  ...change,
});
const pool = (change: Partial<PoolEvidence> = {}): PoolEvidence => ({
  poolId: 'pool',
  bonding: 0n,
  protocolWithdrawal: 0n,
  credits: [],
  executionReward: 0n,
  uncounted: { sum: 0n, count: 0 },
  ...change,
});
const evidence = (change: Partial<Evidence> = {}): Evidence => ({
  wallets: [{ walletId: 'w', role: 'omnibus', address: '0xw', ledger: 500n, chain: 500n }],
  unmoved: 0n,
  validators: [],
  pools: [pool()],
  validatorsLedger: 0n,
  gas: { reserved: 0n, transactions: 0n, count: 0 },
  suspense: { ledger: 0n, deposits: 0n, count: 0 },
  unattributed: { ledger: 0n, register: 0n, count: 0 },
  fees: { payable: 0n, receivable: 0n },
  runs: [],
  entities: [{ entity: 'client_trust', asset: 'ETH', sum: 0n }],
  ...change,
});
const PLAUSIBLE = 1_000n; // a tenth

describe('reconciliation', () => {
  it('agrees when there is nothing to explain', () => {
    expect(reconcile(evidence(), PLAUSIBLE)).toMatchObject({
      agreed: true,
      ledger: 500n,
      chain: 500n,
      difference: 0n,
      unexplained: 0n,
      items: [],
    });
  });

  it('finds one wei at a wallet, on either side', () => {
    for (const chain of [499n, 501n]) {
      const findings = reconcile(evidence({ wallets: [{ walletId: 'w', role: 'vault', address: '0xw', ledger: 500n, chain }] }), PLAUSIBLE);
      expect(findings).toMatchObject({
        agreed: false,
        difference: chain - 500n,
        unexplained: chain - 500n,
        items: [{ kind: 'wallet', amount: chain - 500n }],
      });
    }
    // two wallets whose errors cancel are still two errors
    const wallets = [
      { walletId: 'a', role: 'vault' as const, address: '0xa', ledger: 5n, chain: 6n },
      { walletId: 'b', role: 'omnibus' as const, address: '0xb', ledger: 6n, chain: 5n },
    ];
    expect(reconcile(evidence({ wallets }), PLAUSIBLE)).toMatchObject({ agreed: false, unexplained: 0n });
  });

  it('itemises rewards since the last report, skims included, and losses', () => {
    const validators = [validator(1, { balance: 32_007n }), validator(2, { balance: 32_000n }), validator(3, { balance: 31_990n })];
    const credits = [
      { validatorIndex: 2n, amount: 30n }, // newest: no report has it
      { validatorIndex: 2n, amount: 20n }, // classified
    ];
    const findings = reconcile(
      evidence({ validators, validatorsLedger: 96_000n, pools: [pool({ protocolWithdrawal: 30n, credits })] }),
      PLAUSIBLE,
    );
    expect(findings).toMatchObject({ agreed: true, difference: 27n, unexplained: 0n });
    expect(findings.items.map((i) => [i.kind, i.subject, i.amount])).toEqual([
      ['rewards_since_report', '0x1', 7n],
      ['rewards_since_report', '0x2', 30n],
      ['penalties_since_report', '0x3', -10n],
    ]);
  });

  it('explains a deposit on its way, queued and then active before it is booked', () => {
    const queued = reconcile(
      evidence({
        validators: [validator(1, { index: null, booked: null, balance: 0n, queued: 32_000n, status: 'deposited' })],
        pools: [pool({ bonding: 32_000n })],
      }),
      PLAUSIBLE,
    );
    expect(queued).toMatchObject({ agreed: true, difference: 0n, items: [] });
    expect(queued.clearing[0]).toMatchObject({ account: 'pool.bonding', balance: 32_000n, unexplained: 0n });
    const active = reconcile(
      evidence({ validators: [validator(1, { booked: null, balance: 32_003n })], pools: [pool({ bonding: 32_000n })] }),
      PLAUSIBLE,
    );
    expect(active).toMatchObject({ agreed: true, difference: 3n, items: [{ kind: 'rewards_before_first_report', amount: 3n }] });
  });

  it('explains a whole validator that has come back and is not classified yet', () => {
    const credits = [{ validatorIndex: 1n, amount: 32_015n }];
    const exited = evidence({
      validators: [validator(1, { booked: 32_010n, balance: 0n })],
      validatorsLedger: 32_010n,
      pools: [pool({ protocolWithdrawal: 32_015n, credits })],
    });
    expect(reconcile(exited, PLAUSIBLE)).toMatchObject({ agreed: true, unexplained: 0n, items: [{ amount: 5n }] });
  });

  it('calls a stranger’s credit what it is', () => {
    const findings = reconcile(
      evidence({ pools: [pool({ protocolWithdrawal: 9n, credits: [{ validatorIndex: 77n, amount: 9n }] })] }),
      PLAUSIBLE,
    );
    expect(findings).toMatchObject({ agreed: true, difference: 9n, items: [{ kind: 'stranger_credit', amount: 9n }] });
  });

  it.each<[string, Partial<Evidence>]>([
    ['a reward beyond all likelihood', { validators: [validator(1, { balance: 36_000n })], validatorsLedger: 32_000n }],
    ['a validator in the books that nobody deposited to', { validatorsLedger: 32_000n }],
    ['bonding money without a deposit', { pools: [pool({ bonding: 32_000n })] }],
    ['a payout that no credit explains', { pools: [pool({ protocolWithdrawal: 5n })] }],
    ['gas reserved for nothing', { gas: { reserved: 5n, transactions: 4n, count: 1 } }],
    ['suspense without a deposit', { suspense: { ledger: 5n, deposits: 4n, count: 1 } }],
    ['a fee that the house does not know', { fees: { payable: 5n, receivable: 4n } }],
    ['an entity whose books do not sum to zero', { entities: [{ entity: 'house', asset: 'ETH', sum: 1n }] }],
  ])('breaks on %s', (_name, change) => {
    expect(reconcile(evidence(change), PLAUSIBLE).agreed).toBe(false);
  });

  it('explains a further deposit by what stands in bonding still, and no more', () => {
    const topped = validator(1, { deposited: 63_000n, bonding: 31_000n, queued: 31_000n });
    expect(
      reconcile(evidence({ validators: [topped], validatorsLedger: 32_000n, pools: [pool({ bonding: 31_000n })] }), PLAUSIBLE),
    ).toMatchObject({
      agreed: true,
      difference: 0n,
    });
    const missing = { validators: [topped], validatorsLedger: 32_000n, pools: [pool({ bonding: 30_000n })] };
    expect(reconcile(evidence(missing), PLAUSIBLE).agreed).toBe(false);
  });

  it('lets a merged validator bring its stake along', () => {
    const merged = [validator(1, { balance: 0n }), validator(2, { balance: 64_005n, takenOver: 32_000n })];
    const findings = reconcile(evidence({ validators: merged, validatorsLedger: 64_000n }), PLAUSIBLE);
    expect(findings).toMatchObject({ agreed: true, difference: 5n, unexplained: 0n });
    const alone = [validator(2, { balance: 64_005n })];
    expect(reconcile(evidence({ validators: alone, validatorsLedger: 32_000n }), PLAUSIBLE).agreed).toBe(false);
  });

  it('stays at no difference before, during and after a merger', () => {
    const [alone, done] = [validator(1), validator(1, { booked: 0n, balance: 0n, status: 'withdrawn' })];
    const moments = [
      { validators: [alone, validator(2, { takenOver: 32_000n })], validatorsLedger: 64_000n },
      { validators: [{ ...alone, balance: 10n }, validator(2, { balance: 63_990n, takenOver: 32_000n })], validatorsLedger: 64_000n },
      { validators: [done, validator(2, { booked: 64_000n, balance: 64_000n })], validatorsLedger: 64_000n },
    ];
    for (const moment of moments)
      expect(reconcile(evidence(moment), PLAUSIBLE)).toMatchObject({ agreed: true, difference: 0n, unexplained: 0n });
  });

  it('counts what a switch to compounding put into the deposit queue as the validator’s all the time', () => {
    for (const [balance, queued] of [
      [32_007n, 0n],
      [32_000n, 7n],
      [32_000n, 10n],
    ] as const) {
      // prettier-ignore
      const findings = reconcile(evidence({ validators: [validator(1, { booked: 32_007n, balance, queued })], validatorsLedger: 32_007n }), PLAUSIBLE); // prettier-ignore
      expect(findings).toMatchObject({ agreed: true, difference: balance + queued - 32_007n, unexplained: 0n });
    }
  });

  it('counts nothing of a validator that pays out to somebody else, whatever it holds, until it is written off', () => {
    const taken = validator(1, { deposited: 1_000n, booked: null, bonding: 1_000n, balance: 33_000n, foreign: true });
    const lost = reconcile(evidence({ validators: [taken], pools: [pool({ bonding: 1_000n })] }), PLAUSIBLE);
    expect(lost).toMatchObject({ agreed: true, difference: -1_000n, items: [{ kind: 'foreign_credentials', amount: -1_000n }] });
    const covered = { ...taken, booked: 0n, bonding: 0n };
    expect(reconcile(evidence({ validators: [covered] }), PLAUSIBLE)).toMatchObject({ agreed: true, difference: 0n, items: [] });
  });

  it('compares what nobody was credited for, and what blocks paid, with its own registers', () => {
    for (const change of [
      { unattributed: { ledger: 5n, register: 4n, count: 1 } },
      { pools: [pool({ executionReward: 5n, uncounted: { sum: 6n, count: 1 } })] },
    ])
      expect(reconcile(evidence(change), PLAUSIBLE)).toMatchObject({ agreed: false, difference: 0n });
    expect(
      reconcile(
        evidence({
          unattributed: { ledger: 5n, register: 5n, count: 1 },
          pools: [pool({ executionReward: 7n, uncounted: { sum: 7n, count: 2 } })],
        }),
        PLAUSIBLE,
      ).agreed,
    ).toBe(true);
  });
});
