import { Matches } from 'class-validator';

/** Field rules shared by all payloads. Amounts travel as decimal strings of base units; hex travels lower-case with 0x. */
export const IsBaseUnits = (): PropertyDecorator =>
  Matches(/^(0|[1-9]\d{0,37})$/, { message: '$property must be base units as a decimal string' });
export const IsSignedBaseUnits = (): PropertyDecorator =>
  Matches(/^(0|-?[1-9]\d{0,37})$/, { message: '$property must be signed base units as a decimal string' });
export const IsHex = (bytes?: number): PropertyDecorator =>
  Matches(bytes === undefined ? /^0x([0-9a-f]{2})*$/ : new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`), {
    message: `$property must be ${bytes === undefined ? '' : `${bytes} bytes of `}lower-case 0x hex`,
  });
export const IsIndex = (): PropertyDecorator =>
  Matches(/^(0|[1-9]\d*)$/, { message: '$property must be a whole number as a decimal string' });
