/** What an officer can propose about a case, and why somebody may look at a client's personal data. */
export const caseOutcomes = ['approve', 'reject'] as const;
export type CaseOutcome = (typeof caseOutcomes)[number];

/** Kept in the audit trail with each look. */
export const purposes = [
  'onboarding_review',
  'second_review',
  'periodic_review',
  'monitoring',
  'client_request',
  'authority_request',
] as const;
export type AccessPurpose = (typeof purposes)[number];
