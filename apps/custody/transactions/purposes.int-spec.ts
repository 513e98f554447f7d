import { newUuid } from '#kernel';
import { placeHold } from '#ledger';
import type { SignatureRequestV1, StakingPurpose, TransactionFinalisedV1, TransactionRefusedV1 } from '#messages';
import {
  CONSOLIDATION_PREDEPLOY,
  DEPOSIT_CONTRACT,
  EXIT_FEE,
  EXIT_PREDEPLOY,
  GAS_LIMIT,
  PAID_FEE,
} from '../chain/fake-ledger-state.spec-support.js';
import { CustodyWorld, ETH, OUTSIDER, POOL } from '../custody.spec-support.js';
import { RequestsProcessor } from './requests.processor.js';

const [A, B] = [`0x${'ab'.repeat(48)}`, `0x${'cd'.repeat(48)}`];
const COST = GAS_LIMIT * PAID_FEE;

let world: CustodyWorld;
beforeEach(async () => {
  world = await CustodyWorld.open();
});
afterEach(() => world.close());

async function ask(
  purpose: StakingPurpose,
  more: { amount?: bigint; pubkey?: string; targetPubkey?: string; deposit?: { pubkey: string; signature?: string } },
): Promise<string> {
  const requestId = newUuid();
  const { amount: units = 0n, deposit, ...keys } = more;
  const message = deposit && {
    pubkey: deposit.pubkey,
    withdrawalCredentials: `0x${'01'.repeat(32)}`,
    signature: deposit.signature ?? `0x${'55'.repeat(96)}`,
    depositDataRoot: `0x${'66'.repeat(32)}`,
  };
  const request = { requestId, purpose, chain: 'ethereum', poolId: POOL, asset: 'ETH', amount: units.toString(), ...keys };
  await world.handle(RequestsProcessor, (p, em) => p.requested(em, message ? { ...request, deposit: message } : request));
  return requestId;
}

async function funded(...pubkeys: string[]): Promise<void> {
  await world.fundHouse();
  await world.fundedClient(100n * ETH);
  await world.round(3);
  for (const pubkey of pubkeys) await world.stakeDeposit(32n * ETH, pubkey);
  await world.round(2);
}
const refusals = async (): Promise<(string | undefined)[]> =>
  (await world.messages<TransactionRefusedV1>('transaction.refused@1')).map((m) => m.code);

describe('a further deposit', () => {
  it('is booked as stake, and stands in bonding beside the first', async () => {
    await funded(A);
    const requestId = await ask('stake_top_up', { amount: 31n * ETH, deposit: { pubkey: A } });
    await world.round(2);
    expect(await world.transactions('stake_top_up')).toMatchObject([{ state: 'finalised', value: (31n * ETH).toString() }]);
    expect(await world.balance('pool.bonding', POOL)).toBe(-63n * ETH);
    const sent = (await world.messages<SignatureRequestV1>('signature.request@1')).find((r) => r.intent.purpose === 'stake_top_up');
    expect(sent?.intent).toMatchObject({ to: DEPOSIT_CONTRACT, value: (31n * ETH).toString() });
    const finalised = await world.messages<TransactionFinalisedV1>('transaction.finalised@1');
    expect(finalised.at(-1)).toMatchObject({ requestId, purpose: 'stake_top_up', succeeded: true });
    await world.reconcile();
  });

  it('waits while the chain does not know the key, and is refused where the message does not verify', async () => {
    await funded();
    await ask('stake_top_up', { amount: ETH, deposit: { pubkey: A } });
    await world.round(1);
    expect(await world.transactions('stake_top_up')).toMatchObject([{ state: 'waiting_chain', code: 'deposit.key_unknown' }]);
    await ask('stake_top_up', { amount: ETH, deposit: { pubkey: B, signature: `0xbad${'5'.repeat(189)}` } });
    await world.round(1);
    expect(await refusals()).toEqual(['deposit.bad_signature']);
  });
});

describe('requests to the protocol', () => {
  it('leave from the vault, and their fee is paid from the gas float', async () => {
    await funded(A, B);
    const float = await world.balance('trust.gas_float', 'ethereum');
    const asked: [StakingPurpose, Parameters<typeof ask>[1], string, string][] = [
      ['partial_withdrawal', { amount: 5n, pubkey: A }, EXIT_PREDEPLOY, `${A}${'5'.padStart(16, '0')}`],
      ['credentials_switch', { pubkey: B }, CONSOLIDATION_PREDEPLOY, `${B}${B.slice(2)}`],
      ['consolidation', { pubkey: A, targetPubkey: B }, CONSOLIDATION_PREDEPLOY, `${A}${B.slice(2)}`],
    ];
    for (const [purpose, more] of asked) await ask(purpose, more);
    await world.round(6);
    const vault = await world.wallet('vault');
    const requests = await world.messages<SignatureRequestV1>('signature.request@1');
    for (const [purpose, , to, data] of asked) {
      expect(await world.transactions(purpose)).toMatchObject([{ state: 'finalised', value: EXIT_FEE.toString() }]);
      expect(requests.find((r) => r.intent.purpose === purpose)?.intent).toMatchObject({ from: vault.address, to, data });
    }
    const spent = float - (await world.balance('trust.gas_float', 'ethereum'));
    const feeds = BigInt((await world.transactions('gas_feed')).length);
    expect(spent).toBe(3n * (COST + EXIT_FEE) + feeds * COST);
    expect(await world.balance('trust.gas_reserved', 'ethereum')).toBe(0n);
    await world.reconcile();
  });

  it('merge nothing into a validator that is not ours', async () => {
    await funded(A);
    await ask('consolidation', { pubkey: A, targetPubkey: `0x${'99'.repeat(48)}` });
    await world.round(1);
    expect(await refusals()).toEqual(['consolidation.target_not_ours']);
  });

  it.each<[StakingPurpose, Parameters<typeof ask>[1], string]>([
    ['partial_withdrawal', { amount: 1n }, 'transaction.without_pubkey'],
    ['partial_withdrawal', { pubkey: A }, 'amount.not_positive'],
    ['consolidation', { pubkey: A }, 'transaction.without_target'],
    ['credentials_switch', {}, 'transaction.without_pubkey'],
    ['stake_top_up', { amount: 1n }, 'transaction.without_deposit'],
    ['stake_top_up', { deposit: { pubkey: A } }, 'amount.not_positive'],
  ])('of %s that lack something are refused', async (purpose, more, code) => {
    await ask(purpose, more);
    expect(await refusals()).toEqual([code]);
  });
});

describe('a withdrawal under a hold', () => {
  it('that is larger than all there is does not keep others waiting', async () => {
    await world.fundHouse();
    const held = await world.fundedClient(5n * ETH);
    const other = await world.fundedClient(2n * ETH);
    await world.round(3);
    await world.stakeDeposit(4n * ETH); // what the held client would need is at a validator
    await world.round(2);
    await world.withdraw(held.clientId, await world.destination(held.clientId), 5n * ETH);
    await world.withdraw(other.clientId, await world.destination(other.clientId), ETH);
    const compliance = await world.db.transactor('compliance');
    const hold = {
      holdId: newUuid(),
      owner: held.clientId,
      scopes: ['withdraw' as const],
      reason: 't',
      legalBasis: 't',
      placedBy: newUuid(),
    };
    await compliance.run((em) => placeHold(em, hold));
    await world.round(3);
    expect(await world.transactions('withdrawal')).toMatchObject([{ state: 'waiting_hold' }, { state: 'finalised' }]);
    expect(world.chain.balanceAtHead(OUTSIDER)).toBe(ETH);
    await world.reconcile();
  });
});
