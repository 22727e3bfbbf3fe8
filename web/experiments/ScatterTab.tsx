import { useMemo, useRef, useState } from "preact/hooks";
import { useNarrow } from "../graph/Drawing";
import { figure } from "../src/format";
import { Empty } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import type { TrackedRun } from "../tracking/calls";
import { shown, valueOf } from "./asking";
import { labelsOf, type CompareOf } from "./CompareTrackedPage";
import { atPlace, axisOf, differing, keysOf, placeOf, shade, type Axis } from "./comparing";
import { Shades } from "./Shades";
import { useWords } from "./words";

const [height, left, right, top, bottom] = [420, 84, 24, 16, 52];

/** Runs as points: any two of parameters and metrics, a third as their shade. */
export function ScatterTab({ runs, comparing, refine, lit, light }: CompareOf) {
  const say = useSay();
  const words = useWords();
  const language = useLanguage();
  const width = useNarrow() ? 360 : 760;
  const points = useRef<SVGSVGElement>(null);
  const [here, setHere] = useState<string | null>(null);
  const labels = useMemo(() => labelsOf(runs), [runs]);
  const all = useMemo(() => [...keysOf(runs, "params"), ...keysOf(runs, "metrics")], [runs]);
  if (all.length === 0) return <Empty>{words("page.experiments.nothing-logged")}</Empty>;
  const other = differing(runs);
  const first = (kind: string, but: string[]) => [...other, ...all].find(c => c.startsWith(kind) && !but.includes(c));
  const chosen = { y: all.includes(comparing.y) ? comparing.y : (first("metrics.", []) ?? all[0]!), x: "", colour: "" };
  chosen.x = all.includes(comparing.x) ? comparing.x : (first("params.", [chosen.y]) ?? first("metrics.", [chosen.y]) ?? chosen.y);
  chosen.colour = all.includes(comparing.colour) ? comparing.colour : (first("metrics.", [chosen.x, chosen.y]) ?? chosen.y);
  const axis = (column: string) => axisOf(runs, column, comparing.logAxes.includes(column));
  const [across, up, shading] = [axis(chosen.x), axis(chosen.y), axis(chosen.colour)];
  const x = (place: number) => left + 8 + place * (width - left - right - 16);
  const y = (place: number) => height - bottom - 8 - place * (height - top - bottom - 16);
  const placed = runs
    .flatMap(run => {
      const [px, py] = [placeOf(run, across), placeOf(run, up)];
      return px === null || py === null ? [] : [{ run, px, py }];
    })
    .sort((a, b) => a.px - b.px || a.py - b.py);
  const current = placed.find(p => p.run.info.run_id === (here ?? lit)) ?? null;
  const told = (run: TrackedRun) =>
    `${labels.get(run.info.run_id)}: ${[...new Set([chosen.x, chosen.y, chosen.colour])].map(c => `${c} ${shown(valueOf(run, c), language)}`).join(", ")}`;
  const press = (event: KeyboardEvent, i: number) => {
    const next = event.key === "ArrowRight" || event.key === "ArrowDown" ? i + 1 : event.key === "ArrowLeft" || event.key === "ArrowUp" ? i - 1 : -1;
    const link = points.current?.querySelectorAll("a")[next];
    if (link === undefined) return;
    event.preventDefault();
    link.focus();
  };
  return (
    <>
      <div class="filters" role="group" aria-label={words("page.experiments.scatter-look")}>
        {(["x", "y", "colour"] as const).map(part => (
          <span key={part} class="inline">
            <label>
              {words(part === "x" ? "page.experiments.across" : part === "y" ? "page.experiments.up" : "page.experiments.colour")}
              <select value={chosen[part]} onChange={e => refine({ ...comparing, [part]: e.currentTarget.value })}>
                {all.map(c => (
                  <option key={c} value={c}>
                    {c}
                  </option>
                ))}
              </select>
            </label>
            {axis(chosen[part]).isNumber && (
              <label>
                <input
                  type="checkbox"
                  aria-label={words("page.experiments.log-of", { name: chosen[part] })}
                  checked={comparing.logAxes.includes(chosen[part])}
                  onChange={e =>
                    refine({ ...comparing, logAxes: e.currentTarget.checked ? [...comparing.logAxes, chosen[part]] : comparing.logAxes.filter(c => c !== chosen[part]) })
                  }
                />
                {words("page.experiments.log")}
              </label>
            )}
          </span>
        ))}
      </div>
      <figure class="chart scatter">
        <svg ref={points} viewBox={`0 0 ${width} ${height}`} role="group" aria-label={words("page.experiments.scatter-label", { x: chosen.x, y: chosen.y, count: placed.length })}>
          {marksOf(up).map(([p, text]) => (
            <g key={p}>
              <path class="grid" d={`M${left} ${y(p)}H${width - right}`} />
              <text x={left - 6} y={y(p) + 4} text-anchor="end">
                {cut(text, 12)}
              </text>
            </g>
          ))}
          {marksOf(across).map(([p, text], i, of) => (
            <text key={p} x={x(p)} y={height - bottom + 16} text-anchor={i === 0 ? "start" : i === of.length - 1 ? "end" : "middle"}>
              {cut(text, width < 500 ? 7 : 14)}
            </text>
          ))}
          <text x={width - right} y={height - 8} text-anchor="end">
            {chosen.x} →
          </text>
          <text x={left} y={top - 4}>
            ↑ {chosen.y}
          </text>
          {placed.map(({ run, px, py }, i) => {
            const id = run.info.run_id;
            return (
              <a
                key={id}
                href={to.trackedRun(id)}
                tabIndex={(current === null ? i === 0 : current.run === run) ? 0 : -1}
                aria-label={told(run)}
                onFocus={() => setHere(id)}
                onPointerEnter={() => setHere(id)}
                onPointerLeave={() => setHere(null)}
                onKeyDown={e => press(e, i)}
              >
                <circle class={`spot ${shade(placeOf(run, shading))}${current?.run === run ? " lit" : ""}`} r={current?.run === run ? 8 : 5.5} cx={x(px)} cy={y(py)} />
              </a>
            );
          })}
        </svg>
        <figcaption>
          <Shades axis={shading} />
          <span role="status">{current === null ? words("page.experiments.scatter-how") : told(current.run)}</span>
        </figcaption>
      </figure>
      {placed.length < runs.length && <p class="quiet">{words("page.experiments.without-place", { count: runs.length - placed.length })}</p>}
      <details class="figures">
        <summary>{words("page.experiments.in-numbers")}</summary>
        <div class="table-box" tabIndex={0} role="region" aria-label={words("page.experiments.in-numbers")}>
          <table>
            <thead>
              <tr>
                {[say("page.run"), ...new Set([chosen.x, chosen.y, chosen.colour])].map(h => (
                  <th key={h} scope="col">
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {placed.map(({ run }) => (
                <tr key={run.info.run_id}>
                  <th scope="row">
                    <button type="button" class="open" onClick={() => light(lit === run.info.run_id ? null : run.info.run_id)}>
                      {labels.get(run.info.run_id)}
                    </button>
                  </th>
                  {[...new Set([chosen.x, chosen.y, chosen.colour])].map(c => (
                    <td key={c}>{shown(valueOf(run, c), language)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );

  function marksOf(axis: Axis): [number, string][] {
    if (!axis.isNumber) {
      const every = Math.max(1, Math.ceil(axis.names.length / 8));
      return axis.names.flatMap((n, i) => (i % every === 0 ? [[axis.names.length < 2 ? 0.5 : i / (axis.names.length - 1), n] as [number, string]] : []));
    }
    return [0, 0.25, 0.5, 0.75, 1].map(p => [p, figure(Number(atPlace(axis, p).toPrecision(3)), language)]);
  }
}

const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
