import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useNarrow } from "../../graph/Drawing";
import { extent, logTicks, ticks } from "../../runs/charts";
import { figure } from "../format";
import { useLanguage } from "../texts";

/** @param faint drawn behind and not named; @param note what is told of it while nothing is pointed at */
export interface Line { name: string; points: [x: number, y: number][]; colour?: number; dots?: boolean; step?: boolean; faint?: boolean; note?: ComponentChildren }
export interface Band { name: string; points: [x: number, low: number, high: number][]; colour?: number }
export interface Mark { name: string; x?: number; y?: number }

const [left, right, top, bottom] = [58, 14, 12, 38];
/** Drawn narrower where the window is, so that its words keep their size. */
const useWidth = (small = false) => useNarrow() ? 360 : small ? 480 : 640;
const shown = (value: number | null | undefined): value is number => typeof value === "number" && Number.isFinite(value);

const noBands: Band[] = [];
const noMarks: Mark[] = [];

/** The style of the n-th line: ten colours, then the same again in dashes. */
export const lineClass = (colour: number) => `line l${colour % 10}${colour >= 10 ? ` d${Math.floor(colour / 10) % 4}` : ""}`;

/**
 * Lines, a band and marks over one axis; pointing at a place reads the values there. Its numbers stand in a table beside it wherever it is used.
 * @param log the values' axis is logarithmic: what is not above zero is not drawn
 * @param keys which lines are named below: all, or where they are many only the one that is pointed at
 * @param lit the line that stands out; @param small one of many beside each other
 */
