import { ok, refuse, type Refusal, type Result } from '#kernel';

export interface StandingFacts {
  readonly state: 'applicant' | 'approved' | 'restricted' | 'closed';
  readonly mayStake: boolean;
  readonly mayUnstake: boolean;
}
/** A document a client must have accepted. */
export interface DocumentFacts {
  readonly productId: string;
  readonly version: number;
  /** SHA-256, lower-case hex with 0x. */
  readonly hash: string;
}

/** The same words whatever the cause: nobody learns from them whether they are looked into. */
export const underReview = (): { ok: false; refusal: Refusal } =>
  refuse(
    'stake.under_review',
    'This request cannot be completed at the moment: it is under routine review. There is nothing you need to do.',
  );

export const documentPath = (document: DocumentFacts): string =>
  `/v1/compliance/disclosures/${document.productId}?version=${document.version}`;

/** May this client place such an order? Refusals: stake.not_approved, unstake.not_permitted, stake.under_review. */
export function mayOrder(side: 'stake' | 'unstake', standing: StandingFacts | null): Result<null> {
  if (standing && (side === 'stake' ? standing.mayStake : standing.mayUnstake)) return ok(null);
  if (standing?.state === 'restricted') return underReview();
  return side === 'stake'
    ? refuse('stake.not_approved', 'Only approved clients can stake. Finish your application and wait for our decision.', {
        standing: standing?.state ?? 'applicant',
        application: '/v1/onboarding/applications',
      })
    : refuse('unstake.not_permitted', 'This account cannot place unstake orders.', { standing: standing?.state ?? 'applicant' });
}

/** The document in force must have been accepted, now or before. Refusals: stake.disclosure_not_accepted, stake.product_not_open. */
export function disclosureAccepted(
  inForce: DocumentFacts | null,
  acceptedBefore: boolean,
  acceptedNow: readonly DocumentFacts[],
): Result<{ document: DocumentFacts; newly: boolean }> {
  if (inForce === null) return refuse('stake.product_not_open', 'The disclosure of this product has not been published yet.');
  const now = acceptedNow.some((a) => a.productId === inForce.productId && a.version === inForce.version && a.hash === inForce.hash);
  if (now || acceptedBefore) return ok({ document: inForce, newly: now && !acceptedBefore });
  return refuse('stake.disclosure_not_accepted', 'Read the disclosure in force and accept it with accepted_disclosures or beforehand.', {
    product_id: inForce.productId,
    version: inForce.version,
    hash: inForce.hash,
    document: documentPath(inForce),
  });
}

/** What a client would be told if it ordered now. */
export function eligibility(
  standing: StandingFacts | null,
  inForce: DocumentFacts | null,
  acceptedBefore: boolean,
): { allowed: boolean; reasons: Refusal[] } {
  const answers = [mayOrder('stake', standing), disclosureAccepted(inForce, acceptedBefore, [])];
  const reasons = answers.flatMap((answer) => (answer.ok ? [] : [answer.refusal]));
  return { allowed: reasons.length === 0, reasons };
}
