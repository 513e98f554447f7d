import { join } from 'node:path';
import fc from 'fast-check';
import { loadedList, readLists } from './list-files.js';
import { normalisedAddress, normalisedName } from './normalise.js';
import { birthEvidence, parseList } from './screening.js';

describe('normalised names', () => {
  it.each([
    ['Zolvan Quarrick', 'QUARRICK, Zolvan'],
    ['Águstin Pelérgo Ñandróval', 'agustin pelergo nandroval'],
    ['Thaddock Venn-Sorrowby', 'thaddock venn sorrowby'],
    ["D'Arvel O’Minn", 'dARVEL ominn'],
    ['Łukasz Straße', 'lukasz strasse'],
    ['Zol\u200bvan  Quarrick', 'Zolvan\tQuarrick'],
    ['Ｚｏｌｖａｎ Quarrick', 'Zolvan Quarrick'],
    ['Злован Кваррик-Мнимый', 'КВАРРИК Мнимый злован'],
    ['鏡淵虚一', '鏡淵虚一'],
  ])('%s is %s', (a, b) => expect(normalisedName(a)).toBe(normalisedName(b)));

  it.each([
    ['Zolvan Quarrick', 'Zolvan Quarick'],
    ['Zolvan Quarrick', 'Zolvan K Quarrick'],
    ['鏡淵虚一', '鏡淵虚二'],
    ['Злован', 'Zlovan'],
  ])('%s is not %s: exact, and nothing more', (a, b) => expect(normalisedName(a)).not.toBe(normalisedName(b)));

  it('is its own normalised form, and blind to the order of words', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 4 }), (words) => {
        const once = normalisedName(words.join(' '));
        expect(normalisedName(once)).toBe(once);
        expect(normalisedName([...words].reverse().join(' '))).toBe(once);
      }),
    );
  });
});

describe('addresses and birthdays', () => {
  it('ignores the checksum of hexadecimal addresses only', () => {
    expect(normalisedAddress(' 0xBAD0000000000000000000000000000000000bad ')).toBe('0xbad0000000000000000000000000000000000bad');
    expect(normalisedAddress('bc1qXyZ')).toBe('bc1qXyZ');
  });
  it('weighs a date of birth without clearing by it', () => {
    expect(birthEvidence(null, '1961-04-17')).toBe('unknown');
    expect(birthEvidence('1961-04-17', '1961-04-17')).toBe('equal');
    expect(birthEvidence('1961-04-17', '1961-04-18')).toBe('different');
  });
});

describe('lists', () => {
  const entry = { id: 'X-1', kind: 'person', names: ['Nobody Atall'], programme: 'P' };
  const list = (entries: unknown): unknown => ({ source: 's', notice: 'invented', entries });

  it('ships lists that say of themselves that they are invented', async () => {
    const lists = await readLists(join(import.meta.dirname, 'lists'));
    expect(lists.length).toBeGreaterThanOrEqual(2);
    for (const { list: shipped } of lists) expect(shipped.notice).toMatch(/^INVENTED\./);
  });

  it.each([
    ['nothing', null],
    ['no entries', list([])],
    ['no notice', { source: 's', entries: [entry] }],
    ['an entry without name or address', list([{ ...entry, names: [] }])],
    ['a name without letters', list([{ ...entry, names: ['--'] }])],
    ['a name that is no text', list([{ ...entry, names: [7] }])],
    ['an unknown kind', list([{ ...entry, kind: 'ship' }])],
    ['a date that is none', list([{ ...entry, date_of_birth: '1961' }])],
    ['one id twice', list([entry, entry])],
    ['one bad entry among good ones', list([entry, { ...entry, id: '' }])],
  ])('refuses a list whole: %s', (_name, raw) => {
    expect(parseList(raw)).toMatchObject({ ok: false, refusal: { code: 'screening.list_malformed' } });
  });

  it('refuses what is no JSON', () => expect(() => loadedList('{"source":')).toThrow('screening.list_malformed'));
});
