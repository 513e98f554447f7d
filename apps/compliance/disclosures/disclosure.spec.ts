import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDisclosure, requiredSections } from './disclosure.js';

const shipped = readFileSync(join(import.meta.dirname, 'documents', 'eth-payout.md'), 'utf8');
const document = (sections: readonly (readonly [string, string])[], title = '# Title\n\n'): string =>
  title + sections.map(([name, text]) => `## ${name}\n${text}\n\n`).join('');
const all = requiredSections.map((name) => [name, 'Text.'] as const);
const codeOf = (text: string): string => {
  const result = parseDisclosure(text);
  return result.ok ? 'ok' : result.refusal.code;
};

describe('disclosure', () => {
  it('ships a complete one', () => expect(codeOf(shipped)).toBe('ok'));
  it('reads line ends of any kind', () => expect(codeOf(shipped.replaceAll('\n', '\r\n'))).toBe('ok'));
  it.each(requiredSections)('is not published without "%s", nor with it empty', (name) => {
    expect(codeOf(document(all.filter(([other]) => other !== name)))).toBe('disclosure.section_missing');
    expect(codeOf(document(all.map(([other, text]) => [other, other === name ? ' \n' : text])))).toBe('disclosure.section_empty');
  });
  it('may say more than it has to, but nothing twice and not without a title', () => {
    expect(codeOf(document([...all, ['Tax', 'Ask.']]))).toBe('ok');
    expect(codeOf(document([...all, ['Tax', ' ']]))).toBe('disclosure.section_empty');
    expect(codeOf(document([...all, ['Fees', 'Other.']]))).toBe('disclosure.malformed');
    expect(codeOf(document(all, ''))).toBe('disclosure.malformed');
    expect(codeOf('')).toBe('disclosure.malformed');
  });
});
