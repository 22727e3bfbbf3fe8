import { ticks } from "../runs/charts";
import type { LoggedMetric, TrackedRun } from "../tracking/calls";
import { numberOf, valueOf } from "./asking";

export const tabs = ["curves", "differences", "parallel", "scatter"] as const;
export type Tab = (typeof tabs)[number];
export const ways = ["step", "time", "clock"] as const;
export type Way = (typeof ways)[number];

/** How some runs are compared; its address holds all of it. */
export interface Comparing {
  runs: string[];
  tab: Tab;
  /** What the curves go over: steps, seconds since the run began, or the time of day. */
  over: Way;
  log: boolean;
  /** Of the exponential moving average: 0 is none, less than 1. */
  smooth: number;
  metric: string;
  /** Of parallel coordinates; null: what differs. */
  axes: string[] | null;
  logAxes: string[];
  x: string;
  y: string;
  colour: string;
}

export function comparingOf(query: string): Comparing {
  const asked = new URLSearchParams(query);
  const smooth = Number(asked.get("smooth"));
  return {
    runs: [...new Set((asked.get("runs") ?? "").split(",").filter(id => id !== ""))],
    tab: tabs.find(t => t === asked.get("tab")) ?? "curves",
    over: ways.find(w => w === asked.get("over")) ?? "step",
    log: asked.get("log") === "true",
    smooth: smooth > 0 && smooth < 1 ? smooth : 0,
    metric: asked.get("metric") ?? "",
    axes: asked.has("axis") ? asked.getAll("axis").filter(a => a !== "") : null,
    logAxes: asked.getAll("logaxis"),
    x: asked.get("x") ?? "",
    y: asked.get("y") ?? "",
    colour: asked.get("colour") ?? "",
  };
}

export function addressOf(comparing: Comparing): string {
  const asked = new URLSearchParams();
  const plain: [string, string, string][] = [
    ["tab", comparing.tab, "curves"],
    ["over", comparing.over, "step"],
    ["log", String(comparing.log), "false"],
    ["smooth", String(comparing.smooth), "0"],
    ["metric", comparing.metric, ""],
    ["x", comparing.x, ""],
    ["y", comparing.y, ""],
    ["colour", comparing.colour, ""],
  ];
  for (const [name, value, usual] of plain) if (value !== usual) asked.set(name, value);
  if (comparing.axes !== null) (comparing.axes.length === 0 ? [""] : comparing.axes).forEach(a => asked.append("axis", a));
  comparing.logAxes.forEach(a => asked.append("logaxis", a));
  const query = asked.toString();
  return `#/experiments/compare?runs=${comparing.runs.map(encodeURIComponent).join(",")}${query === "" ? "" : `&${query}`}`;
}

/** Every metric or parameter that some of the runs logged, as columns are named, in order. */
export function keysOf(runs: TrackedRun[], kind: "metrics" | "params"): string[] {
  const all = new Set<string>();
  for (const run of runs) for (const entry of run.data[kind] ?? []) all.add(`${kind}.${entry.key}`);
  return [...all].sort();
}

/** Metrics and parameters that are not the same for all of the runs. */
export function differing(runs: TrackedRun[]): string[] {
  return [...keysOf(runs, "params"), ...keysOf(runs, "metrics")].filter(c => new Set(runs.map(r => valueOf(r, c))).size > 1);
}

/** Points over a way, in its order; what is no number is left out. */
export function pointsOver(points: LoggedMetric[], over: Way, began: number | undefined): [x: number, y: number][] {
  const first = points.reduce((low, p) => Math.min(low, p.timestamp), Infinity);
  const zero = began !== undefined && began <= first ? began : first;
  return points
    .flatMap<[number, number]>(p =>
      typeof p.value === "number" && Number.isFinite(p.value) ? [[over === "step" ? p.step : over === "time" ? (p.timestamp - zero) / 1000 : p.timestamp, p.value]] : [],
    )
    .sort((a, b) => a[0] - b[0]);
}

/** An exponential moving average that is not pulled to zero at its begin (as Adam corrects its means; Kingma and Ba 2015, section 3). @param weight of what was before, 0 … 1 */
export function smoothed(points: [x: number, y: number][], weight: number): [x: number, y: number][] {
  let [mean, power] = [0, 1];
  return points.map(([x, y]) => {
    mean = mean * weight + (1 - weight) * y;
    power *= weight;
    return [x, mean / (1 - power)];
  });
}

/** A metric or parameter as an axis: of numbers where all that have one have a number, else of names. */
export interface Axis {
  column: string;
  isNumber: boolean;
  log: boolean;
  low: number;
  high: number;
  /** Of names: each in its place, from below. */
  names: string[];
}

export function axisOf(runs: TrackedRun[], column: string, log: boolean): Axis {
  const values = runs.map(r => valueOf(r, column)).filter(v => v !== null);
  const numbers = values.map(numberOf);
  const isNumber = values.length > 0 && values.every((v, i) => numbers[i] !== null || typeof v === "number" || ["NaN", "Infinity", "-Infinity"].includes(v));
  if (!isNumber) {
    const names = [...new Set(values.map(String))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    return { column, isNumber, log: false, low: 0, high: Math.max(1, names.length - 1), names };
  }
  const finite = numbers.filter((n): n is number => n !== null && Number.isFinite(n));
  const isLog = log && finite.some(n => n > 0);
  const drawn = isLog ? finite.filter(n => n > 0) : finite;
  const [low, high] = [Math.min(...drawn), Math.max(...drawn)];
  return drawn.length === 0
    ? { column, isNumber, log: false, low: 0, high: 1, names: [] }
    : { column, isNumber, log: isLog, low, high: high > low ? high : isLog ? low * 10 : low + (Math.abs(low) || 1), names: [] };
}

/** Where a run stands on an axis: 0 below … 1 above; null where it has nothing that can stand there. */
export function placeOf(run: TrackedRun, axis: Axis): number | null {
  const value = valueOf(run, axis.column);
  if (value === null) return null;
  if (!axis.isNumber) return axis.names.length < 2 ? 0.5 : axis.names.indexOf(String(value)) / (axis.names.length - 1);
  const number = numberOf(value);
  if (number === null || !Number.isFinite(number) || (axis.log && number <= 0)) return null;
  return axis.log
    ? (Math.log(number) - Math.log(axis.low)) / (Math.log(axis.high) - Math.log(axis.low))
    : (number - axis.low) / (axis.high - axis.low);
}

/** The number at a place of an axis of numbers. */
export function atPlace(axis: Axis, place: number): number {
  return axis.log ? Math.exp(Math.log(axis.low) + place * (Math.log(axis.high) - Math.log(axis.low))) : axis.low + place * (axis.high - axis.low);
}

/** One of ten shades for a place; none where there is no place. */
export function shade(place: number | null): string {
  return place === null ? "s-none" : `s${Math.min(9, Math.max(0, Math.floor(place * 10)))}`;
}

const lengths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** Round times over a stretch, about as many as asked for. @param low, high seconds */
export function timeTicks(low: number, high: number, about: number): number[] {
  if (high - low < about) return ticks(low, high, about);
  const days = Math.ceil((high - low) / about / 86400);
  const step = lengths.find(l => l >= (high - low) / about) ?? days * 86400;
  const all: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) all.push(at);
  return all;
}
