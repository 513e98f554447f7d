import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Hex } from './hex.js';
import { Journal } from './journal.js';
import type { BlockEntry } from './journal.js';

const root = (name: string): Hex => `0x${Buffer.from(name).toString('hex').padEnd(64, '0')}`;
const born = { chainId: 1, secondsPerSlot: 12, validators: 64, validatorEther: 256, builderEther: 10, genesisTime: 5 };
const birth = { ...born, genesisRoot: root('genesis'), genesisHash: root('zero') };
const block = (slot: number, name: string, parent: string): BlockEntry => ({
  note: { slot, root: root(name), parentRoot: root(parent), executionNumber: slot, executionHash: root(`x${name}`), rewards: null },
  bytes: new TextEncoder().encode(`bytes of ${name}`),
});

describe('the journal', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'journal-'));
  });
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  const reopened = () => {
    const { journal, contents } = Journal.open(dir);
    const names = contents?.blocks.map(({ place }) => new TextDecoder().decode(journal.read(place)).replace('bytes of ', ''));
    const states = contents?.states.map(({ slot, place }) => [slot, ...journal.read(place)]);
    journal.close();
    return { names, states, epoch: contents?.final.epoch };
  };

  it('gives back what was committed', () => {
    const { journal, contents } = Journal.open(dir);
    expect(contents).toBeNull();
    journal.born(birth);
    const places = journal.commit(
      [block(1, 'a', 'genesis'), block(3, 'b', 'a')],
      { slot: 1, bytes: Uint8Array.of(1, 2) },
      { epoch: 1, root: root('a') },
    );
    expect(places.blocks.map((place) => new TextDecoder().decode(journal.read(place)))).toEqual(['bytes of a', 'bytes of b']);
    expect(places.state && [...journal.read(places.state)]).toEqual([1, 2]);
    journal.close();
    expect(reopened()).toEqual({ names: ['a', 'b'], states: [[1, 1, 2]], epoch: 1 });
    expect(Journal.open(dir).contents?.birth).toEqual(birth);
  });

  it('lets a fork take the place of blocks that are not its ancestors', () => {
    const { journal } = Journal.open(dir);
    journal.born(birth);
    journal.commit([block(1, 'a', 'genesis'), block(2, 'b', 'a'), block(3, 'c', 'b')], null, { epoch: 1, root: root('a') });
    journal.commit([block(3, 'd', 'a'), block(4, 'e', 'd')], null, { epoch: 2, root: root('d') });
    journal.close();
    expect(reopened()).toEqual({ names: ['a', 'd', 'e'], states: [], epoch: 2 });
  });

  it('has the last commit or the one before, wherever a write is torn or a byte is wrong', () => {
    const { journal } = Journal.open(dir);
    journal.born(birth);
    journal.commit([block(1, 'a', 'genesis')], null, { epoch: 1, root: root('a') });
    const path = join(dir, 'chain.journal');
    const first = readFileSync(path);
    journal.commit([block(2, 'b', 'a')], { slot: 2, bytes: Uint8Array.of(9) }, { epoch: 2, root: root('b') });
    journal.close();
    const second = readFileSync(path);
    for (let length = first.length; length < second.length; length++) {
      writeFileSync(path, second.subarray(0, length));
      expect(reopened()).toEqual({ names: ['a'], states: [], epoch: 1 });
      expect(readFileSync(path)).toHaveLength(first.length);
    }
    for (let at = first.length; at < second.length; at += 7) {
      const wrong = Buffer.from(second);
      wrong.writeUInt8(wrong.readUInt8(at) ^ 0x10, at);
      writeFileSync(path, wrong);
      expect(reopened().names).toEqual(['a']);
    }
    writeFileSync(path, second);
    expect(reopened()).toEqual({ names: ['a', 'b'], states: [[2, 9]], epoch: 2 });
  });

  it('knows no chain where a birth was not finished', () => {
    const { journal } = Journal.open(dir);
    journal.born(birth);
    journal.close();
    const path = join(dir, 'chain.journal');
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    expect(Journal.open(dir).contents).toBeNull();
    expect(readFileSync(path)).toHaveLength(0);
  });
});
