import type { AssetStatus } from "../src/api";
import type { DrawnLink } from "./Drawing";

export interface Filter { name: string; kind: string; state: string }
export const nothingFiltered: Filter = { name: "", kind: "", state: "" };

export const states = ["stale", "failed", "running", "neverMade", "production"] as const;
export type State = (typeof states)[number];

/** What each state asks of an asset. */
const is: Record<State, (asset: AssetStatus) => boolean> = {
  stale: a => a.freshness === "stale",
  failed: a => a.failedChecks > 0,
  running: a => a.running.length > 0,
  neverMade: a => a.freshness === "neverMade",
  production: a => a.production !== null,
};

/** The filter that an address asks for after its question mark. */
export function filterOf(hash: string): Filter {
  const asked = new URLSearchParams(hash.split("?", 2)[1] ?? "");
  const state = asked.get("state") ?? "";
  return { name: asked.get("name") ?? "", kind: asked.get("kind") ?? "", state: states.some(s => s === state) ? state : "" };
}

export function queryOf(filter: Filter): string {
  const asked = new URLSearchParams(Object.entries(filter).filter(([, v]) => v !== "")).toString();
  return asked === "" ? "" : `?${asked}`;
}

export function passes(asset: AssetStatus, filter: Filter): boolean {
  const name = filter.name.trim().toLowerCase();
  return (name === "" || asset.name.includes(name) || (asset.rawKey?.toLowerCase().includes(name) ?? false))
    && (filter.kind === "" || asset.kind === filter.kind)
    && (filter.state === "" || is[filter.state as State](asset));
}

/** The links among the nodes that are left, and one for every way over nodes that are not. */
export function linksAmong(kept: Set<string>, links: DrawnLink[]): DrawnLink[] {
  const outgoing = new Map<string, DrawnLink[]>();
  for (const link of links) {
    const known = outgoing.get(link.from);
    if (known) known.push(link);
    else outgoing.set(link.from, [link]);
  }
  const left: DrawnLink[] = [];
  for (const from of kept) {
    const reached = new Set<string>();
    const direct = outgoing.get(from) ?? [];
    for (const link of direct) if (kept.has(link.to) && !reached.has(link.to)) {
      reached.add(link.to);
      left.push(link);
    }
    const hidden = direct.map(l => l.to).filter(to => !kept.has(to));
    const seen = new Set(hidden);
    for (const over of hidden) {
      for (const { to } of outgoing.get(over) ?? []) {
        if (!kept.has(to)) {
          if (!seen.has(to)) hidden.push(to);
          seen.add(to);
        } else if (to !== from && !reached.has(to)) {
          reached.add(to);
          left.push({ from, to, edge: "source", through: true });
        }
      }
    }
  }
  return left;
}
