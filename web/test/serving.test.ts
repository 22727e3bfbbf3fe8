import { expect, test } from "vitest";
import { boundsOf, curlOf, dayOf, faultsOf, jsonOf, rowOf, typedOf } from "../serving/asking";
import { drawn, looked, quantile, rates } from "../serving/latency";
import { domainOf, zoneAt, zonesOf } from "../serving/scale";
import { addressOf, askingOf, drawableOf, numberOf, pointsOf, samplesOf, viewsOf } from "../serving/sql";
import { partsOf, ruleOf, stepsOf, versionsOf } from "../serving/trace";
import type { AtThreshold, Counts, Field, LatencyBin } from "../serving/types";

const field = (name: string, kind: Field["kind"], more: Partial<Field> = {}): Field => ({ name, kind, isRead: true, ...more });
const bins = (...counts: number[]): LatencyBin[] => counts.map((count, i) => ({ upToMs: i === counts.length - 1 ? null : 10 * 2 ** i, count }));

test.each([
  ["Number", "3.50", "3.50"],
  ["Number", " 1e3 ", "1e3"],
  ["Number", ".5", "0.5"],
  ["Number", "007", "7"],
  ["Number", "", null],
  ["Number", "abc", '"abc"'],
  ["Number", "1,5", '"1,5"'],
  ["Integer", "12345678901234567890", "12345678901234567890"],
  ["Decimal", "0.10", "0.10"],
  ["Flag", "true", "true"],
  ["Flag", "", null],
  ["Choice", "Employee", '"Employee"'],
  ["Choice", "", null],
  ["Date", "2026-12-31", '"2026-12-31"'],
  ["Text", '東京 "x"', '"東京 \\"x\\""'],
  ["Text", "", '""'],
  ["Any", "[1, 2]", "[1, 2]"],
  ["Any", "a note", '"a note"'],
  ["Any", "", null],
  ["Picture", "iVBO", '"iVBO"'],
  ["Picture", "", null],
] as const)("A %s typed as %j is sent as %j", (kind, typed, json) => expect(jsonOf(field("f", kind), typed)).toBe(json));

test("A text that may be left out is, where nothing is typed", () => expect(jsonOf(field("f", "Text", { optional: true }), "")).toBeNull());

test("A row holds the fields in their order, and the example comes back as it was", () => {
  const fields = [
    field("age", "Integer"),
    field("housing", "Text"),
    field("savings", "Number", { optional: true }),
    field("seen", "Flag", { optional: true }),
    field("notes", "Any", { optional: true }),
  ];
  const example = { age: 18, housing: "", savings: 1.5, seen: false, notes: { a: [1] } };
  expect(rowOf(fields, typedOf({ ...example, savings: null }))).toBe('{\n  "age": 18,\n  "housing": "",\n  "seen": false,\n  "notes": {"a":[1]}\n}');
  expect(JSON.parse(rowOf(fields, typedOf(example)))).toEqual(example);
  expect(rowOf([], {})).toBe("{}");
});

test("The command quotes what a shell would read otherwise", () =>
  expect(curlOf("http://h:1", "credit-decision", [{ name: "a", kind: "Text" }], { a: "it's" }, "s 1")).toBe(
    `curl -s http://h:1/api/endpoints/credit-decision/predict \\\n  -H 'Kumiki-Session: s 1' \\\n  -H 'Content-Type: application/json' \\\n  -d '{\n  "a": "it'\\''s"\n}'`,
  ));

test("Pictures go as files of a form", () =>
  expect(curlOf("http://h:1", "photo-check", [field("id", "Text"), field("image", "Picture"), field("mask", "Picture", { optional: true })], { id: "a'b", image: "iVBO" }, "")).toBe(
    `curl -s http://h:1/api/endpoints/photo-check/predict \\\n  -F 'id=a'\\''b' \\\n  -F 'image=@photo.jpg'`,
  ));

