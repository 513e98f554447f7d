import fc from 'fast-check';
import { isUuid, newUuid, publicId, uuid5, uuidOf } from './ids.js';

describe('ids', () => {
  it('derives the same id from the same parts and different ids from different parts', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { minLength: 1 }), fc.array(fc.string(), { minLength: 1 }), (a, b) => {
        expect(isUuid(uuid5(...a))).toBe(true);
        expect(uuid5(...a) === uuid5(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it('keeps parts apart: ("a", "b/c") is not ("a/b", "c")', () => expect(uuid5('a', 'b/c')).not.toBe(uuid5('a/b', 'c')));

  it('reads back only ids of the right noun', () => {
    const uuid = newUuid();
    expect(uuidOf('client', publicId('client', uuid))).toBe(uuid);
    expect(uuidOf('deposit', publicId('client', uuid))).toBeNull();
    expect(uuidOf('client', 'cli_nonsense')).toBeNull();
    expect(uuidOf('client', `cli_${uuid}'; --`)).toBeNull();
  });
});
