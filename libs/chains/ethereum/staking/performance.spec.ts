import { bytes32, FakeNodes, pubkeyOf, state, validatorAnswer } from '../node/fake-nodes.spec-support.js';
import { observePerformance } from './performance.js';

const FINAL_EPOCH = 20;
const SLOT = FINAL_EPOCH * 8;

/** Nodes whose epoch 20 is final, with validators 1 and 2; 2 became active in epoch 11. */
function nodesAt(): FakeNodes {
  const nodes = new FakeNodes();
  nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: String(FINAL_EPOCH), root: bytes32(5) } });
  const payload = { block_number: '50', block_hash: bytes32(6) };
  nodes.reply(`/eth/v2/beacon/blocks/${bytes32(5)}`, { message: { slot: String(SLOT), body: { execution_payload: payload } } });
  nodes.method('eth_getBlockByNumber', () => ({ number: '0x32', hash: bytes32(6), parentHash: bytes32(4), timestamp: '0x4000' }));
  nodes.method('eth_getBlockByHash', () => ({ number: '0x32', hash: bytes32(6), parentHash: bytes32(4), timestamp: '0x4000' }));
  const both = [validatorAnswer(1), validatorAnswer(2, { validator: { activation_epoch: '11' } })];
  nodes.reply(state(SLOT, `validators?id=${pubkeyOf(1)},${pubkeyOf(2)}`), both);
  nodes.reply(state(SLOT, `validators?id=${pubkeyOf(1)}`), [both[0]]);
  return nodes;
}
type Parts = [index: number, head: string, target: string, source: string];
const votes = (nodes: FakeNodes, epoch: number, rows: Parts[], ideal = '14'): void => {
  const shape = ([validator_index, head, target, source]: Parts) => ({
    validator_index: String(validator_index),
    head,
    target,
    source,
    inactivity: '0',
  });
  nodes.reply(`/eth/v1/beacon/rewards/attestations/${epoch}`, {
    ideal_rewards: [{ effective_balance: '32000000000', head: ideal, target: '26', source: '14' }],
    total_rewards: rows.map(shape),
  });
};
const duties = (nodes: FakeNodes, epoch: number, turns: [slot: number, index: number, made: boolean][]): void => {
  nodes.reply(
    `/eth/v1/validator/duties/proposer/${epoch}`,
    turns.map(([slot, index]) => ({ pubkey: pubkeyOf(index), validator_index: String(index), slot: String(slot) })),
  );
  for (const [slot, index, made] of turns)
    if (made) nodes.reply(`/eth/v1/beacon/headers/${slot}`, { header: { message: { slot: String(slot), proposer_index: String(index) } } });
};

describe('the performance of validators', () => {
  it('is what was expected of each against what stands in the chain', async () => {
    const nodes = nodesAt();
    votes(nodes, 10, [[1, '14', '26', '14']]);
    votes(nodes, 11, [[1, '0', '26', '14'], [2, '0', '-26', '-14']]); // prettier-ignore
    votes(nodes, 12, [[1, '0', '26', '-14'], [2, '14', '26', '14']]); // prettier-ignore
    duties(nodes, 10, [[80, 1, true], [81, 7, true]]); // prettier-ignore
    duties(nodes, 11, [[88, 2, false], [90, 1, true]]); // prettier-ignore
    duties(nodes, 12, []);
    const seen = await observePerformance(nodes.network(), [pubkeyOf(1), pubkeyOf(2)], 10n, 12n);
    expect(seen).toMatchObject([
      {
        activeEpochs: 3n,
        expectedAttestations: 3n,
        included: 3n,
        sourceCorrect: 2n,
        targetCorrect: 3n,
        headCorrect: 1n,
        expectedHeads: 3n,
      },
      {
        activeEpochs: 2n,
        expectedAttestations: 2n,
        included: 1n,
        sourceCorrect: 1n,
        targetCorrect: 1n,
        headCorrect: 1n,
        expectedHeads: 2n,
      },
    ]);
    expect(seen).toMatchObject([
      { expectedProposals: 2n, proposals: 2n, stakeEpochs: 96n * 10n ** 18n, delaySlots: null },
      { expectedProposals: 1n, proposals: 0n, stakeEpochs: 64n * 10n ** 18n },
    ]);
  });

  it('says nothing of heads while finality stalls and nobody is paid for one', async () => {
    const nodes = nodesAt();
    votes(nodes, 10, [[1, '0', '0', '0']], '0');
    duties(nodes, 10, []);
    const [seen] = await observePerformance(nodes.network(), [pubkeyOf(1)], 10n, 10n);
    expect(seen).toMatchObject({ expectedAttestations: 1n, included: 1n, sourceCorrect: 1n, targetCorrect: 1n, expectedHeads: 0n });
  });

  it('is not told before all votes are counted and final, nor of states that are gone', async () => {
    const nodes = nodesAt();
    await expect(observePerformance(nodes.network(), [pubkeyOf(1)], 10n, 19n)).rejects.toMatchObject({ code: 'chain.state_missing' });
    await expect(observePerformance(nodes.network(), [pubkeyOf(1)], 10n, 10n)).rejects.toMatchObject({ code: 'chain.state_missing' });
  });

  it('is not believed where one that was to vote is left out, or another made the block', async () => {
    const left = nodesAt();
    votes(left, 10, []);
    await expect(observePerformance(left.network(), [pubkeyOf(1)], 10n, 10n)).rejects.toMatchObject({ code: 'chain.garbage' });
    const nodes = nodesAt();
    votes(nodes, 10, [[1, '14', '26', '14']]);
    duties(nodes, 10, [[80, 1, true]]);
    nodes.reply('/eth/v1/beacon/headers/80', { header: { message: { slot: '80', proposer_index: '9' } } });
    await expect(observePerformance(nodes.network(), [pubkeyOf(1)], 10n, 10n)).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});
