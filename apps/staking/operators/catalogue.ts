import type { Cap } from './caps.js';

/** An operator as the registry is opened with it. */
export interface OpeningOperator {
  readonly id: string;
  readonly name: string;
  readonly jurisdiction: string;
  readonly clientType: string;
  readonly contractReference: string;
  readonly feeBps: number;
  readonly stakeLimitBps: number;
  readonly exitThresholdBps: number;
}

/** Who runs what ran before there was a registry, and what runs where there is nobody else: our own nodes. */
export const house: OpeningOperator = {
  id: 'house-1',
  name: 'House operator',
  jurisdiction: 'HK',
  clientType: 'lodestar',
  contractReference: 'in-house',
  feeBps: 0,
  stakeLimitBps: 10_000,
  exitThresholdBps: 10_000,
};

/** Three, so that a demonstration shows stake spread over operators, countries and clients. They are invented. */
export const demonstration: readonly OpeningOperator[] = [
  { ...house, stakeLimitBps: 5_000, exitThresholdBps: 6_000 },
  {
    id: 'alpine-1',
    name: 'Alpine Nodes (demonstration)',
    jurisdiction: 'CH',
    clientType: 'teku',
    contractReference: 'DEMO-2026-01',
    feeBps: 0,
    stakeLimitBps: 5_000,
    exitThresholdBps: 6_000,
  },
  {
    id: 'harbour-1',
    name: 'Harbour Validators (demonstration)',
    jurisdiction: 'SG',
    clientType: 'lighthouse',
    contractReference: 'DEMO-2026-02',
    feeBps: 0,
    stakeLimitBps: 5_000,
    exitThresholdBps: 6_000,
  },
];

/** Two thirds of a pool at most in one country and with one client. */
export const demonstrationCaps: readonly Cap[] = [
  { scope: 'jurisdiction', subject: '*', bps: 6_700, units: null },
  { scope: 'client_type', subject: '*', bps: 6_700, units: null },
];

/** An opening's card is as good as its evidence: nothing was looked into. It holds for two years. */
export const openingCard = { technology: 70, security: 70, finance: 70, record: 70, insurance: 70 } as const;
export const OPENING_VALID_DAYS = 730;
export const OPENING_EVIDENCE = 'as the registry was opened';
