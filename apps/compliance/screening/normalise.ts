/**
 * Names and addresses in the one form in which they are compared. Comparison is exact: two names are the same when their normalised
 * forms are equal. Spelling variants and other scripts are not bridged here.
 */

/** Letters that Unicode does not decompose into a base letter and a mark. */
const LETTERS: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ħ: 'h', ı: 'i' };

/** "DOE, Jöhn" and "john doe" are one: case, marks, punctuation, spacing and the order of the words do not count. Any script is kept. */
export const normalisedName = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f\p{Cf}]/gu, '') // marks that NFKD split off, and invisible characters that would hide a name
    .replace(/[ßæœøđðþłħı]/g, (letter) => LETTERS[letter] ?? letter)
    .replace(/['’`´ʼ.]/g, '')
    .replace(/[^\p{L}\p{N}\p{Mc}]+/gu, ' ')
    .trim()
    .split(' ')
    .sort()
    .join(' ')
    .normalize('NFC');

/** Hexadecimal addresses are compared without regard to their checksum's case; others as they are written. */
export const normalisedAddress = (address: string): string => {
  const trimmed = address.trim();
  return /^0x[0-9a-f]*$/i.test(trimmed) ? trimmed.toLowerCase() : trimmed;
};
