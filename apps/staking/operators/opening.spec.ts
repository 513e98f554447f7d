import 'reflect-metadata';
import { ConfigInvalid } from '#runtime';
import { StakingConfig } from '../config.js';
import { refuseInventedOperators } from './opening.js';

const config = (change: Partial<StakingConfig>): StakingConfig => Object.assign(new StakingConfig(), change);

it('opens no registry of operators in production that people have not looked into', () => {
  for (const OPENING_OPERATORS of ['demo', 'house'] as const) {
    expect(() => refuseInventedOperators(config({ BAILEE_MODE: 'production', OPENING_OPERATORS }))).toThrow(ConfigInvalid);
    expect(() => refuseInventedOperators(config({ BAILEE_MODE: 'demo', OPENING_OPERATORS }))).not.toThrow();
  }
  expect(() => refuseInventedOperators(config({ BAILEE_MODE: 'production', OPENING_OPERATORS: 'none' }))).not.toThrow();
  expect(() => refuseInventedOperators(config({ BAILEE_MODE: 'production' }))).not.toThrow();
});
