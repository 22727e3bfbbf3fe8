import { expect, test } from "vitest";
import type { Series } from "../src/api";
import { chartsOf, extent, figuresOf, finite, ticks } from "../runs/charts";

const series = (name: string, ...values: Series["points"][number]["value"][]): Series => ({ name, count: values.length, points: values.map((value, i) => ({ step: i + 1, value, at: "" })) });

test("Series of one measure share a chart, and a single value is no line", () => {
  const all = [series("mae.train", 9, 5), series("rows.train", 900), series("mae.validation", 9, 6), series("loss", 2, 1)];
  expect(chartsOf(all).map(c => [c.title, c.series.map(s => s.name)])).toEqual([["mae", ["mae.train", "mae.validation"]], ["loss", ["loss"]]]);
  expect(figuresOf(all).map(s => s.name)).toEqual(["rows.train"]);
});

test.each([
  [0, 100, [0, 20, 40, 60, 80, 100]], [4.1, 33.5, [10, 20, 30]], [0, 0.3, [0, 0.1, 0.2, 0.3]], [-1, 1, [-1, -0.5, 0, 0.5, 1]], [7, 7, [7]],
])("From %s to %s stand round numbers", (low, high, expected) => expect(ticks(low, high, expected.length > 5 ? 5 : 4)).toEqual(expected));

test("What is not finite is left out of a line", () => expect(finite(series("loss", 1, "NaN", 3, "Infinity"))).toEqual([{ step: 1, value: 1 }, { step: 3, value: 3 }]));

test("A single value, or none, still has an extent to draw in", () => {
  expect(extent([5])).toEqual([2.5, 7.5]);
  expect(extent([0])).toEqual([-0.5, 0.5]);
  expect(extent([])).toEqual([0, 1]);
});
