import { expect, test } from "vitest";
import { routeOf, to } from "../src/routes";

test.each([
  ["", { page: "overview" }], ["#/", { page: "overview" }], [to.graph, { page: "graph" }], [to.api, { page: "api" }], [to.schedules, { page: "schedules" }], [to.schedule("weekly-forecast"), { page: "schedule", name: "weekly-forecast" }], [to.assets, { page: "assets" }], [to.asset("stock-report.osaka"), { page: "asset", name: "stock-report.osaka" }],
  [to.queues, { page: "queues" }], [to.queue("applications.in"), { page: "queue", name: "applications.in" }], [to.operations, { page: "operations" }],
  [to.version("demand-model@7"), { page: "version", asset: "demand-model", number: "7" }], [to.diff("a@1", "a@2"), { page: "diff", left: "a@1", right: "a@2" }],
  [to.runs(), { page: "runs", asset: "", state: "" }], [to.runs("sales", "failed"), { page: "runs", asset: "sales", state: "failed" }], [to.compareRuns(["run-1", "run-2"]), { page: "compareRuns", ids: ["run-1", "run-2"] }], ["#/compare", { page: "compareRuns", ids: [] }], [to.run("run-42"), { page: "run", id: "run-42" }],
  [to.releases, { page: "releases" }], [to.release(3), { page: "release", number: "3" }],
  [to.registry, { page: "registry" }], [to.registeredModel("a b/é"), { page: "registeredModel", name: "a b/é" }], [to.registered("m", "3"), { page: "registered", name: "m", version: "3" }],
  [to.registryDiff("m (kumiki)", "1", "2"), { page: "registryDiff", name: "m (kumiki)", left: "1", right: "2" }], [to.trackedRun("6f0c"), { page: "trackedRun", id: "6f0c" }], ["#/tracked", { page: "nowhere", hash: "#/tracked" }],
  [to.endpoints, { page: "endpoints" }], [to.endpoint("credit-decision"), { page: "endpoint", name: "credit-decision", tab: "" }], [to.endpoint("credit-decision", "try"), { page: "endpoint", name: "credit-decision", tab: "try" }],
  [to.serving, { page: "serving" }], [to.prediction("0199/é"), { page: "prediction", id: "0199/é", endpoint: "" }], [to.prediction("7", "credit-decision"), { page: "prediction", id: "7", endpoint: "credit-decision" }],
  [to.predictionSql, { page: "predictionSql", query: "" }], ["#/predictions?sql=SELECT+1", { page: "predictionSql", query: "sql=SELECT+1" }],
  ["#/assets/a/b", { page: "nowhere", hash: "#/assets/a/b" }], ["#/%", { page: "nowhere", hash: "#/%" }], ["#/elsewhere", { page: "nowhere", hash: "#/elsewhere" }],
])("%s leads where it says", (hash, route) => expect(routeOf(hash)).toEqual(route));

test("A file's address keeps its folders and hides what is special", () =>
  expect(to.file("sales@2", "rows/a b#1.parquet")).toBe("api/versions/sales/2/files/rows/a%20b%231.parquet"));
