import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, type ValidationError, validateSync } from 'class-validator';
import { refuse, Refused } from '#kernel';
import type { FieldProblem } from './problems.js';

const PRIMITIVES = new Set<unknown>([String, Number, Boolean, Array, Object, undefined]);

/** Turns body and query into their DTO class; every field must be declared there. Refusals: body.malformed, validation.failed. */
@Injectable()
export class DtoPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    if (metadata.type === 'custom' || PRIMITIVES.has(metadata.metatype)) return value;
    return dtoOf(metadata.metatype as Type<object>, value);
  }
}

/**
 * An object as its DTO class; throws Refused with one entry a field, each under `parent` (a JSON pointer). A field that may be absent may not be
 * null: what reads a DTO knows two cases, not three.
 */
export function dtoOf<T extends object>(type: Type<T>, value: unknown, parent = ''): T {
  const plain = value ?? {};
  if (typeof plain !== 'object' || Array.isArray(plain))
    throw new Refused(refuse('body.malformed', 'The body must be a JSON object.').refusal);
  const dto = plainToInstance(type, plain, { exposeUnsetFields: false });
  const errors = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  const told = errors.flatMap((error) => fieldProblems(error, parent));
  const problems = [...told, ...nulls(dto, parent).filter(({ pointer }) => !told.some((one) => one.pointer === pointer))];
  if (problems.length > 0) throw validationFailed(problems);
  return dto;
}

/** `@IsOptional()` takes null for absent and looks no further; so each optional field of a DTO, and of those within it, is looked at here. */
function nulls(dto: unknown, parent: string): FieldProblem[] {
  if (Array.isArray(dto)) return dto.flatMap((one, i) => nulls(one, `${parent}/${i}`));
  if (typeof dto !== 'object' || dto === null) return [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(dto.constructor, '', true, false);
  const optional = new Set(rules.flatMap((rule) => (rule.type === 'conditionalValidation' ? [rule.propertyName] : [])));
  const known = new Set(rules.map((rule) => rule.propertyName));
  return Object.entries(dto).flatMap(([name, value]) => {
    const pointer = `${parent}/${escapePointer(name)}`;
    if (value === null) return optional.has(name) ? [{ pointer, code: 'is_null', detail: 'Leave the field out: null is no value.' }] : [];
    return known.has(name) ? nulls(value, pointer) : [];
  });
}

/** 400 with one entry a field: for rules that a DTO's decorators cannot say. */
export function validationFailed(errors: readonly FieldProblem[]): Refused {
  const detail = errors.map((e) => `${e.pointer || '/'}: ${e.detail}`).join('; ');
  return new Refused(refuse('validation.failed', detail.slice(0, 500), { errors }).refusal);
}

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 100);
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function fieldProblems(error: ValidationError, parent: string): FieldProblem[] {
  const pointer = `${parent}/${escapePointer(error.property)}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, detail]) =>
    rule === 'whitelistValidation' || rule === 'unknownValue'
      ? { pointer, code: 'unknown_field', detail: 'There is no such field here.' }
      : { pointer, code: snake(rule).replace(/^is_(defined|not_empty)$/, 'required'), detail: detail.slice(0, 200) },
  );
  return [...own, ...(error.children ?? []).flatMap((child) => fieldProblems(child, pointer))];
}