export function Plot({
  title,
  label = title,
  lines,
  bands = noBands,
  marks = noMarks,
  x: xName,
  y: yName,
  xText,
  xTicks,
  fromZero = false,
  height = 260,
  log = false,
  keys = "all",
  lit = null,
  small = false,
}: {
  title: string;
  label?: string;
  lines: Line[];
  bands?: Band[];
  marks?: Mark[];
  x: string;
  y: string;
  xText?: (x: number) => string;
  xTicks?: (low: number, high: number) => number[];
  fromZero?: boolean;
  height?: number;
  log?: boolean;
  keys?: "all" | "near";
  lit?: string | null;
  small?: boolean;
}) {
  const language = useLanguage();
  const width = useWidth(small);
  const [at, point] = useState<{ x: number; y: number } | null>(null);
  const number = (value: number) => figure(Number(value.toPrecision(4)), language);
  const sayX = xText ?? number;
  const fits = (value: number | null | undefined): value is number => shown(value) && (!log || value > 0);
  const high = log ? Math.log10 : (value: number) => value;
  // Pointing draws the caption again, not the lines.
  const { drawn, filled, x0, x1, y0, y1, x, y, paths } = useMemo(() => {
    const drawn = lines.map(l => ({ ...l, points: l.points.filter(p => shown(p[0]) && fits(p[1])) }));
    const filled = bands.map(b => ({ ...b, points: b.points.filter(p => fits(p[1]) && fits(p[2])) }));
    // Points without a value take their place along the axis: charts of one time have one axis.
    const [x0, x1] = extent([...lines, ...filled].flatMap(l => l.points.map(p => p[0])).filter(shown));
    const values = [
      ...drawn.flatMap(l => l.points.map(p => high(p[1]))),
      ...filled.flatMap(b => b.points.flatMap(p => [high(p[1]), high(p[2])])),
      ...marks.flatMap(m => (fits(m.y) ? [high(m.y)] : [])),
      ...(fromZero && !log ? [0] : []),
    ];
    const [least, y1] = extent(values);
    // Nothing but zeros is a line along the bottom, not through the middle.
    const y0 = fromZero && !log && values.every(v => v >= 0) ? Math.max(0, least) : least;
    const x = (value: number) => left + ((value - x0) / (x1 - x0)) * (width - left - right);
    const y = (value: number) => height - bottom - ((high(value) - y0) / (y1 - y0)) * (height - top - bottom);
    const path = (points: [number, number][], step?: boolean) =>
      points
        .map((p, i) =>
          i === 0
            ? `M${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`
            : step
              ? `H${x(p[0]).toFixed(1)}V${y(p[1]).toFixed(1)}`
              : `L${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`,
        )
        .join("");
    return { drawn, filled, x0, x1, y0, y1, x, y, paths: drawn.map(l => (l.dots || l.points.length === 1 ? "" : path(l.points, l.step))) };
  }, [lines, bands, marks, width, height, log, fromZero]);
  const near = <P extends [number, ...number[]]>(points: P[]): P | undefined =>
    at === null || points.length === 0 ? undefined : points.reduce((a, b) => (Math.abs(b[0] - at.x) < Math.abs(a[0] - at.x) ? b : a));
  const named = drawn.filter(l => !l.faint);
  const nearest = at === null ? undefined : closest(named, at, near, y);
  const guide = keys === "near" ? nearest && near(nearest.points) : near(drawn.flatMap(l => l.points));
  const told = keys === "all" ? named : named.filter(l => l === nearest || l.name === lit);

  const move = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    point({
      x: x0 + ((((event.clientX - box.left) / box.width) * width - left) / (width - left - right)) * (x1 - x0),
      y: ((event.clientY - box.top) / box.height) * height,
    });
  };
  return (
    <figure class={`chart plot${lit === null ? "" : " has-lit"}`}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} onPointerMove={move} onPointerLeave={() => point(null)}>
        {(log ? logTicks(y0, y1) : ticks(y0, y1, 4)).map(t => (
          <g key={t}>
            <path class="grid" d={`M${left} ${y(t)}H${width - right}`} />
            <text x={left - 6} y={y(t) + 4} text-anchor="end">
              {number(t)}
            </text>
          </g>
        ))}
        {(xTicks?.(x0, x1) ?? ticks(x0, x1, width < 400 ? 3 : width < 500 ? 5 : 6)).map(t => (
          <text key={t} x={x(t)} y={height - bottom + 16} text-anchor="middle">
            {sayX(t)}
          </text>
        ))}
        <text x={width - right} y={height - 5} text-anchor="end">
          {xName}
        </text>
        {filled.map(b => (
          <path
            key={b.name}
            class={`band b${(b.colour ?? 0) % 5}`}
            d={
              b.points.length === 0
                ? ""
                : `M${b.points.map(p => `${x(p[0]).toFixed(1)} ${y(p[2]).toFixed(1)}`).join("L")}L${[...b.points]
                    .reverse()
                    .map(p => `${x(p[0]).toFixed(1)} ${y(p[1]).toFixed(1)}`)
                    .join("L")}Z`
            }
          />
        ))}
        {marks.map(m =>
          fits(m.y) ? (
            <path key={m.name} class="mark" d={`M${left} ${y(m.y)}H${width - right}`} />
          ) : shown(m.x) && m.x >= x0 && m.x <= x1 ? (
            <path key={m.name} class="mark" d={`M${x(m.x)} ${top}V${height - bottom}`} />
          ) : null,
        )}
        {drawn.map((l, i) => {
          const state = `${l.faint ? " faint" : l.name === lit || (keys === "near" && l === nearest) ? " lit" : ""}`;
          return l.dots ? (
            <g key={i} class={`dots l${(l.colour ?? i) % 10}`}>
              {l.points.map(p => (
                <circle key={p[0]} r="2.6" cx={x(p[0])} cy={y(p[1])} />
              ))}
            </g>
          ) : l.points.length === 1 ? (
            <circle key={i} class={`dot l${(l.colour ?? i) % 10}${state}`} r="3" cx={x(l.points[0]![0])} cy={y(l.points[0]![1])} />
          ) : (
            <path key={i} class={`${lineClass(l.colour ?? i)}${state}`} d={paths[i]} />
          );
        })}
        {guide && <path class="guide" d={`M${x(guide[0])} ${top}V${height - bottom}`} />}
      </svg>
      <figcaption>
        <b class="plot-title">
          {title}
          {guide && <span class="quiet"> · {sayX(guide[0])}</span>}
        </b>
        {told.map(l => {
          const here = near(l.points);
          return (
            <Key key={l.name} line={lineClass(l.colour ?? drawn.indexOf(l))}>
              {l.name}
              {here && guide && (keys === "near" || here[0] === guide[0]) ? (
                <>
                  {" "}
                  <b>{number(here[1]!)}</b>
                </>
              ) : (
                l.note !== undefined && <> {l.note}</>
              )}
            </Key>
          );
        })}
        {filled.map(b => {
          const here = near(b.points);
          return (
            <Key key={b.name} band={`band b${(b.colour ?? 0) % 5}`}>
              {b.name}
              {here && guide && here[0] === guide[0] && (
                <>
                  {" "}
                  <b>
                    {number(here[1]!)} … {number(here[2]!)}
                  </b>
                </>
              )}
            </Key>
          );
        })}
        {marks.map(m => (
          <Key key={m.name} line="mark">
            {m.name}
          </Key>
        ))}
        <span class="quiet">{yName}</span>
      </figcaption>
    </figure>
  );
}

type Near = <P extends [number, ...number[]]>(points: P[]) => P | undefined;

