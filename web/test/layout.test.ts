import { describe, expect, test } from "vitest";
import { crossings, layout, spread, type Item, type Link } from "../graph/layout";

const items = (...ids: string[]): Item[] => ids.map(id => ({ id, width: 100, height: 40 }));
const links = (...pairs: string[]): Link[] => pairs.map(p => ({ from: p[0]!, to: p[1]! }));

const shapes: Record<string, [Item[], Link[]]> = {
  chain: [items("a", "b", "c", "d"), links("ab", "bc", "cd")],
  diamond: [items("a", "b", "c", "d"), links("ab", "ac", "bd", "cd")],
  "fan-out": [items("a", "b", "c", "d", "e"), links("ab", "ac", "ad", "ae")],
  "long link": [items("a", "b", "c", "d"), links("ab", "bc", "cd", "ad")],
  islands: [items("a", "b", "c"), links("ab")],
  "a circle": [items("a", "b", "c"), links("ab", "bc", "ca")],
  "to itself": [items("a", "b"), links("aa", "ab")],
};

describe.each(Object.entries(shapes))("%s", (_, [nodes, edges]) => {
  test.each(["right", "down"] as const)("leaves no two nodes over each other, drawn to the %s", direction => {
    const drawn = layout(nodes, edges, direction);
    expect(drawn.nodes.map(n => n.id)).toEqual(nodes.map(n => n.id));
    for (const a of drawn.nodes) {
      expect(a.x).toBeGreaterThanOrEqual(0);
      expect(a.y).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(drawn.width + 0.1);
      expect(a.y + a.height).toBeLessThanOrEqual(drawn.height + 0.1);
      for (const b of drawn.nodes) if (a !== b) expect(a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y).toBe(true);
    }
  });

  test("draws every link between two nodes once", () => {
    expect(layout(nodes, edges, "right").paths.map(p => p.link)).toEqual(edges.filter(e => e.from !== e.to));
  });
});

test("Inputs stand left of what is made from them", () => {
  const [nodes, edges] = shapes.diamond!;
  const x = new Map(layout(nodes, edges, "right").nodes.map(n => [n.id, n.x]));
  for (const e of edges) expect(x.get(e.from)).toBeLessThan(x.get(e.to)!);
});

test("A source stands right before its first user", () => {
  const late = layout(items("a", "b", "c", "z"), links("ab", "bc", "zc"), "right").nodes;
  expect(late.find(n => n.id === "z")!.x).toBe(late.find(n => n.id === "b")!.x);
});

test("Ranks are ordered so that links do not cross where they need not", () => {
  const drawn = layout(items("a", "b", "x", "y"), links("ay", "bx"), "right").nodes;
  const y = (id: string) => drawn.find(n => n.id === id)!.y;
  expect(Math.sign(y("a") - y("b"))).toBe(Math.sign(y("y") - y("x")));
});

test("Crossings are counted in pairs", () => {
  const [a, b] = [{ at: 0, before: [] }, { at: 1, before: [] }];
  expect(crossings([[a, b], [{ at: 0, before: [b] }, { at: 1, before: [a] }]])).toBe(1);
  expect(crossings([[a, b], [{ at: 0, before: [a] }, { at: 1, before: [b] }]])).toBe(0);
});

test("Spreading keeps order and distance, and no other placing is nearer to the wishes", () => {
  const random = (seed => () => (seed = (seed * 16807) % 2147483647) / 2147483647)(7);
  for (let round = 0; round < 50; round++) {
    const wishes = [random() * 10, random() * 10, random() * 10];
    const sizes = [1 + random() * 3, 1 + random() * 3, 1 + random() * 3];
    const cost = (at: number[]) => at.reduce((s, a, i) => s + (a - wishes[i]!) ** 2, 0);
    const gaps = [(sizes[0]! + sizes[1]!) / 2, (sizes[1]! + sizes[2]!) / 2];
    const got = spread(wishes, sizes);
    expect(got[1]! - got[0]!).toBeGreaterThanOrEqual(gaps[0]! - 1e-9);
    expect(got[2]! - got[1]!).toBeGreaterThanOrEqual(gaps[1]! - 1e-9);
    let best = Infinity;
    for (let x = -6; x <= 16; x += 0.5)
      for (let y = x + gaps[0]!; y <= x + gaps[0]! + 12; y += 0.5)
        for (let z = y + gaps[1]!; z <= y + gaps[1]! + 12; z += 0.5) best = Math.min(best, cost([x, y, z]));
    expect(cost(got)).toBeLessThanOrEqual(best + 1e-9);
  }
});

test("A thousand nodes are placed in under two seconds", () => {
  const many = items(...Array.from({ length: 1000 }, (_, i) => `n${i}`));
  const edges = Array.from({ length: 1500 }, (_, i) => ({ from: `n${(i * 7) % 900}`, to: `n${Math.min(999, ((i * 7) % 900) + 1 + ((i * 13) % 90))}` }));
  const started = performance.now();
  expect(layout(many, edges, "right").nodes).toHaveLength(1000);
  expect(performance.now() - started).toBeLessThan(2000);
});
