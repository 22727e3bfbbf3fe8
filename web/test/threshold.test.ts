import { expect, test } from "vitest";
import { cheapest, cheapestZone, decide, placeOf, type Among } from "../src/threshold/money";

// Six rows: scores 0.9 (high), 0.8 (low), 0.7 (high), 0.4 (low), 0.3 (high), 0.1 (low).
const points = [{ value: 1, above: 0, hits: 0 }, { value: 0.9, above: 1, hits: 1 }, { value: 0.8, above: 2, hits: 1 }, { value: 0.7, above: 3, hits: 2 }, { value: 0.4, above: 4, hits: 2 }, { value: 0.3, above: 5, hits: 3 }, { value: 0.1, above: 6, hits: 3 }];
const choice = { value: 0.7, greyFrom: 0.7, cost: 0, precision: 0, recall: 0, rule: "cheapest", above: 3, reviewed: 0, costs: { unit: "JPY", truths: ["bad", "good"], decisions: ["refuse", "grant"], costs: [[1, 100], [40, 2]] } };
const among: Among = { threshold: "cut@1", model: "model@1", part: "validation", rows: 6, highs: 3, points, choice, personCost: null };

test("Counts become money by the matrix, cell by cell", () => {
  expect(decide(among, points[3]!)).toEqual({
    hits: 2, alarms: 1, misses: 1, passes: 2, reviewedHighs: 0, reviewedLows: 0, cost: 2 * 1 + 1 * 40 + 1 * 100 + 2 * 2, perDecision: 146 / 6, precision: 2 / 3, recall: 2 / 3,
    shareAbove: 0.5, shareReviewed: 0,
  });
});

test("Between two bounds people decide rightly, for what a person costs", () => {
  // High from 0.9 up, people from 0.3 up: they look at one low, one high, one low and one high.
  const zone = decide(among, points[1]!, points[5]!, 5);
  expect(zone).toMatchObject({ hits: 1, alarms: 0, misses: 0, passes: 1, reviewedHighs: 2, reviewedLows: 2, precision: 1, recall: 1, shareAbove: 1 / 6, shareReviewed: 4 / 6 });
  expect(zone.cost).toBe(1 * 1 + 1 * 2 + 2 * (1 + 5) + 2 * (2 + 5));
});

test.each([0, 1, 5, 20, 38, 60, 200])("The cheapest zone at %s a person is the cheapest of all pairs", review => {
  const all = points.flatMap((_, upper) => points.flatMap((_, lower) => (lower < upper ? [] : [decide(among, points[upper]!, points[lower]!, lower > upper ? review : 0).cost])));
  const [upper, lower] = cheapestZone(among, review);
  expect(decide(among, points[upper]!, points[lower]!, review).cost).toBe(Math.min(...all));
});

test("Without a matrix a wrong decision costs 1", () => expect(decide({ ...among, choice: { ...choice, costs: undefined } }, points[3]!).cost).toBe(2));

test("Where nothing is above, there is no precision", () => expect(decide(among, points[0]!)).toMatchObject({ precision: null, recall: 0, cost: 306 }));

test("The cheapest of equal ones is the highest threshold", () => {
  expect(points.map(p => decide(among, p).cost)).toEqual([306, 207, 245, 146, 184, 85, 123]);
  expect(cheapest(among)).toBe(5);
  expect(cheapest({ ...among, choice: { ...choice, costs: { ...choice.costs, costs: [[0, 0], [0, 0]] } } })).toBe(0);
});

test.each([[2, 0], [0.9, 1], [0.75, 2], [0.7, 3], [0, 6]])("The place of %s is %s", (value, place) => expect(placeOf(points, value)).toBe(place));
