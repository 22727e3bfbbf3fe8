import { expect, test } from "vitest";
import { makeOf, releaseOf, waiverOf } from "../releases/mends";
import { rowsOf } from "../runs/compared";
import { overlaid } from "../runs/Curves";

test("A mend's waiver is the one that still needs a reason", () => {
  expect(waiverOf("kumiki release demand-model@2 --waive demand-model@1:goal='a bad week' --waive demand-model@2:beats-baseline=REASON")).toEqual({ version: "demand-model@2", check: "beats-baseline" });
  expect(waiverOf("kumiki release demand-model@2")).toBeNull();
});

test("A mend that releases otherwise is read as what it asks for, quotes and all", () => {
  expect(releaseOf("kumiki release demand-model@2 --without reorder-endpoint --without stock --waive 'goal@1:today=it'\\''s a trial' --waive a@1:b=REASON")).toEqual({
    set: ["demand-model@2"], without: ["reorder-endpoint", "stock"],
    waivers: [{ version: "goal@1", check: "today", because: "it's a trial" }, { version: "a@1", check: "b", because: "REASON" }],
  });
  expect(releaseOf("kumiki make demand-model --use sales@3")).toBeNull();
});

test("A mend that makes names what it makes", () => {
  expect(makeOf("kumiki make stock.osaka --use sales@3")).toBe("stock.osaka");
  expect(makeOf("kumiki release a@1")).toBeNull();
});

test("Values of runs stand in rows by name, and a row differs when one lacks it", () => {
  expect(rowsOf([{ depth: "5", rounds: "300" }, { depth: "5", rounds: "500" }, { depth: "5" }], r => r as Record<string, string>)).toEqual([
    { name: "depth", values: ["5", "5", "5"], differs: false }, { name: "rounds", values: ["300", "500", null], differs: true },
  ]);
});

test("Curves of one name lie over each other, named by their runs; single values are none", () => {
  const series = (name: string, count: number) => ({ name, count, points: [] });
  const metrics = [{ state: "made" as const, series: [series("mae", 9), series("auc", 1)] }, { state: "made" as const, series: [series("mae", 4)] }];
  expect(overlaid(metrics, [{ id: "run-1", label: "a" }, { id: "run-2", label: "b" }])).toEqual([{ title: "mae", series: [{ name: "a", count: 9, points: [] }, { name: "b", count: 4, points: [] }] }]);
});
