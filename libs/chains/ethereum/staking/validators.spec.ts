import { atHead, bytes32, HEAD, pubkeyOf, queuedDeposit, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { viewValidators } from './validators.js';

const ETH = 10n ** 18n;

describe('validators', () => {
  it('are seen in the order asked: in the registry, in the queue, or nowhere', async () => {
    const nodes = atHead();
    const ids = [1, 2, 3].map(pubkeyOf);
    nodes.reply(state(HEAD, `validators?id=${ids.join(',')}`), [
      validatorAnswer(2, { status: 'active_slashed', validator: { slashed: true } }),
    ]);
    nodes.reply(state(HEAD, 'pending_deposits'), [queuedDeposit(3, '1000000000'), queuedDeposit(3, '31000000000')]);
    const seen = await viewValidators(nodes.network(), ids, 'head');
    expect(seen.slot).toBe(100n);
    expect(seen.validators.map(({ pubkey, status, slashed, queued, index }) => ({ pubkey, status, slashed, queued, index }))).toEqual([
      { pubkey: ids[0], status: 'unknown', slashed: false, queued: 0n, index: null },
      { pubkey: ids[1], status: 'exiting', slashed: true, queued: 0n, index: 2n },
      { pubkey: ids[2], status: 'deposited', slashed: false, queued: 32n * ETH, index: null },
    ]);
  });

  it('of a state called finalised are believed only when the node calls it so', async () => {
    const nodes = atHead();
    nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: '0', root: bytes32(0) } });
    nodes.reply('/eth/v1/beacon/headers/genesis', { root: bytes32(0) });
    nodes.method('eth_getBlockByNumber', () => ({ number: '0x0', hash: bytes32(1), timestamp: '0x3e8' }));
    nodes.reply(state(0, `validators?id=${pubkeyOf(1)}`), [validatorAnswer(1)], { finalized: false });
    nodes.reply(state(0, 'pending_deposits'), []);
    await expect(viewValidators(nodes.network(), [pubkeyOf(1)], 'finalised')).rejects.toMatchObject({ code: 'chain.garbage' });
  });

  it('of a state that the node has dropped cannot be seen', async () => {
    const nodes = atHead();
    nodes.replies.delete(state(HEAD, 'pending_deposits'));
    await expect(viewValidators(nodes.network(), [pubkeyOf(1)], 'head')).rejects.toMatchObject({
      code: 'chain.state_missing',
      retryable: true,
    });
  });
});
