import { describeMachine } from '#testing';
import { chainMachine, continues } from './chain-state.js';

describeMachine(chainMachine);

describe('continuity', () => {
  const last = { number: 7n, hash: '0xaa' };
  it('goes on with the child of the last block alone', () => {
    expect(continues(last, { number: 8n, hash: '0xbb', parentHash: '0xaa' })).toBeNull();
    expect(continues(last, { number: 9n, hash: '0xbb', parentHash: '0xaa' })).toMatchObject({ code: 'chain.gap' });
    expect(continues(last, { number: 8n, hash: '0xbb', parentHash: '0xab' })).toMatchObject({
      code: 'chain.contradiction',
      facts: { number: '8' },
    });
  });
});