test("Of several models the log knows the score of each, or its classes", () => {
  const cut = { kind: "threshold", value: 0.5, above: "a", below: "b" } as unknown as AtThreshold;
  const rule = ruleOf({ kind: "strictest", severity: ["a", "b"], parts: [{ model: "x", rule: cut }, { model: "y", rule: { kind: "top", count: 2, atLeast: 0, otherwise: "" } }] });
  expect(rule.kind === "strictest" && rule.parts[0]!.rule).toEqual({ kind: "threshold", value: 0.5, greyFrom: 0, above: "a", greyZone: "", below: "b" });
  expect(partsOf(rule, { score_x: "0.25", score_y_ant: "0.2", score_y_bee: "0.5", score_y_cat: "0.3", score_y2: "1" })).toEqual([
    { model: "x", score: 0.25 },
    { model: "y", top: [{ class: "bee", probability: 0.5 }, { class: "cat", probability: 0.3 }] },
  ]);
  expect(partsOf(cut, { score: "1" })).toBeUndefined();
});

test("What is wrong stands beside its field; what belongs to none stands apart", () =>
  expect(
    faultsOf(
      [
        { row: 1, field: "age", detail: "A." },
        { row: 1, field: "age", detail: "B." },
        { row: 1, field: "agee", detail: "C." },
        { row: 1, detail: "D." },
      ],
      [field("age", "Integer")],
    ),
  ).toEqual({
    of: { age: "A. B." },
    others: ["C.", "D."],
  }));

test("Bounds read as mathematics writes them", () => {
  const of = (more: Partial<Field>) => boundsOf(field("f", "Number", more), String);
  expect([of({}), of({ min: 0 }), of({ min: 0, minExcluded: true }), of({ max: 5 }), of({ min: 0, max: 5, maxExcluded: true })]).toEqual([
    "",
    "≥ 0",
    "> 0",
    "≤ 5",
    "0 ≤ … < 5",
  ]);
  expect(boundsOf(field("f", "Date", { min: 20_454 }), dayOf)).toBe("≥ 2026-01-01");
});

test("A quantile is read within its bin as Prometheus reads it", () => {
  // 4 up to 10 ms, 4 up to 20, 2 up to 40: half is 5 requests, so a quarter into the second bin.
  expect(quantile(bins(4, 4, 2, 0), 0.5)).toEqual({ ms: 12.5, at: 1.25, over: false });
  expect(quantile(bins(4, 4, 2, 0), 0.99)!.ms).toBeCloseTo(39, 9);
  expect(quantile(bins(0, 10, 0, 0), 0.5)).toEqual({ ms: 15, at: 1.5, over: false });
  expect(quantile(bins(1, 0, 0, 9), 0.5)).toEqual({ ms: 40, at: 3, over: true });
  expect(quantile(bins(0, 0, 0, 0), 0.5)).toBeNull();
  expect(drawn(bins(0, 0, 3, 0, 1, 0, 0))).toEqual([1, 6]);
  expect(drawn(bins(0, 0))).toEqual([0, 2]);
});

test("Requests a second come from two looks, and begin anew with a server that began anew", () => {
  const counts = (requests: number, failed = 0): Counts => ({
    requests,
    rows: requests,
    remembered: 0,
    fallbacks: {},
    answers: {},
    faults: failed === 0 ? {} : { bad_request: failed },
    latency: [],
  });
  const looks = looked(looked(looked([], counts(10), 0), counts(30), 2000), counts(30, 4), 4000);
  expect(rates(looks)).toEqual([
    { at: 2000, answered: 10, failed: 0 },
    { at: 4000, answered: 0, failed: 2 },
  ]);
  expect(looked(looks, counts(3), 6000)).toEqual([{ at: 6000, requests: 3, failed: 0 }]);
  expect(looked(looks, counts(40, 4), 6000, 2).map(l => l.at)).toEqual([4000, 6000]);
});

