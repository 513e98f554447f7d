import fc from 'fast-check';
import { FieldCipher } from './field-cipher.js';
import { ageOn, calendarDate, checkPersonalData, cleanText, type PersonalData } from './personal-data.js';

const today = new Date('2026-03-01T00:00:00.000Z');
const data: PersonalData = {
  fullName: 'Orla Venn',
  dateOfBirth: '1990-05-17',
  nationality: 'HK',
  residence: 'HK',
  occupation: null,
  sourceOfFunds: 'salary',
};
const codeOf = (change: Partial<PersonalData>): string => {
  const result = checkPersonalData({ ...data, ...change }, today);
  return result.ok ? 'ok' : result.refusal.code;
};

describe('dates', () => {
  it.each([
    '2023-02-29',
    '1900-02-29',
    '1990-13-01',
    '1990-00-10',
    '1990-04-31',
    '1990-4-01',
    '0000-01-01',
    '1990-01-01T00:00',
    ' 1990-01-01',
    '１９９０-01-01',
  ])('refuses %s', (text) => expect(calendarDate(text)).toBeNull());
  it.each(['2000-02-29', '2024-02-29', '1990-12-31'])('takes %s', (text) => expect(calendarDate(text)).not.toBeNull());
  it('counts whole years; who was born on 29 February is a year older on 1 March', () => {
    expect(ageOn([2008, 3, 1], today)).toBe(18);
    expect(ageOn([2008, 3, 2], today)).toBe(17);
    expect(ageOn([2008, 2, 29], new Date('2026-02-28T23:59:59.999Z'))).toBe(17);
    expect(ageOn([2008, 2, 29], today)).toBe(18);
  });
});

describe('personal data', () => {
  it('takes names of any script', () => {
    for (const fullName of ['陳大文', 'Ólafur Þór', 'علی رضا', 'श्री', 'X Æ']) expect(codeOf({ fullName })).toBe('ok');
  });
  it('refuses minors, impossible dates and names that name nobody', () => {
    expect(codeOf({ dateOfBirth: '2008-03-01' })).toBe('ok');
    expect(codeOf({ dateOfBirth: '2008-03-02' })).toBe('application.under_age');
    expect(codeOf({ dateOfBirth: '2027-01-01' })).toBe('application.date_of_birth_invalid');
    expect(codeOf({ dateOfBirth: '1850-01-01' })).toBe('application.date_of_birth_invalid');
    expect(codeOf({ dateOfBirth: '1990-02-30' })).toBe('application.date_of_birth_invalid');
    for (const fullName of ['--', '123', 'ʼ', '́']) expect(codeOf({ fullName })).toBe('application.name_invalid');
  });
  it('cleans text of what does not show', () => {
    expect(cleanText('  Orla\u0007 \u202eVenn\n\tX\u200b ')).toBe('Orla Venn X');
    expect(cleanText('می\u200cخواهم')).toBe('می\u200cخواهم');
    expect(cleanText('\u0000\u001b')).toBe('');
  });
});

describe('field cipher', () => {
  const cipher = new FieldCipher('11'.repeat(32));
  const place = 'personal_data/x/full_name';

  it('gives back what was sealed, and never the same bytes twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const sealed = cipher.seal(place, text);
        expect(cipher.open(place, sealed)).toBe(Buffer.from(text).toString());
        expect(cipher.seal(place, text).equals(sealed)).toBe(false);
      }),
    );
  });
  it('shows nothing of the text', () => expect(cipher.seal(place, 'Orla Venn').includes('Orla')).toBe(false));
  it('opens at its own place only', () => {
    expect(() => cipher.open('personal_data/y/full_name', cipher.seal(place, 'Orla'))).toThrow('does not open');
  });
  it('finds any changed byte', () => {
    const sealed = cipher.seal(place, 'Orla Venn');
    for (let i = 0; i < sealed.length; i++) {
      const altered = Buffer.from(sealed);
      altered.writeUInt8(altered.readUInt8(i) ^ 1, i);
      expect(() => cipher.open(place, altered)).toThrow(/pii|personal_data/);
    }
    expect(() => cipher.open(place, sealed.subarray(0, 20))).toThrow('no sealed value');
  });
  it('says when another key sealed it', () => {
    expect(() => new FieldCipher('22'.repeat(32)).open(place, cipher.seal(place, 'Orla'))).toThrow('sealed by key');
  });
  it('refuses a key that is none', () => {
    for (const key of ['', '11', 'zz'.repeat(32), '11'.repeat(33)]) expect(() => new FieldCipher(key)).toThrow('pii.key_malformed');
  });
  it('fingerprints differ by key, so that nobody guesses names from them', () => {
    expect(cipher.fingerprint('a')).toBe(cipher.fingerprint('a'));
    expect(cipher.fingerprint('a')).not.toBe(new FieldCipher('22'.repeat(32)).fingerprint('a'));
  });
});
