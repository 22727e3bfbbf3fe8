import { useMemo, useRef, useState } from "preact/hooks";
import { useNarrow } from "../graph/Drawing";
import { figure } from "../src/format";
import { Empty } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import type { TrackedRun } from "../tracking/calls";
import { nameOf, shown, valueOf } from "./asking";
import { labelsOf, type CompareOf } from "./CompareTrackedPage";
import { atPlace, axisOf, differing, keysOf, placeOf, shade, type Axis } from "./comparing";
import { useNumber } from "./parts";
import { Shades } from "./Shades";
import { useWords } from "./words";

type Brush = [low: number, high: number];
const [height, top, bottom, side] = [400, 62, 34, 70];
const mostUsual = 8;

/** An axis for each parameter and metric, a line for each run; a stretch of an axis keeps only the runs that go through it. */
export function ParallelTab({ runs, comparing, refine, lit, light }: CompareOf) {
  const say = useSay();
  const words = useWords();
  const number = useNumber();
  const language = useLanguage();
  const narrow = useNarrow();
  const [brushes, setBrushes] = useState<Record<string, Brush>>({});
  const [pointed, point] = useState<string | null>(null);
  const labels = useMemo(() => labelsOf(runs), [runs]);
  const all = useMemo(() => [...keysOf(runs, "params"), ...keysOf(runs, "metrics")], [runs]);
  const columns = (comparing.axes ?? usualAxes(runs)).filter(c => all.includes(c));
  const colour = all.includes(comparing.colour) ? comparing.colour : (columns.filter(c => c.startsWith("metrics.")).at(-1) ?? columns.at(-1) ?? "");
  const axes = useMemo(() => columns.map(c => axisOf(runs, c, comparing.logAxes.includes(c))), [runs, columns.join("\n"), comparing.logAxes.join("\n")]);
  const shading = useMemo(() => axisOf(runs, colour, comparing.logAxes.includes(colour)), [runs, colour, comparing.logAxes.join("\n")]);
  if (all.length === 0) return <Empty>{words("page.experiments.nothing-logged")}</Empty>;

  const step = narrow ? 92 : Math.max(110, Math.min(190, 1300 / Math.max(1, axes.length)));
  const width = side * 2 + step * Math.max(0, axes.length - 1);
  const x = (i: number) => side + i * step;
  const y = (place: number) => height - bottom - place * (height - top - bottom);
  const passes = (run: TrackedRun) =>
    axes.every(a => {
      const brush = brushes[a.column];
      const place = placeOf(run, a);
      return brush === undefined || (place !== null && place >= brush[0] - 1e-9 && place <= brush[1] + 1e-9);
    });
  const passing = runs.filter(passes);
  const brush = (column: string, to: Brush | null) =>
    setBrushes(b => Object.fromEntries([...Object.entries(b).filter(([c]) => c !== column), ...(to === null ? [] : [[column, to] as [string, Brush]])]));
  const named = pointed ?? lit;
  return (
    <>
      <div class="filters" role="group" aria-label={words("page.experiments.parallel-look")}>
        <label>
          {words("page.experiments.add-axis")}
          <select value="" onChange={e => e.currentTarget.value !== "" && refine({ ...comparing, axes: [...columns, e.currentTarget.value] })}>
            <option value="">–</option>
            {all.filter(c => !columns.includes(c)).map(c => (
              <option key={c} value={c}>
                {c}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words("page.experiments.colour")}
          <select value={colour} onChange={e => refine({ ...comparing, colour: e.currentTarget.value })}>
            {all.map(c => (
              <option key={c} value={c}>
                {c}
              </option>
            ))}
          </select>
        </label>
        <output class="quiet" role="status">{words("page.experiments.passing", { count: number(passing.length), of: number(runs.length) })}</output>
        {Object.keys(brushes).length > 0 && (
          <button type="button" onClick={() => setBrushes({})}>
            {words("page.experiments.clear-stretches")}
          </button>
        )}
      </div>
      {axes.length < 2 ? (
        <Empty>{words("page.experiments.two-axes")}</Empty>
      ) : (
        <figure class="chart wide-chart">
          <div class="parallel-box" tabIndex={0} role="region" aria-label={words("page.experiments.tab-parallel")}>
            <svg width={width} height={height} role="img" aria-label={words("page.experiments.parallel-label", { axes: axes.map(a => a.column).join(", "), count: runs.length })}>
              {[...runs].sort((a, b) => Number(passes(a)) - Number(passes(b)) || Number(a.info.run_id === named) - Number(b.info.run_id === named)).map(r => {
                const id = r.info.run_id;
                const on = passes(r);
                return (
                  <path
                    key={id}
                    class={`thread ${shade(placeOf(r, shading))}${on ? "" : " out"}${named === id ? " lit" : ""}`}
                    d={threadOf(r, axes, x, y)}
                    onPointerEnter={() => on && point(id)}
                    onPointerLeave={() => point(null)}
                    onClick={() => light(lit === id ? null : id)}
                  />
                );
              })}
              {axes.map((a, i) => (
                <Bar key={a.column} axis={a} at={x(i)} y={y} brush={brushes[a.column]} onBrush={to => brush(a.column, to)} flip={i % 2 === 1 && axes.length > 3} />
              ))}
            </svg>
          </div>
          <figcaption>
            <Shades axis={shading} />
            <span role="status">{named === null ? words("page.experiments.brush-how") : told(runs.find(r => r.info.run_id === named), axes)}</span>
          </figcaption>
        </figure>
      )}
      <div class="table-box" tabIndex={0} role="region" aria-label={words("page.experiments.axes")}>
        <table>
          <thead>
            <tr>
              {[words("page.experiments.axis"), words("page.experiments.from"), words("page.experiments.to"), words("page.experiments.log"), ""].map((h, i) => (h === "" ? <td key={i} /> : <th key={h} scope="col">{h}</th>))}
            </tr>
          </thead>
          <tbody>
            {axes.map((a, i) => (
              <tr key={a.column}>
                <th scope="row">{a.column}</th>
                <Stretch axis={a} brush={brushes[a.column]} onBrush={to => brush(a.column, to)} />
                <td>
                  {a.isNumber && (
                    <input
                      type="checkbox"
                      aria-label={words("page.experiments.log-of", { name: a.column })}
                      checked={comparing.logAxes.includes(a.column)}
                      onChange={e => {
                        brush(a.column, null);
                        refine({ ...comparing, logAxes: e.currentTarget.checked ? [...comparing.logAxes, a.column] : comparing.logAxes.filter(c => c !== a.column) });
                      }}
                    />
                  )}
                </td>
                <td>
                  <button type="button" class="small" disabled={i === 0} aria-label={words("page.experiments.move-left", { name: a.column })}
                    onClick={() => refine({ ...comparing, axes: columns.map((c, j) => (j === i - 1 ? columns[i]! : j === i ? columns[i - 1]! : c)) })}>←</button>{" "}
                  <button type="button" class="small" aria-label={words("page.experiments.take-out", { name: a.column })}
                    onClick={() => { brush(a.column, null); refine({ ...comparing, axes: columns.filter(c => c !== a.column) }); }}>×</button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <details class="figures">
        <summary>{words("page.experiments.passing-runs", { count: passing.length })}</summary>
        <div class="table-box" tabIndex={0} role="region" aria-label={words("page.experiments.passing-runs", { count: passing.length })}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("page.run")}</th>
                {axes.map(a => (
                  <th key={a.column} scope="col">
                    {a.column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {passing.map(r => (
                <tr key={r.info.run_id}>
                  <th scope="row">
                    <a href={to.trackedRun(r.info.run_id)}>{labels.get(r.info.run_id)}</a>
                  </th>
                  {axes.map(a => (
                    <td key={a.column}>{shown(valueOf(r, a.column), language)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );

  function told(run: TrackedRun | undefined, axes: Axis[]): string {
    return run === undefined ? "" : `${labels.get(run.info.run_id)}: ${axes.map(a => `${nameOf(a.column)} ${shown(valueOf(run, a.column), language)}`).join(", ")}`;
  }
}

function usualAxes(runs: TrackedRun[]): string[] {
  const other = differing(runs);
  const params = other.filter(c => c.startsWith("params.")).slice(0, mostUsual - 2);
  return [...params, ...other.filter(c => c.startsWith("metrics.")).slice(0, mostUsual - params.length)];
}

/** The line of one run; it breaks where the run has nothing that can stand on an axis. */
function threadOf(run: TrackedRun, axes: Axis[], x: (i: number) => number, y: (place: number) => number): string {
  let pen = "M";
  return axes
    .map((a, i) => {
      const place = placeOf(run, a);
      if (place === null) {
        pen = "M";
        return "";
      }
      const to = `${pen}${x(i).toFixed(1)} ${y(place).toFixed(1)}`;
      pen = "L";
      return to;
    })
    .join("");
}

/** One axis; dragging along it chooses a stretch, a click lets it go. */
function Bar({ axis, at, y, brush, onBrush, flip }: {
  axis: Axis; at: number; y: (place: number) => number; brush: Brush | undefined; onBrush: (brush: Brush | null) => void; flip: boolean;
}) {
  const language = useLanguage();
  const from = useRef<number | null>(null);
  const place = (event: PointerEvent) => {
    const box = (event.currentTarget as SVGElement).ownerSVGElement!.getBoundingClientRect();
    return Math.min(1, Math.max(0, (height - bottom - (event.clientY - box.top)) / (height - top - bottom)));
  };
  const ends = axis.isNumber
    ? [0, 0.5, 1].map(p => [p, figure(Number(atPlace(axis, p).toPrecision(3)), language)] as const)
    : axis.names.length > 12 ? [[0, axis.names[0]!] as const, [1, axis.names.at(-1)!] as const] : axis.names.map((n, i) => [axis.names.length < 2 ? 0.5 : i / (axis.names.length - 1), n] as const);
  const name = axis.column.slice(axis.column.indexOf(".") + 1);
  return (
    <g>
      <path class="axis" d={`M${at} ${y(0)}V${y(1)}`} />
      {ends.map(([p, text]) => (
        <text key={text} x={p === 0 || p === 1 ? at : at + 6} y={p === 0 ? y(0) + 17 : p === 1 ? y(1) - 8 : y(p) + 4} text-anchor={p === 0 || p === 1 ? "middle" : "start"}>
          {text.length > 14 ? `${text.slice(0, 13)}…` : text}
        </text>
      ))}
      <text class="axis-name" x={at} y={flip ? 32 : 16} text-anchor="middle">
        {name.length > 20 ? `${name.slice(0, 19)}…` : name}
        <title>{axis.column}</title>
      </text>
      {brush !== undefined && <rect class="brush" x={at - 7} width="14" y={y(brush[1])} height={Math.max(2, y(brush[0]) - y(brush[1]))} />}
      <rect
        class="grip"
        x={at - 12}
        width="24"
        y={top - 6}
        height={height - top - bottom + 12}
        onPointerDown={e => {
          e.currentTarget.setPointerCapture(e.pointerId);
          from.current = place(e);
        }}
        onPointerMove={e => {
          if (from.current === null) return;
          const now = place(e);
          if (Math.abs(now - from.current) > 0.01) onBrush([Math.min(from.current, now), Math.max(from.current, now)]);
        }}
        onPointerUp={e => {
          if (from.current !== null && Math.abs(place(e) - from.current) <= 0.01) onBrush(null);
          from.current = null;
        }}
      />
    </g>
  );
}

/** The stretch of an axis in numbers, or the one name that is kept: what the pointer does, by keys. */
function Stretch({ axis, brush, onBrush }: { axis: Axis; brush: Brush | undefined; onBrush: (brush: Brush | null) => void }) {
  const words = useWords();
  if (!axis.isNumber) {
    const last = Math.max(1, axis.names.length - 1);
    const kept = brush === undefined ? "" : (axis.names.find((_, i) => Math.abs(i / last - brush[0]) < 1e-9 && Math.abs(i / last - brush[1]) < 1e-9) ?? "");
    return (
      <td colSpan={2}>
        <select aria-label={words("page.experiments.only-of", { name: axis.column })} value={kept}
          onChange={e => { const i = axis.names.indexOf(e.currentTarget.value); onBrush(i < 0 ? null : [i / last, i / last]); }}>
          <option value="">{words("page.experiments.any")}</option>
          {axis.names.map(n => <option key={n} value={n}>{n}</option>)}
        </select>
      </td>
    );
  }
  const placed = (value: number) => (axis.log ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : (value - axis.low) / (axis.high - axis.low));
  const box = (end: 0 | 1, label: string) => (
    <td>
      <input
        type="text"
        inputMode="decimal"
        size={9}
        aria-label={label}
        placeholder={String(Number((end === 0 ? axis.low : axis.high).toPrecision(4)))}
        value={brush === undefined || Math.abs(brush[end] - end) < 1e-9 ? "" : String(Number(atPlace(axis, brush[end]).toPrecision(4)))}
        onChange={e => {
          const text = e.currentTarget.value.trim();
          const number = Number(text);
          const given = text === "" || !Number.isFinite(number) || (axis.log && number <= 0) ? end : placed(number);
          const next: Brush = end === 0 ? [given, brush?.[1] ?? 1] : [brush?.[0] ?? 0, given];
          onBrush(next[0] <= 0 && next[1] >= 1 ? null : next);
        }}
      />
    </td>
  );
  return (
    <>
      {box(0, words("page.experiments.lowest-of", { name: axis.column }))}
      {box(1, words("page.experiments.highest-of", { name: axis.column }))}
    </>
  );
}
