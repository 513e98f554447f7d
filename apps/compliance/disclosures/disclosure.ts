/** A product's disclosure: text with one heading a section, and every section that the rules ask for filled. */
import { ok, refuse, type Result } from '#kernel';

/** What a staking disclosure has to tell (SFC circular of 7 April 2025 and the terms attached to it), by heading. */
export const requiredSections = [
  'Assets',
  'Returns',
  'Fees',
  'Minimum lock-up',
  'Unstaking process and time',
  'Outages and business resumption',
  'Custody',
  'Validators and third parties',
  'Compensation for slashing',
  'Risk: slashing',
  'Risk: inactivity',
  'Risk: software errors',
  'Risk: hacking',
  'Risk: legal uncertainty',
] as const;

export interface Section {
  readonly title: string;
  readonly text: string;
}

export interface Disclosure {
  readonly title: string;
  readonly sections: readonly Section[];
}

/** Reads `# title` and `## section` headings. Refusals: `disclosure.malformed`, `disclosure.section_missing`, `disclosure.section_empty`. */
export function parseDisclosure(text: string): Result<Disclosure> {
  const [head = '', ...parts] = text.replaceAll('\r\n', '\n').split(/^## /m);
  const title = /^# (.+)$/m.exec(head)?.[1]?.trim();
  if (!title) return refuse('disclosure.malformed', 'A disclosure begins with a title.');
  const sections = parts.map((part) => {
    const end = part.indexOf('\n');
    return end < 0 ? { title: part.trim(), text: '' } : { title: part.slice(0, end).trim(), text: part.slice(end).trim() };
  });
  const titles = new Set(sections.map((section) => section.title));
  if (titles.size !== sections.length) return refuse('disclosure.malformed', 'A section is there twice.');
  const missing = requiredSections.filter((required) => !titles.has(required));
  if (missing.length > 0) return refuse('disclosure.section_missing', `Missing: ${missing.join(', ')}.`, { sections: missing });
  const empty = sections.filter((section) => section.text === '').map((section) => section.title);
  if (empty.length > 0) return refuse('disclosure.section_empty', `Empty: ${empty.join(', ')}.`, { sections: empty });
  return ok({ title, sections });
}

export const PRODUCT_ID = /^[a-z0-9-]{1,64}$/;
