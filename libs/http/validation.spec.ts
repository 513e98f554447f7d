import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { Refused } from '#kernel';
import { dtoOf } from './validation.js';

class Inner {
  @IsOptional()
  @IsString()
  note?: string;
}
class Outer {
  @IsString()
  name!: string;

  @IsOptional()
  @IsString()
  note?: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => Inner)
  inner?: Inner[];

  /** Free: whatever JSON is in it. */
  @IsOptional()
  @IsObject()
  facts?: object;
}
const pointers = (body: object): [string, string][] => {
  try {
    dtoOf(Outer, body);
    return [];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { errors } = error.refusal.facts as unknown as { errors: { pointer: string; code: string }[] };
    return errors.map(({ pointer, code }) => [pointer, code]);
  }
};

describe('a field that may be absent', () => {
  it('may be absent', () => {
    expect(pointers({ name: 'a' })).toEqual([]);
    expect(pointers({ name: 'a', note: 'b', inner: [{ note: 'c' }, {}], facts: { anything: null } })).toEqual([]);
  });

  it('may not be null, wherever it stands', () => {
    expect(pointers({ name: 'a', note: null })).toEqual([['/note', 'is_null']]);
    expect(pointers({ name: 'a', inner: null, facts: null })).toEqual([
      ['/inner', 'is_null'],
      ['/facts', 'is_null'],
    ]);
    expect(pointers({ name: 'a', inner: [{}, { note: null }] })).toEqual([['/inner/1/note', 'is_null']]);
  });

  it('is not needed for one that must be there to refuse null', () => {
    expect(pointers({ name: null })).toEqual([['/name', 'is_string']]);
  });
});
