import type { SqlAnswer, SqlColumn } from "./types";

/** What is asked; the address holds all of it. */
export interface SqlAsking {
  sql: string;
  rows: number;
  endpoint: string;
}

export const rowLimits = [100, 1000, 10_000];

export function askingOf(query: string): SqlAsking {
  const asked = new URLSearchParams(query);
  const rows = Number(asked.get("rows"));
  return { sql: asked.get("sql") ?? "", rows: rowLimits.includes(rows) ? rows : 1000, endpoint: asked.get("endpoint") ?? "" };
}

export function addressOf({ sql, rows, endpoint }: SqlAsking): string {
  const asked = new URLSearchParams({
    ...(endpoint !== "" && { endpoint }),
    ...(rows !== 1000 && { rows: String(rows) }),
    ...(sql.trim() !== "" && { sql }),
  }).toString();
  return `#/predictions${asked === "" ? "" : `?${asked}`}`;
}

/** An endpoint's three views: its predictions, its outcomes, and the two joined. */
export function viewsOf(endpoint: string): [predictions: string, outcomes: string, joined: string] {
  const name = endpoint.replace(/[-.]/g, "_");
  return [`predictions_${name}`, `outcomes_${name}`, name];
}

/** Questions to begin with. */
export function samplesOf(endpoint: string): { is: "decisions" | "hours" | "slow" | "outcomes"; sql: string }[] {
  const [predictions, , joined] = viewsOf(endpoint);
  return [
    { is: "decisions", sql: `SELECT decision, count(*) AS n, round(avg(score), 4) AS score\nFROM ${predictions}\nGROUP BY decision ORDER BY n DESC` },
    {
      is: "hours",
      sql: `SELECT date_trunc('minute', time) AS minute, count(*) AS n, quantile_cont(latency_us, 0.99) / 1000 AS p99_ms
FROM ${predictions}
GROUP BY minute ORDER BY minute`,
    },
    { is: "slow", sql: `SELECT time, id, latency_us, queue_us, run_us, decision, fallback, error\nFROM ${predictions}\nORDER BY latency_us DESC LIMIT 50` },
    { is: "outcomes", sql: `SELECT decision, outcome_label, count(*) AS n, round(avg(score), 4) AS score\nFROM ${joined}\nGROUP BY ALL ORDER BY n DESC` },
  ];
}

const isTime = (c: SqlColumn) => /^(TIMESTAMP|DATE)/.test(c.type);

/** A cell as a number: milliseconds of a time, which the log writes in UTC. */
export function numberOf(column: SqlColumn, text: string | null | undefined): number | null {
  if (text === null || text === undefined || text === "") return null;
  const value = isTime(column)
    ? Date.parse(/[zZ]|[+-]\d\d(:?\d\d)?$/.test(text.slice(10)) ? text : `${text.replace(" ", "T")}${text.length > 10 ? "Z" : ""}`)
    : Number(text);
  return Number.isFinite(value) ? value : null;
}

export interface Drawable {
  xs: number[];
  ys: number[];
  isTime: (column: number) => boolean;
}

/** Which columns may stand along, times first, and which up; null where there are no two to draw, or no two rows. */
export function drawableOf({ columns, rows }: SqlAnswer): Drawable | null {
  const all = columns.map((_, i) => i);
  const ys = all.filter(i => columns[i]!.isNumber);
  const xs = [...all.filter(i => isTime(columns[i]!)), ...ys];
  return rows.length > 1 && ys.length > 0 && xs.length > 1 ? { xs, ys, isTime: i => isTime(columns[i]!) } : null;
}

/** The points of two columns; a line where the first only rises, else dots. */
export function pointsOf({ columns, rows }: SqlAnswer, x: number, y: number): { points: [number, number][]; rises: boolean } {
  const points = rows.flatMap(r => {
    const [a, b] = [numberOf(columns[x]!, r[x]), numberOf(columns[y]!, r[y])];
    return a === null || b === null ? [] : [[a, b] as [number, number]];
  });
  return { points, rises: points.every((p, i) => i === 0 || p[0] > points[i - 1]![0]) };
}
