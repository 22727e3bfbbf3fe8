export interface Costs { unit: string; truths: string[]; decisions: string[]; costs: number[][] }
export interface Cut { value: number; above: number; hits: number }
export interface Among {
  threshold: string;
  model: string;
  part: string;
  rows: number;
  highs: number;
  points: Cut[];
  personCost: number | null;
  choice: {
    value: number;
    greyFrom: number;
    cost: number;
    precision: number;
    recall: number;
    rule: string;
    above: number;
    reviewed: number;
    reviewCost?: number;
    costs?: Costs;
  };
}
type Rows = Pick<Among, "rows" | "highs" | "choice">;

/** What deciding as high from a threshold upwards, and as low below another, does to the rows; those between are left to people. */
export interface Decided {
  hits: number; alarms: number; misses: number; passes: number; reviewedHighs: number; reviewedLows: number; cost: number; perDecision: number;
  precision: number | null; recall: number | null; shareAbove: number; shareReviewed: number;
}

/** [truth][decision]; without a matrix a wrong decision costs 1. */
function matrix({ choice }: Pick<Among, "choice">): [[hit: number, miss: number], [alarm: number, pass: number]] {
  return (choice.costs?.costs ?? [[0, 1], [1, 0]]) as [[number, number], [number, number]];
}

/**
 * Counts become money by the matrix; a person decides rightly, and costs `review`. Precision and recall count what people find, as a test report does.
 * @param lower where people begin to look; the same as `upper` where there is no such zone.
 */
export function decide(of: Rows, upper: Cut, lower: Cut = upper, review = 0): Decided {
  const { rows, highs } = of;
  const [[hit, miss], [alarm, pass]] = matrix(of);
  const alarms = upper.above - upper.hits;
  const reviewedHighs = lower.hits - upper.hits;
  const reviewedLows = lower.above - lower.hits - alarms;
  const [misses, passes] = [highs - lower.hits, rows - highs - (lower.above - lower.hits)];
  const reviewed = reviewedHighs * (Math.min(hit, miss) + review) + reviewedLows * (Math.min(alarm, pass) + review);
  const cost = upper.hits * hit + misses * miss + alarms * alarm + passes * pass + reviewed;
  const found = upper.hits + reviewedHighs;
  return {
    hits: upper.hits,
    alarms,
    misses,
    passes,
    reviewedHighs,
    reviewedLows,
    cost,
    perDecision: cost / rows,
    precision: found + alarms === 0 ? null : found / (found + alarms),
    recall: highs === 0 ? null : found / highs,
    shareAbove: upper.above / rows,
    shareReviewed: (reviewedHighs + reviewedLows) / rows,
  };
}

/** The place of a threshold among the points, which fall: the lowest that is not below it, where the chosen one always is. */
export function placeOf(points: Cut[], value: number): number {
  let at = 0;
  while (at + 1 < points.length && points[at + 1]!.value >= value) at++;
  return at;
}

/** The place with the lowest cost; of equal ones the highest threshold. */
export function cheapest(among: Among): number {
  const costs = among.points.map(p => decide(among, p).cost);
  return costs.indexOf(Math.min(...costs));
}

/**
 * The places of the two thresholds with the lowest cost. The cost falls apart into a part of each, so each is best by itself; where they would cross, review
 * never pays and both are the cheapest one.
 */
export function cheapestZone(among: Among, review: number): [upper: number, lower: number] {
  const [[hit, miss], [alarm, pass]] = matrix(among);
  const [high, low] = [Math.min(hit, miss) + review, Math.min(alarm, pass) + review];
  const best = (saved: (p: Cut) => number) => {
    const all = among.points.map(saved);
    return all.indexOf(Math.max(...all));
  };
  const upper = best(p => p.hits * (high - hit) + (p.above - p.hits) * (low - alarm));
  const lower = best(p => p.hits * (miss - high) + (p.above - p.hits) * (pass - low));
  if (lower > upper) return [upper, lower];
  const both = cheapest(among);
  return [both, both];
}
