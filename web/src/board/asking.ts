import type { Board } from "./types";

export const tabs = ["sales", "forecast", "errors", "changes", "goal"] as const;
export type Tab = (typeof tabs)[number];

/** What of a board somebody looks at; its address holds all of it, so that a page can be sent to somebody else. */
export interface Asking {
  tab: Tab;
  keys: Record<string, string>;
  from: string;
  to: string;
  ahead: string;
  use: string;
  grain: string;
  by: string;
  group: string;
  sort: string;
  down: boolean;
  offset: number;
}

export function askingOf(tab: string, query: string, board: Pick<Board, "keys" | "span">): Asking {
  const asked = new URLSearchParams(query);
  const keys: Record<string, string> = {};
  for (const key of board.keys) if (asked.get(`key.${key}`)) keys[key] = asked.get(`key.${key}`)!;
  const isTab = (t: string): t is Tab => (tabs as readonly string[]).includes(t);
  const known = isTab(tab) ? tab : "sales";
  // The nearest weeks ahead are what is ordered next; "all" asks for every one.
  const nearest = board.span.aheads[0];
  return {
    tab: known,
    keys,
    from: asked.get("from") ?? "",
    to: asked.get("to") ?? "",
    ahead: asked.get("ahead") ?? (nearest === undefined ? "all" : String(nearest)),
    use: asked.get("use") ?? "production",
    grain: asked.get("grain") ?? "week",
    by: asked.get("by") ?? "",
    group: asked.get("group") ?? board.keys[0]!,
    sort: asked.get("sort") ?? (known === "changes" ? "size" : "mae"),
    down: asked.get("down") !== "false",
    offset: Number(asked.get("offset") ?? 0) || 0,
  };
}

/** The address of a board's page. */
export function addressOf(board: string, asking: Asking): string {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(asking.keys)) if (value !== "") asked.set(`key.${key}`, value);
  const plain: [string, string, string][] = [
    ["from", asking.from, ""],
    ["to", asking.to, ""],
    ["ahead", asking.ahead, ""],
    ["use", asking.use, "production"],
    ...(asking.tab === "sales"
      ? ([
          ["grain", asking.grain, "week"],
          ["by", asking.by, ""],
        ] as [string, string, string][])
      : []),
    ...(asking.tab === "errors" ? ([["group", asking.group, ""]] as [string, string, string][]) : []),
    ...(asking.tab === "errors" || asking.tab === "changes"
      ? ([
          ["sort", asking.sort, asking.tab === "changes" ? "size" : "mae"],
          ["down", String(asking.down), "true"],
          ["offset", String(asking.offset), "0"],
        ] as [string, string, string][])
      : []),
  ];
  for (const [name, value, usual] of plain) if (value !== usual) asked.set(name, value);
  const query = asked.toString();
  return `#/boards/${encodeURIComponent(board)}/${asking.tab}${query ? `?${query}` : ""}`;
}

/** The path of the API that answers it. */
export function pathOf(board: string, what: string, asking: Asking, more: Record<string, string> = {}): string {
  const asked = new URLSearchParams();
  for (const [key, value] of Object.entries(asking.keys)) if (value !== "") asked.set(`key.${key}`, value);
  if (asking.from !== "") asked.set("from", asking.from);
  if (asking.to !== "") asked.set("to", asking.to);
  if (asking.use !== "production") asked.set("use", asking.use);
  if (asking.ahead !== "all" && what !== "actuals" && !what.startsWith("changes")) asked.set("ahead", asking.ahead);
  for (const [name, value] of Object.entries(more)) if (value !== "") asked.set(name, value);
  const query = asked.toString();
  return `api/boards/${encodeURIComponent(board)}${what ? `/${what}` : ""}${query ? `?${query}` : ""}`;
}

/** Where a row of a table of errors leads: one group closer, until a single series is left to be drawn. */
export function closer(asking: Asking, board: Pick<Board, "keys">, names: string[]): Asking {
  const next = { ...asking, offset: 0, sort: "mae", down: true };
  if (asking.group === "week") return { ...next, group: "row", from: names[0]!, to: names[0]! };
  const keys = { ...asking.keys };
  if (asking.group === "row" || asking.group === "series") board.keys.forEach((key, i) => (keys[key] = names[i]!));
  else keys[asking.group] = names[0]!;
  if (asking.group === "row" || asking.group === "series") return { ...next, tab: "forecast", keys, from: "", to: "" };
  return { ...next, keys, group: "week" };
}
