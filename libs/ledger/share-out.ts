/**
 * share() of the kernel as SQL, for any number of owners: parts by the largest remainder that always sum to the total, a tie to the owner that comes first.
 * Nothing of the size of the whole is sorted: remainders are counted in ten thousand ranges, and only the range in which the last unit falls is put in order.
 */

/** Of a remainder, as a part of the sum of weights: a power of PostgreSQL's own base, so that splitting by it costs nothing. */
const RANGES = 10_000;

export interface ShareOut {
  /** A query that returns `owner` (unique; in whose order ties are) and `weight` (numeric, whole, ≥ 0; not all 0, or it fails with 22012). It is read twice. */
  readonly weights: string;
  /** An expression: what is shared, in base units (numeric, whole, ≥ 0). */
  readonly total: string;
}

/**
 * Common table expressions, to follow WITH: `share_out(owner, amount)` has one row for each owner, also where the amount is 0. Their other names begin with
 * share_. For INSERT … SELECT, or for fanOutOf().
 */
export const shareOut = ({ weights, total }: ShareOut): string => `
  share_weight AS (${weights}),
  share_whole AS MATERIALIZED (SELECT (${total})::numeric AS total, (${total})::numeric * ${RANGES} AS scaled, sum(weight) AS weights FROM share_weight),
  share_part AS MATERIALIZED (
    SELECT p.owner, p.weight, p.floor, (p.ranged - p.floor * ${RANGES})::int AS place
      FROM (SELECT r.*, div(r.ranged, ${RANGES}) AS floor
              FROM (SELECT w.owner, w.weight, div((SELECT scaled FROM share_whole) * w.weight, (SELECT weights FROM share_whole)) AS ranged FROM share_weight w OFFSET 0) r OFFSET 0) p),
  share_left AS MATERIALIZED (SELECT (SELECT total FROM share_whole) - sum(floor) AS units FROM share_part),
  -- the range in which the units end: all above it get one, of it the first so many
  share_cut AS MATERIALIZED (
    SELECT c.place, l.units - (c.upto - c.owners) AS room
      FROM (SELECT place, count(*) AS owners, sum(count(*)) OVER (ORDER BY place DESC) AS upto FROM share_part GROUP BY place) c, share_left l
     WHERE c.upto >= l.units ORDER BY c.place DESC LIMIT 1),
  share_last AS MATERIALIZED (
    SELECT p.owner FROM share_part p, share_whole w WHERE p.place = (SELECT place FROM share_cut)
     ORDER BY w.total * p.weight - p.floor * w.weights DESC, p.owner LIMIT (SELECT room FROM share_cut)),
  share_out AS (
    SELECT p.owner, p.floor + CASE WHEN p.place > (SELECT place FROM share_cut) OR p.place = (SELECT place FROM share_cut) AND p.owner IN (SELECT owner FROM share_last) THEN 1 ELSE 0 END AS amount
      FROM share_part p)`;
