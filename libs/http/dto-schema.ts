import 'reflect-metadata';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';

type Class = new (...args: never[]) => object;
type Rule = {
  readonly name?: string | undefined;
  readonly type: string;
  readonly constraints?: unknown[] | undefined;
  readonly each: boolean;
};
type Schema = Record<string, unknown>;

const DESCRIBED = 'swagger/apiModelProperties';
const plain = new Set<unknown>([String, Number, Boolean, Array, Object, Date, BigInt, undefined]);

const described: Readonly<Record<string, (constraints: unknown[]) => Schema>> = {
  matches: ([pattern]) => ({ pattern: (pattern as RegExp).source }),
  isIn: ([values]) => ({ enum: values }),
  isEnum: ([values]) => ({ enum: Object.values(values as object) }),
  isLength: ([min, max]) => ({ minLength: min, ...(max === undefined ? {} : { maxLength: max }) }),
  minLength: ([min]) => ({ minLength: min }),
  maxLength: ([max]) => ({ maxLength: max }),
  min: ([min]) => ({ minimum: min }),
  max: ([max]) => ({ maximum: max }),
  isUuid: () => ({ format: 'uuid' }),
  isDateString: () => ({ format: 'date-time' }),
  isIso8601: () => ({ format: 'date-time' }),
  isInstant: () => ({ format: 'date-time' }),
  isCalendarDay: () => ({ format: 'date' }),
  isInt: () => ({ type: 'integer' }),
  arrayMinSize: ([min]) => ({ minItems: min }),
  arrayMaxSize: ([max]) => ({ maxItems: max }),
};

/** Gives each field of a DTO that has rules but no @ApiProperty the schema its rules say, so that the document cannot disagree with them. */
export function describeDto(dto: Class, done = new Set<Class>()): void {
  if (done.has(dto)) return;
  done.add(dto);
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', true, false) as unknown as (Rule & { propertyName: string })[];
  for (const field of new Set(rules.map((rule) => rule.propertyName))) {
    const type = Reflect.getMetadata('design:type', dto.prototype as object, field) as unknown;
    if (typeof type === 'function' && !plain.has(type)) describeDto(type as Class, done);
    if (Reflect.hasMetadata(DESCRIBED, dto.prototype as object, field)) continue;
    ApiProperty(
      schemaOf(
        type,
        rules.filter((rule) => rule.propertyName === field),
      ),
    )(dto.prototype as object, field);
  }
}

function schemaOf(type: unknown, rules: readonly Rule[]): ApiPropertyOptions {
  const schema: Schema = {};
  const items: Schema = {};
  for (const rule of rules) Object.assign(rule.each ? items : schema, described[rule.name ?? '']?.(rule.constraints ?? []) ?? {});
  const required = !rules.some((rule) => rule.type === 'conditionalValidation');
  const base: Schema = type === Array ? { type: 'array', items: { type: 'string', ...items } } : plain.has(type) ? {} : { type };
  return { required, ...base, ...schema };
}

/** The classes a handler takes as body and query. */
export const dtosOf = (controller: Class, handlerName: string): Class[] =>
  ((Reflect.getMetadata('design:paramtypes', controller.prototype as object, handlerName) as unknown[] | undefined) ?? []).filter(
    (type): type is Class => typeof type === 'function' && !plain.has(type) && hasRules(type as Class),
  );

const hasRules = (type: Class): boolean => getMetadataStorage().getTargetValidationMetadatas(type, '', true, false).length > 0;
