/**
 * What an API key may do, given when it is made. read: look · account: onboarding, keys, disclosures, deposit addresses · stake: place and
 * cancel orders · withdraw: the address book and withdrawals.
 */
export const scopes = ['read', 'account', 'stake', 'withdraw'] as const;
export type Scope = (typeof scopes)[number];

/** Routes that only look need `read` and nothing else. */
export const isReading = (method: string): boolean => method === 'GET' || method === 'HEAD';
