import type { ValueTransformer } from 'typeorm';

/** `numeric` columns hold whole base units; they are bigint in code, so that no double ever touches money. */
export const baseUnits: ValueTransformer = {
  to: (value: bigint | null | undefined) => (value === null || value === undefined ? value : value.toString()),
  from: (value: string | null) => (value === null ? null : BigInt(value)),
};
