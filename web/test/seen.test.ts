import { expect, test } from "vitest";
import { layout } from "../graph/layout";
import { boxOf, drawnFor, grown, headOf, holds, meets } from "../graph/seen";

const view = { left: 0, top: 0, right: 100, bottom: 50 };

test("What is drawn stays while it holds the view, and is drawn anew when the view leaves it", () => {
  const first = drawnFor(view, null);
  expect(first).toEqual({ left: -60, top: -30, right: 160, bottom: 80 });
  const moved = { left: 40, top: 10, right: 140, bottom: 60 };
  expect(drawnFor(moved, first)).toBe(first);
  expect(drawnFor({ ...moved, right: 161 }, first)).not.toBe(first);
});

test("What is drawn shrinks when the view was brought nearer", () => {
  const near = { left: 40, top: 20, right: 60, bottom: 30 };
  expect(drawnFor(near, drawnFor(view, null))).toEqual(grown(near, 0.6));
});

test("Rectangles meet at their edges, and hold what is within", () => {
  expect(meets(view, { left: 100, top: 50, right: 200, bottom: 60 })).toBe(true);
  expect(meets(view, { left: 101, top: 0, right: 200, bottom: 60 })).toBe(false);
  expect([holds(view, view), holds(view, { ...view, bottom: 51 })]).toEqual([true, false]);
});

test("A path's box holds its curves", () => expect(boxOf("M 10 20 C 30 20, 30 -5.5, 50 -5.5 L 70 -5.5")).toEqual({ left: 10, top: -5.5, right: 70, bottom: 20 }));

test.each([
  ["M 0 0 C 10 0, 10 5, 20 5", "M20 5L12.5 8.5L12.5 1.5z"],
  ["M 20 0 C 10 0, 10 5, 0 5", "M0 5L7.5 1.5L7.5 8.5z"],
  ["M 0 0 C 0 10, 5 10, 5 20", "M5 20L8.5 12.5L1.5 12.5z"],
])("A head stands at the end of %s", (d, head) => expect(headOf(d)).toBe(head));

test("Every link of a drawing ends at its node, whichever way it is drawn", () => {
  for (const direction of ["right", "down"] as const) {
    const { nodes, paths } = layout([{ id: "a", width: 50, height: 20 }, { id: "b", width: 50, height: 20 }], [{ from: "a", to: "b" }], direction);
    const b = nodes.find(n => n.id === "b")!;
    const [, x, y] = /^M(-?[\d.]+) (-?[\d.]+)/.exec(headOf(paths[0]!.d))!;
    expect([Number(x), Number(y)]).toEqual(direction === "right" ? [b.x, b.y + 10] : [b.x + 25, b.y]);
  }
});
