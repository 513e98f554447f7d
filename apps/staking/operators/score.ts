/** What is known of an operator that a score is made of. */
export interface Merits {
  readonly feeBps: number;
  /** Stake- and uptime-weighted, of the windows looked at; null: it has no record yet. */
  readonly effectivenessBps: number | null;
  readonly slaEffectivenessBps: number;
  readonly proposalsBps: number | null;
  /** Validators of it that were ever slashed. */
  readonly slashings: number;
  readonly selfBond: bigint;
  readonly stake: bigint;
  /** What it may hold at most; null: no cap. */
  readonly capacity: bigint | null;
  /** Of its assessment, 0 to 100. */
  readonly assessment: number;
}

/** One line of the explanation: 0 to 10,000 points, of `weight` in a hundred. */
export interface Term {
  readonly term: 'commission' | 'effectiveness' | 'slashing' | 'self_bond' | 'saturation' | 'assessment';
  /** The figure that the points are made of, as people read it. */
  readonly value: string;
  readonly points: number;
  readonly weight: number;
}
export interface Score {
  /** Basis points of the best there can be. */
  readonly score: number;
  readonly terms: readonly Term[];
}

/** Of a hundred. */
const weights: Readonly<Record<Term['term'], number>> = {
  commission: 15,
  effectiveness: 30,
  slashing: 20,
  self_bond: 10,
  saturation: 10,
  assessment: 15,
};
/** A fee of a fifth of the rewards or more is worth nothing. */
const DEAREST_FEE_BPS = 2_000;
/** Each slashing takes so much. */
const PER_SLASHING = 5_000;
/** A bond of a twentieth of the stake is worth all points. */
const FULL_BOND_DIVISOR = 20n;
/** What is not known yet counts half. */
const UNKNOWN = 5_000;

const within = (points: number): number => Math.max(0, Math.min(10_000, Math.floor(points)));
/** Whole numbers only: 10,000 · part / whole. */
const pointsOf = (part: bigint, whole: bigint): number => (whole <= 0n ? 10_000 : within(Number((part * 10_000n) / whole)));

/** Missing the agreed service costs double: 10,000 at perfect, falling to 0 at twice the distance of the agreement. */
function effectivenessPoints({ effectivenessBps, slaEffectivenessBps }: Merits): number {
  if (effectivenessBps === null) return UNKNOWN;
  return effectivenessBps >= slaEffectivenessBps ? effectivenessBps : within(effectivenessBps - (slaEffectivenessBps - effectivenessBps));
}

function bondPoints({ selfBond, stake }: Merits): number {
  if (selfBond === 0n) return 0;
  return stake === 0n ? 10_000 : pointsOf(selfBond * FULL_BOND_DIVISOR, stake);
}

/** How good an operator is to give stake to, each term shown. Whole numbers throughout, so that everybody who computes it gets the same. */
export function scoreMerits(merits: Merits): Score {
  const { feeBps, effectivenessBps, proposalsBps, slashings, selfBond, stake, capacity, assessment } = merits;
  const term = (name: Term['term'], value: string, points: number): Term => ({ term: name, value, points, weight: weights[name] });
  const record =
    effectivenessBps === null
      ? 'no record yet'
      : `${effectivenessBps} bps attested, ${proposalsBps ?? 'no'} ${proposalsBps === null ? 'proposals due' : 'bps proposed'}`;
  const terms = [
    term('commission', `${feeBps} bps`, within(10_000 - (feeBps * 10_000) / DEAREST_FEE_BPS)),
    term('effectiveness', record, effectivenessPoints(merits)),
    term('slashing', `${slashings} slashed`, within(10_000 - slashings * PER_SLASHING)),
    term('self_bond', `${selfBond} wei for ${stake} wei`, bondPoints(merits)),
    term(
      'saturation',
      capacity === null ? 'no cap' : `${stake} of ${capacity} wei`,
      capacity === null ? 10_000 : 10_000 - pointsOf(stake, capacity),
    ),
    term('assessment', `${assessment} of 100`, within(assessment * 100)),
  ];
  return { score: Math.floor(terms.reduce((sum, { points, weight }) => sum + points * weight, 0) / 100), terms };
}
