import { amount } from '#kernel';
import { withdrawalCredentials } from '../deposit/credentials.js';
import { atHead, bytes32, HEAD, hexOf, pubkeyOf, queuedDeposit, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { guardTopUp } from './guard-top-up.js';

const ETH = 10n ** 18n;
const vault = `0x${'aa'.repeat(20)}`;
const eth1 = withdrawalCredentials(vault);
const compounding = withdrawalCredentials(vault, 'compounding');
const is02 = { validator: { withdrawal_credentials: compounding } };

function arranged(final: unknown[], head: unknown[] = final, queue: unknown[] = []) {
  const nodes = atHead({ validators: head, queue });
  nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: '10', root: bytes32(5) } });
  nodes.reply(`/eth/v2/beacon/blocks/${bytes32(5)}`, {
    message: { slot: '80', body: { execution_payload: { block_hash: bytes32(80), block_number: '80' } } },
  });
  nodes.method('eth_getBlockByNumber', () => ({ number: hexOf(80), hash: bytes32(80), timestamp: '0x0' }));
  nodes.reply(state(80, `validators?id=${pubkeyOf(1)}`), final);
  expect(HEAD).toBe(100);
  return nodes.network();
}
const guard = (network: ReturnType<typeof arranged>, credentials = eth1, wei = ETH) =>
  guardTopUp(network, pubkeyOf(1), credentials, amount(wei));
const young = (gwei: string) => validatorAnswer(1, { status: 'pending_initialized', balance: gwei });

describe('the guard of a top-up', () => {
  it('lets the second step pass once the first stands in a finalised state', async () => {
    expect(await guard(arranged([young('1000000000')]), eth1, 31n * ETH)).toBeNull();
  });

  it('lets a compounding validator grow', async () => {
    expect(await guard(arranged([validatorAnswer(1, is02)]), compounding, 2_016n * ETH)).toBeNull();
  });

  it.each([
    ['nobody knows the key', [], undefined, 'deposit.key_unknown'],
    ['the key is not final yet', [], [young('1000000000')], 'deposit.key_unknown'],
    ['it pays out elsewhere', [validatorAnswer(1, { validator: { withdrawal_credentials: withdrawalCredentials(`0x${'bb'.repeat(20)}`) } })], undefined, 'deposit.foreign_credentials'], // prettier-ignore
    ['its credentials are of another type', [validatorAnswer(1, is02)], undefined, 'deposit.foreign_credentials'],
    ['it is leaving', [validatorAnswer(1, { status: 'active_exiting' })], undefined, 'deposit.leaving'],
    ['it began to leave just now', [validatorAnswer(1, { balance: '1000000000' })], [validatorAnswer(1, { status: 'active_exiting', balance: '1000000000' })], 'deposit.leaving'], // prettier-ignore
    ['it has left', [validatorAnswer(1, { status: 'withdrawal_done', balance: '0' })], undefined, 'deposit.leaving'],
    ['it was slashed', [validatorAnswer(1, { status: 'active_slashed', validator: { slashed: true } })], undefined, 'deposit.slashed'],
    ['it is full', [validatorAnswer(1)], undefined, 'deposit.over_maximum'],
  ])('refuses when %s', async (_name, final, head, code) => {
    expect(await guard(arranged(final, head ?? final))).toMatchObject({ code });
  });

  it('counts what waits in the queue', async () => {
    const final = [validatorAnswer(1, { balance: '1000000000' })];
    expect(await guard(arranged(final, final, [queuedDeposit(1, '30000000000')]), eth1, ETH)).toBeNull();
    expect(await guard(arranged(final, final, [queuedDeposit(1, '30000000000')]), eth1, 2n * ETH)).toMatchObject({
      code: 'deposit.over_maximum',
    });
  });

  it('lets the rest through although a stranger has added to a key that is not active yet: what is too much comes back to us', async () => {
    const final = [young('2000000000')];
    expect(await guard(arranged(final, final, [queuedDeposit(1, '5000000000')]), eth1, 31n * ETH)).toBeNull();
  });
});
