import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useAll } from "../runs/Curves";
import { Plot, type Line } from "../src/draw/Plot";
import { duration, figure, localTime } from "../src/format";
import { Empty, Read } from "../src/parts";
import { useLanguage, useSay } from "../src/texts";
import { at, type History, type LoggedMetric } from "../tracking/calls";
import { labelsOf, type CompareOf } from "./CompareTrackedPage";
import { keysOf, pointsOver, smoothed, timeTicks, ways } from "./comparing";
import { useKept } from "./parts";
import { useWords } from "./words";

const chartsAtOnce = 12;
/** With more runs than these, a chart names only the line that is pointed at. */
const mostNamed = 10;

/** Each metric as one chart, a line for each run; while a run goes on, its line grows. */
export function TrackedCurves(of: CompareOf) {
  const { runs, comparing, refine } = of;
  const words = useWords();
  const say = useSay();
  const language = useLanguage();
  const [count, setCount] = useState(chartsAtOnce);
  const [single, setSingle] = useState<ReadonlySet<string>>(new Set());
  const metrics = useMemo(() => keysOf(runs, "metrics").map(c => c.slice("metrics.".length)), [runs]);
  const wanted = comparing.metric.trim().toLowerCase();
  const found = metrics.filter(m => m.toLowerCase().includes(wanted));
  // Those of one value are no curves: they are named below, and their places go to others.
  const shown = found.slice(0, count + found.filter(m => single.has(m)).length);
  const singles = shown.filter(m => single.has(m));
  if (metrics.length === 0) return <Empty>{words("page.experiments.no-metrics")}</Empty>;
  return (
    <>
      <div class="filters" role="group" aria-label={words("page.experiments.curves-look")}>
        <label>
          {words("page.experiments.metric")}
          <input type="search" value={comparing.metric} onInput={e => refine({ ...comparing, metric: e.currentTarget.value })} />
        </label>
        <label>
          {words("page.experiments.over")}
          <select value={comparing.over} onChange={e => refine({ ...comparing, over: e.currentTarget.value as typeof comparing.over })}>
            {ways.map(w => (
              <option key={w} value={w}>
                {words(`page.experiments.over-${w}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={comparing.log} onChange={e => refine({ ...comparing, log: e.currentTarget.checked })} />
          {words("page.experiments.log")}
        </label>
        <label>
          {words("page.experiments.smooth")}
          <input
            type="range"
            min="0"
            max="0.99"
            step="0.01"
            value={comparing.smooth}
            onInput={e => refine({ ...comparing, smooth: Number(e.currentTarget.value) })}
          />
          <output>{figure(comparing.smooth, language)}</output>
        </label>
      </div>
      {found.length === 0 && <Empty>{words("page.experiments.no-such-metric")}</Empty>}
      <div class="charts">
        {shown.map(m => (
          <WhenSeen key={m} hidden={single.has(m)}>
            <MetricChart
              metric={m}
              {...of}
              onSingle={is => setSingle(s => (s.has(m) === is ? s : new Set(is ? [...s, m] : [...s].filter(o => o !== m))))}
            />
          </WhenSeen>
        ))}
      </div>
      {found.length > shown.length && (
        <button type="button" class="after" onClick={() => setCount(c => c + chartsAtOnce)}>
          {say("page.overview.more", { count: found.length - shown.length })}
        </button>
      )}
      {singles.length > 0 && (
        <p class="quiet single">
          {words("page.experiments.one-value")} <code>{singles.join(", ")}</code>
        </p>
      )}
    </>
  );
}

/** Drawn, and asked for, only when it comes into view. */
function WhenSeen({ hidden, children }: { hidden: boolean; children: preact.ComponentChildren }) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, see] = useState(false);
  useEffect(() => {
    const watch = new IntersectionObserver(entries => entries.some(e => e.isIntersecting) && see(true), { rootMargin: "300px" });
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, []);
  return (
    <div ref={box} class="chart-place" hidden={hidden}>
      {seen && children}
    </div>
  );
}

function MetricChart({ metric, runs, comparing, lit, onSingle }: CompareOf & { metric: string; onSingle: (is: boolean) => void }) {
  const say = useSay();
  const words = useWords();
  const language = useLanguage();
  const measured = runs.filter(r => r.data.metrics?.some(m => m.key === metric));
  const most = measured.length > 30 ? 150 : 400;
  // What has ended is asked for once; only what still runs again and again.
  const asked = (running: boolean) => {
    const ids = measured.filter(r => (r.info.status === "RUNNING") === running).map(r => r.info.run_id);
    return ids.length === 0 ? [] : [at.sampled(ids, metric, most)];
  };
  const ended = useKept(useAll<History>(asked(false), { live: false }));
  const going = useKept(useAll<History>(asked(true)));
  const history = ended.state === "ready" ? going : ended;
  const { over, smooth, log } = comparing;
  const labels = useMemo(() => labelsOf(runs), [runs]);
  const read = ended.state === "ready" && going.state === "ready" ? going.value : null;
  const lines = useMemo(() => {
    const byRun = new Map<string, LoggedMetric[]>();
    const points = read === null || ended.state !== "ready" ? [] : [...ended.value, ...read].flatMap(h => h.metrics ?? []);
    for (const point of points) {
      const known = byRun.get(point.run_id!);
      if (known) known.push(point);
      else byRun.set(point.run_id!, [point]);
    }
    return runs.flatMap<Line & { all: [number, number][]; left: number }>((r, i) => {
      const logged = byRun.get(r.info.run_id);
      if (logged === undefined) return [];
      const all = pointsOver(logged, over, r.info.start_time);
      const line = { name: labels.get(r.info.run_id)!, colour: i, all, left: logged.length - all.length };
      return smooth === 0 || all.length < 3
        ? [{ ...line, points: all }]
        : [{ ...line, points: all, faint: true }, { ...line, points: smoothed(all, smooth) }];
    });
  }, [read, ended, runs, over, smooth, labels]);
  const named = lines.filter(l => !l.faint);
  const isSingle = read !== null && named.length > 0 && named.every(l => l.all.length <= 1);
  useEffect(() => onSingle(isSingle), [isSingle]);
  const left = named.reduce((sum, l) => sum + l.left + (log ? l.all.filter(p => p[1] <= 0).length : 0), 0);
  const xText = over === "time" ? (x: number) => duration(Math.max(0, x), language) : over === "clock" ? (x: number) => clock(x, language) : undefined;
  return (
    <Read of={history} what={metric}>
      {() => (
          <>
            <Plot
              title={metric}
              label={say("page.chart", { name: metric })}
              lines={lines}
              x={words(`page.experiments.over-${over}`)}
              y=""
              xText={xText}
              xTicks={xTicks[over]}
              log={log}
              height={230}
              small
              keys={named.length > mostNamed ? "near" : "all"}
              lit={lit === null ? null : (labels.get(lit) ?? null)}
            />
            {left > 0 && <p class="quiet">{words("page.experiments.not-drawn", { count: left })}</p>}
            <Figures metric={metric} lines={named} />
          </>
      )}
    </Read>
  );
}

/** The same in numbers. */
function Figures({ metric, lines }: { metric: string; lines: (Line & { all: [number, number][] })[] }) {
  const say = useSay();
  const words = useWords();
  const language = useLanguage();
  const [open, setOpen] = useState(false);
  const cell = (value: number | undefined) => <td class="number">{value === undefined ? "–" : figure(value, language)}</td>;
  return (
    <details class="figures" onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>{words("page.experiments.in-numbers")}</summary>
      {open && (
        <div class="table-box" tabIndex={0} role="region" aria-label={words("page.experiments.numbers-of", { name: metric })}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("page.run")}</th>
                {(["drawn", "first", "last", "lowest", "highest"] as const).map(h => (
                  <th key={h} scope="col" class="number">
                    {words(`page.experiments.points-${h}`)}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {lines.map(l => {
                const values = l.all.map(p => p[1]);
                return (
                  <tr key={l.name}>
                    <th scope="row">{l.name}</th>
                    {cell(values.length)}
                    {cell(values[0])}
                    {cell(values.at(-1))}
                    {cell(values.length === 0 ? undefined : Math.min(...values))}
                    {cell(values.length === 0 ? undefined : Math.max(...values))}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

const xTicks = {
  step: undefined,
  time: (low: number, high: number) => timeTicks(low, high, 3),
  clock: (low: number, high: number) => timeTicks(low / 1000, high / 1000, 2).map(t => t * 1000),
};

function clock(ms: number, language: "en" | "ja"): string {
  return localTime(new Date(ms).toISOString(), language);
}
