import { expect, test } from "vitest";
import type { AssetStatus } from "../src/api";
import { linksAmong, nothingFiltered, passes } from "../graph/filter";
import { layout } from "../graph/layout";

const asset = (name: string, over: Partial<AssetStatus> = {}): AssetStatus => ({
  name, kind: "dataset", family: null, rawKey: null, obsolete: null, declared: true, inUse: 1, newest: 1, staging: null, production: null, freshness: "upToDate", stale: [], running: [], failedChecks: 0, madeAt: null, ...over,
});
const link = (pair: string) => ({ from: pair[0]!, to: pair[1]!, edge: "fit" as const });

test("A filter asks for a part of the name or of the family's key, the kind and the state", () => {
  expect(passes(asset("weekly-demand"), { ...nothingFiltered, name: " Weekly" })).toBe(true);
  expect(passes(asset("stock.tokyo", { rawKey: "東京" }), { ...nothingFiltered, name: "東" })).toBe(true);
  expect(passes(asset("sales"), { ...nothingFiltered, kind: "model" })).toBe(false);
  expect(passes(asset("sales", { freshness: "stale" }), { ...nothingFiltered, state: "stale" })).toBe(true);
  expect(passes(asset("sales"), { ...nothingFiltered, state: "failed" })).toBe(false);
});

test("Links over nodes that are filtered away are drawn as one, beside those that are left", () => {
  const links = ["ab", "bc", "cd", "ad"].map(link);
  expect(linksAmong(new Set(["a", "d"]), links)).toEqual([link("ad")]);
  expect(linksAmong(new Set(["a", "c", "d"]), links)).toEqual([link("ad"), { from: "a", to: "c", edge: "source", through: true }, link("cd")]);
  expect(linksAmong(new Set(["a"]), ["ab", "ba"].map(link))).toEqual([]);
});

test("A graph of a thousand nodes is laid out, none over another", () => {
  // Chains of six in 166 members with two joins of all, as the benchmark of the graph has them.
  const ids: string[] = ["source", "join", "end"];
  const links: { from: string; to: string }[] = [{ from: "join", to: "end" }];
  for (let i = 0; i < 166; i++) {
    for (let step = 0; step < 6; step++) {
      ids.push(`m${i}.${step}`);
      links.push({ from: step === 0 ? "source" : `m${i}.${step - 1}`, to: `m${i}.${step}` });
    }
    links.push({ from: `m${i}.5`, to: "join" }, { from: `m${i}.2`, to: "end" });
  }
  const drawn = layout(ids.map(id => ({ id, width: 208, height: 76 })), links, "right");
  for (const x of new Set(drawn.nodes.map(n => n.x))) {
    const sorted = drawn.nodes.filter(n => n.x === x).sort((a, b) => a.y - b.y);
    for (let i = 1; i < sorted.length; i++) expect(sorted[i]!.y).toBeGreaterThanOrEqual(sorted[i - 1]!.y + 76);
  }
  expect(drawn.nodes.length).toBe(999);
});
