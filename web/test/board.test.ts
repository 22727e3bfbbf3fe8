import { expect, test } from "vitest";
import { addressOf, askingOf, closer, pathOf } from "../src/board/asking";
import { dayTicks, monthText, weekOf } from "../src/board/days";
import { routeOf } from "../src/routes";

const board = { keys: ["store", "item"], span: { from: "2025-01-06", to: "2025-05-28", rows: 858, aheads: [2, 3], firstWeek: null, lastWeek: null, hasInterval: true, hasBaseline: true } };

test("What is looked at survives its address", () => {
  const asking = { ...askingOf("errors", "", board), keys: { store: "osaka & co", item: "tea" }, from: "2025-03-31", ahead: "all", use: "newest", group: "week", sort: "wape", down: false, offset: 50 };
  const route = routeOf(addressOf("shop-board", asking));
  if (route.page !== "board") throw new Error(route.page);
  expect([route.name, askingOf(route.tab, route.query, board)]).toEqual(["shop-board", asking]);
});

test("A new address asks for the nearest weeks ahead, and an unknown tab for sales", () => expect(askingOf("elsewhere", "", board)).toMatchObject({ tab: "sales", ahead: "2", group: "store", sort: "mae", down: true }));

test("Sales are not asked for weeks ahead, and all weeks ahead are asked for by leaving it out", () => {
  const asking = { ...askingOf("sales", "", board), keys: { store: "kobe" } };
  expect(pathOf("b", "actuals", asking, { grain: "day" })).toBe("api/boards/b/actuals?key.store=kobe&grain=day");
  expect(pathOf("b", "errors", asking)).toBe("api/boards/b/errors?key.store=kobe&ahead=2");
  expect(pathOf("b", "errors", { ...asking, ahead: "all" })).toBe("api/boards/b/errors?key.store=kobe");
});

test("A row leads closer: a store to its weeks, a week to its rows, a row to its series", () => {
  const stores = { ...askingOf("errors", "", board), offset: 50 };
  const weeks = closer(stores, board, ["kobe"]);
  expect(weeks).toMatchObject({ tab: "errors", group: "week", keys: { store: "kobe" }, offset: 0 });
  const rows = closer(weeks, board, ["2025-03-31"]);
  expect(rows).toMatchObject({ group: "row", keys: { store: "kobe" }, from: "2025-03-31", to: "2025-03-31" });
  expect(closer(rows, board, ["kobe", "tea", "2025-03-31"])).toMatchObject({ tab: "forecast", keys: { store: "kobe", item: "tea" }, from: "", to: "" });
});

test.each([["2021-01-03", 53], ["2021-01-04", 1], ["2020-12-28", 53], ["2024-12-30", 1], ["2025-03-31", 14], ["2026-01-01", 1]])("%s is in week %s of its ISO year", (day, week) => expect(weekOf(new Date(`${day}T00:00:00Z`))).toBe(week));

test("Under an axis stand Mondays or firsts of months, not too many", () => {
  const number = (iso: string) => Date.parse(iso) / 86_400_000;
  expect(dayTicks(number("2025-03-01"), number("2025-03-30")).map(monthText)).toEqual(["2025-03-03", "2025-03-10", "2025-03-17", "2025-03-24"]);
  expect(dayTicks(number("2025-01-06"), number("2025-05-28")).map(monthText)).toEqual(["2025-02", "2025-03", "2025-04", "2025-05"]);
  expect(dayTicks(number("2022-11-20"), number("2025-05-28")).map(monthText)).toEqual(["2023-01", "2023-07", "2024-01", "2024-07", "2025-01"]);
});