test("A scale covers what is decided on it, and a score falls where the server puts it", () => {
  const rule: AtThreshold = { kind: "threshold", value: 0.5, greyFrom: 0.4, above: "high", greyZone: "unsure", below: "low" };
  expect(domainOf(rule, 0.9)).toEqual([0, 1]);
  expect(domainOf(rule, 3)[1]).toBeGreaterThan(3);
  expect(domainOf({ ...rule, value: 1.5, greyFrom: 1.5 }, null)).toEqual([0, 3]);
  expect(zonesOf(rule, [0, 1])).toEqual([
    { answer: "low", from: 0, to: 0.4, is: "low" },
    { answer: "unsure", from: 0.4, to: 0.5, is: "people" },
    { answer: "high", from: 0.5, to: 1, is: "high" },
  ]);
  expect(zonesOf({ ...rule, greyFrom: 0.5 }, [0, 1]).map(z => z.answer)).toEqual(["low", "high"]);
  expect([0.39, 0.4, 0.49, 0.5].map(s => zoneAt(rule, s))).toEqual(["low", "people", "people", "high"]);
});

test("A question's address holds all of it, and an odd one is asked with the usual limit", () => {
  const asking = { sql: "SELECT '1 & 2' -- #", rows: 100, endpoint: "credit-decision" };
  expect(askingOf(addressOf(asking).split("?")[1]!)).toEqual(asking);
  expect(addressOf({ sql: " ", rows: 1000, endpoint: "" })).toBe("#/predictions");
  expect(askingOf("rows=7&sql=a")).toEqual({ sql: "a", rows: 1000, endpoint: "" });
});

test("An endpoint's views are named as SQL can name them", () => {
  expect(viewsOf("credit-decision.osaka")).toEqual(["predictions_credit_decision_osaka", "outcomes_credit_decision_osaka", "credit_decision_osaka"]);
  expect(samplesOf("a-b").map(s => /FROM (\w+)/.exec(s.sql)![1])).toEqual(["predictions_a_b", "predictions_a_b", "predictions_a_b", "a_b"]);
});

test("Times and numbers of an answer can be drawn over each other", () => {
  const [time, n, name] = [
    { name: "t", type: "TIMESTAMP", isNumber: false },
    { name: "n", type: "BIGINT", isNumber: true },
    { name: "d", type: "VARCHAR", isNumber: false },
  ];
  expect([
    numberOf(time, "2026-01-01 00:00:01.5"),
    numberOf({ ...time, type: "DATE" }, "2026-01-02"),
    numberOf(n, "7"),
    numberOf(n, null),
    numberOf(n, "nan"),
  ]).toEqual([1767225601500, 1767312000000, 7, null, null]);
  const rows = [
    ["2026-01-01 00:00:00", "3", "x"],
    ["2026-01-01 00:01:00", "5", "y"],
    ["2026-01-01 00:02:00", null, "y"],
  ];
  const answer = { columns: [time, n, name], rows, isCut: false };
  expect(drawableOf(answer)).toMatchObject({ xs: [0, 1], ys: [1] });
  expect(pointsOf(answer, 0, 1)).toEqual({
    points: [
      [1767225600000, 3],
      [1767225660000, 5],
    ],
    rises: true,
  });
  expect(pointsOf({ ...answer, rows: [...rows].reverse() }, 0, 1).rises).toBe(false);
  expect(drawableOf({ ...answer, rows: rows.slice(0, 1) })).toBeNull();
  expect(
    drawableOf({
      columns: [n, name],
      rows: [
        ["1", "a"],
        ["2", "b"],
      ],
      isCut: false,
    }),
  ).toBeNull();
});

test("A prediction's time is the waiting, the model, and the rest", () =>
  expect(stepsOf({ latencyUs: 900, queueUs: 100, runUs: 300, device: null })).toEqual([
    { is: "queue", us: 100 },
    { is: "run", us: 300 },
    { is: "rest", us: 500 },
    { is: "whole", us: 900 },
  ]));

test("A device tells the whole of its time alone", () =>
  expect(stepsOf({ latencyUs: 900, queueUs: 0, runUs: 0, device: "till-7" })).toEqual([{ is: "whole", us: 900 }]));

test("Versions are found in what the log names, and a rule's zeros come back", () => {
  expect([versionsOf("default-model@1, score.card@12"), versionsOf(null), versionsOf("")]).toEqual([["default-model@1", "score.card@12"], [], []]);
  expect(ruleOf({ kind: "threshold", value: 0.5, above: "a", below: "b" })).toEqual({
    kind: "threshold",
    value: 0.5,
    greyFrom: 0,
    above: "a",
    greyZone: "",
    below: "b",
  });
});
