export interface Costs { unit: string; truths: string[]; decisions: string[]; costs: number[][] }
export interface Cut { value: number; above: number; hits: number }
export interface Among {
  threshold: string; model: string; part: string; rows: number; highs: number; points: Cut[];
  choice: { value: number; greyFrom: number; cost: number; precision: number; recall: number; rule: string; above: number; reviewed: number; reviewCost?: number; costs?: Costs };
}

/** What deciding as high from a threshold upwards does to the rows. */
export interface Decided {
  hits: number; alarms: number; misses: number; passes: number; cost: number; perDecision: number; precision: number | null; recall: number | null; shareAbove: number;
}

/** Counts become money by the matrix, [truth][decision]; without one a wrong decision costs 1. */
export function decide({ rows, highs, choice }: Pick<Among, "rows" | "highs" | "choice">, cut: Cut): Decided {
  const [[hit, miss] = [0, 1], [alarm, pass] = [1, 0]] = (choice.costs?.costs ?? [[0, 1], [1, 0]]) as [number[], number[]];
  const alarms = cut.above - cut.hits;
  const [misses, passes] = [highs - cut.hits, rows - highs - alarms];
  const cost = cut.hits * hit! + misses * miss! + alarms * alarm! + passes * pass!;
  return {
    hits: cut.hits, alarms, misses, passes, cost, perDecision: cost / rows, precision: cut.above === 0 ? null : cut.hits / cut.above, recall: highs === 0 ? null : cut.hits / highs, shareAbove: cut.above / rows,
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
