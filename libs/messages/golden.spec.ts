import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync } from 'class-validator';
import { environment } from '#runtime';
import { messageType, messageTypes } from './index.js';

/** What of a field is frozen: its rules, whether it may be left out, and the fields of what lies within. */
interface Field {
  readonly optional?: true;
  readonly rules: readonly string[];
  readonly fields?: Fields;
}
type Fields = Readonly<Record<string, Field>>;
interface Frozen {
  readonly kind: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly fields: Fields;
  /** With every field; what was once a message is one for as long as the type exists. */
  readonly example: object;
}
type Golden = Readonly<Record<string, Frozen>>;

const FILE = join(import.meta.dirname, 'golden.json');

function fieldsOf(type: new () => object): Fields {
  const fields = new Map<string, { optional: boolean; rules: string[] }>();
  for (const rule of getMetadataStorage().getTargetValidationMetadatas(type, '', false, false)) {
    const field = fields.get(rule.propertyName) ?? { optional: false, rules: [] };
    fields.set(rule.propertyName, field);
    if (rule.type === 'conditionalValidation') field.optional = true;
    else field.rules.push(`${rule.name ?? rule.type}${rule.each ? ' each' : ''}${written(rule.constraints)}`);
  }
  return Object.fromEntries([...fields].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, frozen(type, name, field)]));
}

function frozen(type: new () => object, name: string, { optional, rules }: { optional: boolean; rules: string[] }): Field {
  const probe = (plainToInstance(type, { [name]: {} }) as Record<string, object>)[name];
  const inner = probe?.constructor as (new () => object) | undefined;
  const nested = inner !== undefined && inner !== Object ? { fields: fieldsOf(inner) } : {};
  return { ...(optional ? { optional: true as const } : {}), rules: rules.sort(), ...nested };
}

const written = (constraints: readonly unknown[] | undefined): string =>
  constraints === undefined || constraints.length === 0
    ? ''
    : ` ${constraints.map((c) => (c instanceof RegExp ? c.source : typeof c === 'function' ? '' : (JSON.stringify(c) ?? ''))).join(' ')}`.trimEnd();

const exampleOf = (fields: Fields): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sample(field)]));

/** Something that keeps the rules of a field. */
function sample({ rules, fields }: Field): unknown {
  const rule = (name: string): string | undefined =>
    rules
      .find((r) => r.split(' ')[0] === name)
      ?.slice(name.length)
      .trim();
  const within = (): unknown => (fields ? exampleOf(fields) : scalar((name) => rule(name)?.replace(/^each ?/, '')));
  return rules.some((r) => /^(isArray|array)| each/.test(r)) ? [within()] : within();
}

function scalar(rule: (name: string) => string | undefined): unknown {
  if (rule('isUuid') !== undefined) return '0b5a2a44-6c67-4bb0-a6d1-9d9a3c1a2f10';
  if (rule('isBoolean') !== undefined) return true;
  if (rule('isInt') !== undefined) return Number(rule('min') ?? 1);
  const choice = rule('isIn');
  if (choice !== undefined) return (JSON.parse(choice) as unknown[])[0];
  const pattern = rule('matches');
  if (pattern === undefined) return rule('isIso8601') === undefined ? 'text' : '2026-01-05T09:00:00.000Z';
  const bytes = Number(/\{(\d+)\}\$$/.exec(pattern)?.[1] ?? 2) / 2;
  return ['1', `0x${'ab'.repeat(bytes)}`, '2026-01-05'].find((text) => new RegExp(pattern).test(text)) ?? 'text';
}

const now = (): Golden =>
  Object.fromEntries(
    [...messageTypes()]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ name, kind, from, to, payload }) => [
        name,
        { kind, from, to, fields: fieldsOf(payload), example: exampleOf(fieldsOf(payload)) },
      ]),
  );

/**
 * What a change of a message would break: rows of the old shape lie in the database while rooms are replaced one by one. A new optional field
 * breaks nobody who is replaced first; a rule that lets more through, neither, but nobody can tell that from its text: that is @2 too.
 */
function breaks(message: string, was: Fields, is: Fields, at = ''): string[] {
  const changes: string[] = [];
  for (const [name, field] of Object.entries(was)) {
    const next = is[name];
    const path = `${message} ${at}${name}`;
    if (next === undefined) changes.push(`${path} is gone`);
    else if (field.optional !== next.optional) changes.push(`${path} ${next.optional ? 'became optional' : 'became required'}`);
    else if (JSON.stringify(field.rules) !== JSON.stringify(next.rules))
      changes.push(`${path} has other rules: ${field.rules.join(', ')} became ${next.rules.join(', ')}`);
    else changes.push(...breaks(message, field.fields ?? {}, next.fields ?? {}, `${at}${name}.`));
  }
  for (const [name, field] of Object.entries(is))
    if (was[name] === undefined && !field.optional) changes.push(`${message} ${at}${name} is new and not optional`);
  return changes;
}

