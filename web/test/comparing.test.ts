import { expect, test } from "vitest";
import { addressOf, atPlace, axisOf, comparingOf, differing, placeOf, pointsOver, shade, smoothed, timeTicks } from "../experiments/comparing";
import { logTicks } from "../runs/charts";
import { routeOf } from "../src/routes";
import type { TrackedRun } from "../tracking/calls";

const run = (name: string, params: Record<string, string>, metrics: Record<string, number | "NaN" | "Infinity" | "-Infinity">): TrackedRun => ({
  info: { run_id: name, run_name: name, experiment_id: "1", status: "FINISHED", artifact_uri: "", lifecycle_stage: "active" },
  data: { params: Object.entries(params).map(([key, value]) => ({ key, value })), metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 0, step: 0 })) },
});
const runs = [run("a", { lr: "0.001", model: "tree", same: "1" }, { loss: 0.5 }), run("b", { lr: "0.1", model: "net", same: "1" }, { loss: "NaN" }), run("c", { lr: "0.01", model: "tree", same: "1" }, {})];

test("How runs are compared survives its address", () => {
  const comparing = { ...comparingOf("runs=a,b"), tab: "parallel" as const, over: "clock" as const, log: true, smooth: 0.6, metric: "val", axes: ["params.batch size", "metrics.a&b"], logAxes: ["params.lr"], x: "params.lr", y: "metrics.loss", colour: "params.m" };
  const route = routeOf(addressOf(comparing));
  if (route.page !== "compareTracked") throw new Error(route.page);
  expect(comparingOf(route.query)).toEqual(comparing);
  expect(comparingOf("runs=a,a,&tab=elsewhere&smooth=7")).toMatchObject({ runs: ["a"], tab: "curves", smooth: 0, axes: null });
  expect(comparingOf(addressOf({ ...comparing, axes: [] }).split("?")[1]!).axes).toEqual([]);
});

test("Only what differs is compared", () => expect(differing(runs)).toEqual(["params.lr", "params.model", "metrics.loss"]));

test("Numbers stand on an axis by their size, names in their order, and what is neither nowhere", () => {
  const [lr, log, model, loss] = [axisOf(runs, "params.lr", false), axisOf(runs, "params.lr", true), axisOf(runs, "params.model", true), axisOf(runs, "metrics.loss", false)];
  expect(runs.map(r => placeOf(r, lr)!.toFixed(3))).toEqual(["0.000", "1.000", "0.091"]);
  expect(runs.map(r => placeOf(r, log)!.toFixed(3))).toEqual(["0.000", "1.000", "0.500"]);
  expect(atPlace(log, 0.5)).toBeCloseTo(0.01, 12);
  expect(runs.map(r => placeOf(r, model))).toEqual([1, 0, 1]);
  expect(runs.map(r => placeOf(r, loss))).toEqual([0, null, null]);
  expect([null, 0, 0.35, 1].map(shade)).toEqual(["s-none", "s0", "s3", "s9"]);
});

test("Points go over steps, seconds since the run began, or the time of day, and what is no number is left out", () => {
  const point = (step: number, timestamp: number, value: number | "NaN") => ({ key: "loss", step, timestamp, value });
  const points = [point(2, 12_000, 3), point(1, 11_000, 4), point(3, 13_000, "NaN")];
  expect(pointsOver(points, "step", 10_000)).toEqual([[1, 4], [2, 3]]);
  expect(pointsOver(points, "time", 10_000)).toEqual([[1, 4], [2, 3]]);
  expect(pointsOver(points, "time", undefined)).toEqual([[0, 4], [1, 3]]);
  expect(pointsOver(points, "clock", 10_000)).toEqual([[11_000, 4], [12_000, 3]]);
});

test("A smoothed line begins at its first value and equals the sums by hand", () => {
  expect(smoothed([[1, 5], [2, 5], [3, 5]], 0.9).map(p => p[1]).map(v => v.toFixed(12))).toEqual(["5.000000000000", "5.000000000000", "5.000000000000"]);
  const [, second] = smoothed([[1, 2], [2, 8]], 0.5);
  expect(second![1]).toBeCloseTo((2 * 0.25 + 8 * 0.5) / 0.75, 12);
});

test("Axes of time and of powers have round marks", () => {
  expect(timeTicks(0, 199, 3)).toEqual([0, 120]);
  expect(timeTicks(0, 7300, 3)).toEqual([0, 3600, 7200]);
  expect(timeTicks(0, 10 * 86400, 2)).toEqual([0, 5 * 86400, 10 * 86400]);
  expect(logTicks(-2, 0)).toEqual([0.01, 0.1, 1]);
  expect(logTicks(-1, 0.5)).toEqual([0.1, 0.2, 0.5, 1, 2]);
  expect(logTicks(-12, 0)).toEqual([1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 0.01, 1]);
});
