import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsString, Length } from 'class-validator';
import { cleanText } from './personal-data/personal-data.js';

/** Text that people typed: cleaned of what does not show, then measured. */
export const Text = (least: number, most: number): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? cleanText(value) : value)),
    IsString(),
    Length(least, most),
  );
