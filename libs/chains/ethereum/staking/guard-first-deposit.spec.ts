import { encodeAbiParameters, type Hex } from 'viem';
import { RpcRefusal } from '../node/execution-node.js';
import { atHead, bytes32, hexOf, pubkeyOf, validatorAnswer, type FakeNodes } from '../node/fake-nodes.spec-support.js';
import { rememberDeposits } from './deposit-history.js';
import { guardFirstDeposit } from './guard-first-deposit.js';

describe('the guard against deposit front-running', () => {
  const event = (of: number): { data: Hex } => {
    const type = { type: 'bytes' } as const;
    return { data: encodeAbiParameters([type, type, type, type, type], [pubkeyOf(of) as Hex, '0x01', '0x02', '0x03', '0x04']) };
  };
  function guarded(options: Parameters<typeof atHead>[0] = {}, logs: (from: number, to: number) => unknown = () => []): FakeNodes {
    const nodes = atHead(options);
    nodes.reply('/eth/v1/beacon/states/head/finality_checkpoints', { finalized: { epoch: '10', root: bytes32(5) } });
    nodes.reply(`/eth/v2/beacon/blocks/${bytes32(5)}`, {
      message: { slot: '80', body: { execution_payload: { block_hash: bytes32(80), block_number: '80' } } },
    });
    nodes.method('eth_getBlockByNumber', (at: string) => {
      const number = at === 'latest' ? 95 : at === 'finalized' ? 80 : Number(at);
      return { number: hexOf(number), hash: bytes32(number), timestamp: '0x0' };
    });
    nodes.method('eth_getLogs', (filter: { fromBlock: string; toBlock: string }) => logs(Number(filter.fromBlock), Number(filter.toBlock)));
    return nodes;
  }
  const guard = (nodes: FakeNodes, history = rememberDeposits()) => guardFirstDeposit(nodes.network(), history, pubkeyOf(1));

  it('lets a fresh key pass', async () => {
    expect(await guard(guarded())).toBeNull();
  });

  it('refuses a key that is a validator, that waits, or that was ever deposited for', async () => {
    expect(await guard(guarded({ validators: [validatorAnswer(1)] }))).toMatchObject({ code: 'deposit.key_known' });
    expect(await guard(guarded({ queue: [{ pubkey: pubkeyOf(1), amount: '1' }] }))).toMatchObject({ code: 'deposit.key_queued' });
    expect(await guard(guarded({}, (from, to) => (from <= 50 && to >= 50 ? [event(1)] : [])))).toMatchObject({
      code: 'deposit.key_in_history',
    });
    expect(await guard(guarded({}, (from) => (from > 80 ? [event(1)] : [])))).toMatchObject({ code: 'deposit.key_in_history' });
  });

  it('reads finalised history once, and what is newer each time', async () => {
    const history = rememberDeposits();
    const asked: [number, number][] = [];
    const nodes = guarded({}, (from, to) => {
      asked.push([from, to]);
      return [event(7)];
    });
    await guard(nodes, history);
    await guard(nodes, history);
    expect(asked).toEqual([
      [0, 80],
      [81, 95],
      [81, 95],
    ]);
  });

  it('asks for less when the node finds the answer too long', async () => {
    const nodes = guarded({}, (from, to) => {
      if (to - from > 20) throw new RpcRefusal('eth_getLogs', -32_005, 'query returned more than 10000 results');
      return from <= 33 && to >= 33 ? [event(1)] : [];
    });
    expect(await guard(nodes)).toMatchObject({ code: 'deposit.key_in_history' });
  });

  it('does not pass on logs that are no deposits', async () => {
    await expect(guard(guarded({}, () => [{ data: '0x1234' }]))).rejects.toMatchObject({ code: 'chain.garbage' });
  });
});