/** The line whose nearest point is least far above or below the pointer. */
function closest<L extends { points: [number, number][] }>(lines: L[], at: { y: number }, near: Near, y: (value: number) => number): L | undefined {
  let [found, far]: [L | undefined, number] = [undefined, Infinity];
  for (const line of lines) {
    const here = near(line.points);
    if (here === undefined || Math.abs(y(here[1]) - at.y) >= far) continue;
    [found, far] = [line, Math.abs(y(here[1]) - at.y)];
  }
  return found;
}

function Key({ line, band, children }: { line?: string; band?: string; children: ComponentChildren }) {
  return (
    <span>
      <svg width="22" height="10" aria-hidden="true">
        {band ? <rect class={band} width="22" height="10" /> : <path class={line} d="M1 5H21" />}
      </svg>{" "}
      {children}
    </span>
  );
}

/** Rows in bins; a second series, as shares, stands behind the first. */
export function Bars({ title, edges, counts, behind, x: xName, xText, height = 200 }: {
  title: string; edges: number[]; counts: number[]; behind?: { name: string; counts: number[] }; x: string; xText?: (x: number) => string; height?: number;
}) {
  const language = useLanguage();
  const width = useWidth();
  const number = (value: number) => figure(Number(value.toPrecision(4)), language);
  const shares = (all: number[]) => {
    const sum = all.reduce((a, b) => a + b, 0);
    return behind ? all.map(c => sum === 0 ? 0 : c / sum) : all;
  };
  const [own, other] = [shares(counts), behind ? shares(behind.counts) : []];
  const [x0, x1] = extent(edges);
  const most = Math.max(1e-12, ...own, ...other);
  const x = (value: number) => left + ((value - x0) / (x1 - x0)) * (width - left - right);
  const y = (value: number) => height - bottom - (value / most) * (height - top - bottom);
  return (
    <figure class="chart plot">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={title}>
        {ticks(0, most, 3).map(t => (
          <g key={t}>
            <path class="grid" d={`M${left} ${y(t)}H${width - right}`} />
            <text x={left - 6} y={y(t) + 4} text-anchor="end">
              {behind ? `${number(t * 100)}%` : number(t)}
            </text>
          </g>
        ))}
        {ticks(x0, x1, width < 500 ? 3 : 6).map(t => (
          <text key={t} x={x(t)} y={height - bottom + 16} text-anchor="middle">
            {(xText ?? number)(t)}
          </text>
        ))}
        <text x={width - right} y={height - 5} text-anchor="end">
          {xName}
        </text>
        {own.map((c, i) => (
          <rect
            key={i}
            class="bin"
            x={x(edges[i]!)}
            width={Math.max(1, x(edges[i + 1]!) - x(edges[i]!) - 1)}
            y={y(c)}
            height={Math.max(0, height - bottom - y(c))}
          >
            <title>{`${number(edges[i]!)} … ${number(edges[i + 1]!)}: ${number(counts[i]!)}`}</title>
          </rect>
        ))}
        {other.length > 0 && (
          <path class="line l1" d={other.map((c, i) => `${i === 0 ? "M" : "V"}${i === 0 ? `${x(edges[0]!)} ${y(c)}` : y(c)}H${x(edges[i + 1]!)}`).join("")} />
        )}
      </svg>
      <figcaption>
        <b class="plot-title">{title}</b>
        {behind && <Key line="line l1">{behind.name}</Key>}
      </figcaption>
    </figure>
  );
}

/** A histogram the size of a word. */
export function Spark({ counts, label }: { counts: number[]; label: string }) {
  const most = Math.max(1, ...counts);
  const wide = 120 / Math.max(1, counts.length);
  return (
    <svg class="spark" viewBox="0 0 120 26" role="img" aria-label={label}>
      {counts.map((c, i) => (
        <rect key={i} class="bin" x={i * wide} width={Math.max(0.6, wide - 0.6)} y={26 - (c / most) * 26} height={(c / most) * 26} />
      ))}
    </svg>
  );
}

/** A share or size as a bar in a cell, with its interval if it has one. */
export function Bar({ value, most, low, high }: { value: number; most: number; low?: number; high?: number }) {
  const x = (v: number) => Math.max(0, Math.min(1, v / (most || 1))) * 160;
  return (
    <svg class="bar" viewBox="0 0 160 14" aria-hidden="true">
      <rect class="bin" y="2" width={x(value)} height="10" />
      {low !== undefined && high !== undefined && <path class="whisker" d={`M${x(low)} 7H${x(high)}M${x(low)} 3V11M${x(high)} 3V11`} />}
    </svg>
  );
}