function brokenSince(was: Golden, is: Golden): string[] {
  return Object.entries(was).flatMap(([name, before]) => {
    const after = is[name];
    if (after === undefined) return [`${name} is gone`];
    const moved = (['kind', 'from'] as const).filter((what) => before[what] !== after[what]).map((what) => `${name} has another ${what}`);
    const deaf = before.to.filter((room) => !after.to.includes(room)).map((room) => `${name} is not sent to ${room} any more`);
    return [...moved, ...deaf, ...breaks(name, before.fields, after.fields)];
  });
}

const advice = (changes: readonly string[]): string =>
  changes.length === 0
    ? ''
    : `${changes.join('\n')}\n\nA message that was sent stays what it is: declare the changed one beside it as @2, let its subscribers handle both, and take the ` +
      `old one out when no room sends it any more. Only optional fields and new subscribers may be added.`;

const golden = (): Golden => JSON.parse(readFileSync(FILE, 'utf8')) as Golden;

describe('the messages', () => {
  it('are what they were: a change is a new version', () => {
    expect(advice(brokenSince(golden(), now()))).toBe('');
  });

  it('are all frozen, with what was added to them: BAILEE_FREEZE=1 writes libs/messages/golden.json', () => {
    if (environment()['BAILEE_FREEZE'] === '1' && brokenSince(golden(), now()).length === 0)
      writeFileSync(FILE, `${JSON.stringify(now(), null, 2)}\n`);
    expect(now()).toEqual(golden());
  });

  it('that were sent once can still be read', () => {
    for (const [name, { example }] of Object.entries(golden())) {
      const type = messageType(name);
      const errors = type ? validateSync(plainToInstance(type.payload, example), { whitelist: true, forbidNonWhitelisted: true }) : [];
      expect([name, errors.map(String)]).toEqual([name, []]);
    }
  });

  it('bear names of the house: a noun, a verb and a version, and fields with rules', () => {
    for (const { name, payload } of messageTypes()) {
      expect(name).toMatch(/^[a-z_]+\.[a-z_]+@[1-9]$/);
      const fields = Object.values(fieldsOf(payload));
      expect([name, fields.length > 0, fields.every((field) => field.rules.length > 0)]).toEqual([name, true, true]);
    }
  });
});

describe('the freeze', () => {
  const field = (rules: string[], more: Partial<Field> = {}): Field => ({ rules, ...more });
  const one = (fields: Fields, more: Partial<Frozen> = {}): Golden => ({
    'thing.done@1': { kind: 'event', from: 'staking', to: ['rewards'], fields, example: {}, ...more },
  });
  const was = one({ id: field(['isUuid']), inner: field(['isObject'], { fields: { a: field(['isInt']) } }) });

  it.each<[string, Golden, string[]]>([
    ['nothing', was, []],
    ['a new optional field', one({ ...was['thing.done@1']?.fields, more: field(['isString'], { optional: true }) }), []],
    ['a new subscriber', one(was['thing.done@1']?.fields ?? {}, { to: ['rewards', 'reception'] }), []],
    [
      'a new required field',
      one({ ...was['thing.done@1']?.fields, more: field(['isString']) }),
      ['thing.done@1 more is new and not optional'],
    ],
    ['a field less', one({ id: field(['isUuid']) }), ['thing.done@1 inner is gone']],
    [
      'a rule',
      one({ ...was['thing.done@1']?.fields, inner: field(['isObject'], { fields: { a: field(['isString']) } }) }),
      ['thing.done@1 inner.a has other rules: isInt became isString'],
    ],
    ['a lost subscriber', one(was['thing.done@1']?.fields ?? {}, { to: [] }), ['thing.done@1 is not sent to rewards any more']],
    ['another sender', one(was['thing.done@1']?.fields ?? {}, { from: 'custody' }), ['thing.done@1 has another from']],
    ['a message less', {}, ['thing.done@1 is gone']],
  ])('says what broke: %s', (_what, is, changes) => {
    expect(brokenSince(was, is)).toEqual(changes);
  });

  it('tells what to do', () => {
    expect(advice(['x is gone'])).toContain('@2');
  });
});
