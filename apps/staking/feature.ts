import type { Provider, Type } from '@nestjs/common';

/** What a feature's folder brings to the room. */
export interface Feature {
  readonly entities: readonly Type[];
  readonly controllers: readonly Type[];
  readonly providers: readonly Provider[];
}
