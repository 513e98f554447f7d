import { decideSeal, type Position } from './seal.js';

const at = (seq: bigint, previous: string, hash: string): Position => ({ seq, previous: previous.repeat(64), hash: hash.repeat(64) });
const first = at(1n, '0', 'a');
const second = at(2n, 'a', 'b');

const cases: [string, Position, Position | null, Position | null, string][] = [
  ['the first block', first, null, null, 'sign'],
  ['the next block', second, null, first, 'sign'],
  ['the same block again', first, first, second, 'again'],
  ['a first block that continues something', at(1n, 'a', 'b'), null, null, 'seal.not_continued'],
  ['a block after a gap', at(3n, 'a', 'c'), null, first, 'seal.gap'],
  ['a block before the first', at(0n, '0', 'c'), null, null, 'seal.gap'],
  ['a block that continues another past', at(2n, 'd', 'b'), null, first, 'seal.not_continued'],
  ['another block at a signed place', at(2n, 'a', 'c'), second, second, 'seal.rewritten'],
  ['a signed block with another link', at(2n, 'd', 'b'), second, second, 'seal.rewritten'],
  ['a place below the highest that was never signed', at(1n, '0', 'c'), null, second, 'seal.gap'],
];
it.each(cases)('%s', (_name, asked, known, last, verdict) => {
  const decided = decideSeal(asked, known, last);
  expect(decided.ok ? decided.value : decided.refusal.code).toBe(verdict);
});
