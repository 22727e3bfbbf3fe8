import { expect, test } from "vitest";
import { askingOf, nameOf, numberOf, orderOf, queryOf } from "../experiments/asking";
import { joined, placeAt, quote, troubleIn } from "../experiments/filterText";

test.each([
  "", "metrics.loss < 0.5", "metrics.loss<=1e-3 and params.model = 'tree'", "params.`n/a b` != \"x\"", "tags.team IS NOT NULL", "attributes.status = 'RUNNING'",
  "run_name ILIKE '%it''s%'", "run_id IN ('a', \"b\")", "attributes.run_id NOT IN ('a')", "start_time > 5", "datasets.name = 'beans'",
])("%s can be read", text => expect(troubleIn(text)).toBeNull());

test.each([
  ["metrics.loss < 'x'", "'x'"], ["params.model = tree", "tree"], ["loss < 1", "loss"], ["metric.loss LIKE 'x'", "LIKE"], ["other.key = 'x'", "other"],
  ["params.model = 'tree' OR params.model = 'net'", "OR"], ["params.model = 'tree", "'tree"], ["attributes.colour = 'x'", "colour"],
  ["tags.team", ""], ["tags.team = ", ""], ["metrics.loss < 1 AND", "AND"], ["metrics.loss ~ 1", "~"],
])("In %s the place is %s", (text, place) => {
  const { from, to } = troubleIn(text)!;
  expect(text.slice(from, to)).toBe(place);
});

test.each([
  ["", "key", ""], ["met", "key", "met"], ["metrics.lo", "key", "metrics.lo"], ["metrics.loss ", "operator", ""], ["tags.team I", "operator", "I"], ["metrics.loss < ", "value", ""],
  ["status = 'RU", "value", "'RU"], ["metrics.loss < 1 ", "and", ""], ["metrics.loss < 1 A", "and", "A"], ["metrics.loss < 1 AND ", "key", ""], ["metrics.loss < 1 AND pa", "key", "pa"],
])("At the end of '%s' belongs a %s", (text, wants, typed) => expect(placeAt(text, text.length)).toMatchObject({ wants, typed, from: text.length - typed.length }));

test("A key's operators are those the server takes for it", () => {
  expect(placeAt("metrics.loss ", 13).operators).toEqual(["=", "!=", "<", "<=", ">", ">="]);
  expect(placeAt("start_time ", 11).operators).toContain("<");
  expect(placeAt("status ", 7).operators).toEqual(["=", "!=", "LIKE", "ILIKE"]);
});

test("What is looked at survives its address", () => {
  const asking = { filter: "params.`a b` = 'x & y'", sort: "metrics.val/loss", down: false, view: "DELETED_ONLY" as const, columns: ["metrics.val/loss", "params.a,b"], size: 200 };
  expect(askingOf(queryOf(asking))).toEqual(asking);
  expect(askingOf(queryOf({ ...asking, columns: [] })).columns).toEqual([]);
  expect(queryOf(askingOf(""))).toBe("");
  expect(askingOf("size=7&view=SOME")).toMatchObject({ size: 50, view: "ACTIVE_ONLY", columns: null });
});

test("Keys that are no plain words are quoted where the server reads them", () => {
  expect(nameOf("params.batch size")).toBe("params.`batch size`");
  expect(nameOf("metrics.val.loss")).toBe("metrics.val.loss");
  expect(orderOf({ ...askingOf(""), sort: "metrics.loss" })).toEqual(["metrics.loss DESC"]);
  expect(joined(" ", "a = 'b'") + joined("x > 1", `run_name ILIKE ${quote("%it's%")}`)).toBe("a = 'b'x > 1 AND run_name ILIKE '%it''s%'");
  expect(troubleIn("run_name = \"it\"\"s\"")).toBeNull();
});

test("Only what is a number counts as one", () => expect(["0.1", "1e-3", " ", "tree", null, 3, "NaN", "Infinity"].map(numberOf)).toEqual([0.1, 0.001, null, null, null, 3, null, null]));
