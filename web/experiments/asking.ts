import { figure } from "../src/format";
import { to } from "../src/routes";
import type { Language } from "../src/texts";
import type { LoggedKeys, TrackedRun, ViewOf } from "../tracking/calls";

/** What of some experiments' runs somebody looks at; its address holds all of it, so that a page can be sent to somebody else. */
export interface Asking {
  filter: string;
  /** A column; "" is the newest first. */
  sort: string;
  down: boolean;
  view: ViewOf;
  /** Null: the first few of what was logged. */
  columns: string[] | null;
  size: number;
}

export const sizes = [50, 100, 200, 500];
const views: ViewOf[] = ["ACTIVE_ONLY", "DELETED_ONLY", "ALL"];

export function askingOf(query: string): Asking {
  const asked = new URLSearchParams(query);
  const size = Number(asked.get("size"));
  return {
    filter: asked.get("filter") ?? "",
    sort: isColumn(asked.get("sort") ?? "") && sortable(asked.get("sort")!) ? asked.get("sort")! : "",
    down: asked.get("down") !== "false",
    view: views.find(v => v === asked.get("view")) ?? "ACTIVE_ONLY",
    columns: asked.has("column") ? asked.getAll("column").filter(isColumn) : null,
    size: sizes.includes(size) ? size : sizes[0]!,
  };
}

export function queryOf(asking: Asking): string {
  const asked = new URLSearchParams();
  if (asking.filter !== "") asked.set("filter", asking.filter);
  if (asking.sort !== "") asked.set("sort", asking.sort);
  if (!asking.down) asked.set("down", "false");
  if (asking.view !== "ACTIVE_ONLY") asked.set("view", asking.view);
  if (asking.columns !== null) (asking.columns.length === 0 ? [""] : asking.columns).forEach(c => asked.append("column", c));
  if (asking.size !== sizes[0]) asked.set("size", String(asking.size));
  return asked.toString();
}

export const addressOf = (ids: string[], asking: Asking): string => to.trackedRuns(ids, queryOf(asking));

/** A key as a filter and an order write it: in quotes where it is no plain word. */
export function written(key: string): string {
  return /^[^\s=!<>()',"`;]+$/.test(key) ? key : `\`${key.replaceAll("`", "``")}\``;
}

/** A column as filter and order name it: metrics.loss, params.`batch size`. */
export function nameOf(column: string): string {
  const dot = column.indexOf(".");
  return `${column.slice(0, dot + 1)}${written(column.slice(dot + 1))}`;
}

/** What the server is asked to sort by; nothing for the newest first, which it does by itself. */
export function orderOf(asking: Asking): string[] {
  return asking.sort === "" ? [] : [`${nameOf(asking.sort)} ${asking.down ? "DESC" : "ASC"}`];
}

/** Columns there are before somebody chooses: what each run has, and the first few metrics and parameters. */
export function usualColumns(keys: LoggedKeys, several: boolean): string[] {
  return [
    "attributes.status",
    "attributes.start_time",
    "attributes.duration",
    ...(several ? ["attributes.experiment"] : []),
    "attributes.user_id",
    ...keys.metrics.slice(0, 5).map(k => `metrics.${k}`),
    ...keys.params.slice(0, 5).map(k => `params.${k}`),
  ];
}

export const attributeColumns = ["status", "start_time", "end_time", "duration", "experiment", "user_id", "run_id", "artifact_uri"].map(a => `attributes.${a}`);

function isColumn(text: string): boolean {
  return /^(metrics|params|tags)\../.test(text) || attributeColumns.includes(text) || text === "attributes.run_name";
}

/** Whether the server sorts by it. */
export function sortable(column: string): boolean {
  return !["attributes.duration", "attributes.experiment"].includes(column);
}

/** What a run has of a metric, parameter or tag; null where it has none. */
export function valueOf(run: TrackedRun, column: string): string | number | null {
  const key = column.slice(column.indexOf(".") + 1);
  if (column.startsWith("metrics.")) return run.data.metrics?.find(m => m.key === key)?.value ?? null;
  return (column.startsWith("params.") ? run.data.params : run.data.tags)?.find(e => e.key === key)?.value ?? null;
}

/** A value as a number; null where it is none. */
export function numberOf(value: string | number | null): number | null {
  if (typeof value === "number") return value;
  if (value === null || value.trim() === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** A value as a cell shows it. */
export function shown(value: string | number | null, language: Language): string {
  return value === null ? "–" : typeof value === "number" ? figure(value, language) : value;
}
