export const limitNames = [
  'rise',
  'fall',
  'annualised',
  'high_water',
  'long_period',
  'balance_impossible',
  'validator_reward',
  'block_reward',
  'loss_unconfirmed',
  'sources_differ',
  'pool_held',
] as const;
export type Exceeded = (typeof limitNames)[number];

/** One limit, what was measured and how much is allowed: texts, as people read them. */
export interface Reading {
  readonly limit: Exceeded;
  readonly value: string;
  readonly threshold: string;
  readonly unit: 'bps' | 'base_units' | 'periods' | 'sources' | 'validators' | 'state';
  readonly exceeded: boolean;
  /** The validator that is farthest, where it is about one. */
  readonly pubkey?: string;
}
