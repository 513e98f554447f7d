import { type ArgumentMetadata, Injectable, type PipeTransform, type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { type ValidationError, validateSync } from 'class-validator';
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

/** An object as its DTO class; throws Refused with one entry a field, each under `parent` (a JSON pointer). */
export function dtoOf<T extends object>(type: Type<T>, value: unknown, parent = ''): T {
  const plain = value ?? {};
  if (typeof plain !== 'object' || Array.isArray(plain))
    throw new Refused(refuse('body.malformed', 'The body must be a JSON object.').refusal);
  const dto = plainToInstance(type, plain, { exposeUnsetFields: false });
  const errors = validateSync(dto, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
  if (errors.length > 0) throw validationFailed(errors.flatMap((error) => fieldProblems(error, parent)));
  return dto;
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
