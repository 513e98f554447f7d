import type { ExecutionNode } from './execution-node.js';
import type { FinalityWatch } from './finality-watch.js';

/** The execution node, with every block it shows held against what is known to be final. */
export function watchExecution(node: ExecutionNode, watch: FinalityWatch): ExecutionNode {
  return {
    async call(method, params) {
      const answer = await node.call(method, params);
      if (method === 'eth_getBlockByNumber' && answer.present && answer.field('parentHash').present) {
        watch.observeBlock(answer.field('number').quantity(), answer.field('hash').hex(32), answer.field('parentHash').hex(32));
      }
      return answer;
    },
  };
}
