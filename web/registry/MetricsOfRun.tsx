import { Fragment } from "preact";
import { useState } from "preact/hooks";
import { Chart } from "../runs/Chart";
import { extent } from "../runs/charts";
import { get, type Figure } from "../src/api";
import { figure } from "../src/format";
import { useLive } from "../src/live";
import { Section, Table, Time } from "../src/parts";
import { useLanguage } from "../src/texts";
import { useAnswer, usePaced } from "./asking";
import { at, type LoggedMetric, type Series } from "./calls";
import { byKey, useFilter } from "./Editing";
import { useWords } from "./words";

const atOnce = 25;

/** What a run measured: of each metric the newest value, its range over all points, and a small curve that opens to a large one. */
export function MetricsOfRun({ run, metrics }: { run: string; metrics: LoggedMetric[] }) {
  const words = useWords();
  const [open, setOpen] = useState<string | null>(null);
  const [most, setMost] = useState(atOnce);
  const [wanted, input] = useFilter(metrics.length, words("page.tr.find-metric"));
  const found = byKey(metrics).filter(m => m.key.toLowerCase().includes(wanted));
  const shown = found.slice(0, most);
  const pages = Array.from({ length: Math.ceil(shown.length / atOnce) }, (_, i) => shown.slice(i * atOnce, (i + 1) * atOnce));
  return (
    <Section title={words("page.tr.metrics")} count={metrics.length}>
      {metrics.length === 0 ? (
        <p class="quiet">{words("page.tr.no-metrics")}</p>
      ) : (
        <>
          {input}
          <Table
            label={words("page.tr.metrics")}
            numbers={[2, 3, 4, 5, 6]}
            head={["page.tr.metric", "page.tr.curve", "page.tr.newest", "page.tr.step", "page.tr.low", "page.tr.high", "page.tr.points", "page.tr.at"].map(id =>
              words(id as "page.tr.step"),
            )}
          >
            {pages.map(page => (
              <Rows key={page[0]!.key} run={run} metrics={page} open={open} onOpen={setOpen} />
            ))}
          </Table>
          {found.length === 0 && <p class="quiet">{words("page.tr.none-found")}</p>}
          {found.length > most && (
            <button type="button" class="after-text" onClick={() => setMost(m => m + atOnce)}>
              {words("page.art.more", { count: found.length - most })}
            </button>
          )}
        </>
      )}
    </Section>
  );
}

function Rows({ run, metrics, open, onOpen }: { run: string; metrics: LoggedMetric[]; open: string | null; onOpen: (key: string | null) => void }) {
  const words = useWords();
  const language = useLanguage();
  const read = useSeries(run, metrics, 200);
  const byName = new Map(read.state === "ready" ? read.value.series.map(s => [s.name, s]) : []);
  const shown = (value: Figure | null | undefined) => (value === undefined ? "…" : value === null ? "–" : figure(value, language));
  return (
    <>
      {metrics.map(m => {
        const series = byName.get(m.key);
        const isOpen = open === m.key;
        const isCurve = (series?.count ?? 0) > 1;
        return (
          <Fragment key={m.key}>
            <tr class={isOpen ? "here" : undefined}>
              <th scope="row">
                {isCurve ? (
                  <button type="button" class="open" aria-expanded={isOpen} onClick={() => onOpen(isOpen ? null : m.key)}>
                    {m.key}
                  </button>
                ) : (
                  m.key
                )}
                {m.dataset_name && <span class="quiet"> {words("page.tr.on", { dataset: m.dataset_name })}</span>}
              </th>
              <td>{series && isCurve ? <Small series={series} label={words("page.tr.curve-of", { name: m.key })} /> : null}</td>
              <td class="number">
                <b>{figure(m.value, language)}</b>
              </td>
              <td class="number">{figure(m.step, language)}</td>
              <td class="number">{shown(read.state === "failed" ? null : series?.low)}</td>
              <td class="number">{shown(read.state === "failed" ? null : series?.high)}</td>
              <td class="number">{shown(read.state === "failed" ? null : series?.count)}</td>
              <td>
                <Time at={new Date(m.timestamp).toISOString()} />
              </td>
            </tr>
            {isOpen && (
              <tr>
                <td colSpan={8} class="below">
                  <Large run={run} metric={m} />
                </td>
              </tr>
            )}
          </Fragment>
        );
      })}
      {read.state === "failed" && (
        <tr>
          <td colSpan={8} class="sentence bad" role="alert">
            {read.reason}
          </td>
        </tr>
      )}
    </>
  );
}

function Large({ run, metric }: { run: string; metric: LoggedMetric }) {
  const read = useSeries(run, [metric], 1000);
  return read.state === "ready" ? (
    <Chart title={metric.key} series={read.value.series} />
  ) : read.state === "failed" ? (
    <p role="alert">{read.reason}</p>
  ) : (
    <p class="loading" role="status">
      …
    </p>
  );
}

/**
 * The range of a metric is that of all its points, so series are read again when these metrics have newer ones, and not for each of them; and now and then
 * besides, for a client may log a step that lies before the newest.
 */
function useSeries(run: string, metrics: LoggedMetric[], points: number) {
  const now = usePaced(useLive().revision, 15_000);
  const newest = usePaced(JSON.stringify(metrics.map(m => [m.key, m.step, m.timestamp, m.value])), 2000);
  const path = at.series(
    run,
    metrics.map(m => m.key),
    points,
  );
  return useAnswer(path, `${newest} ${now}`, (language, stop) => get<{ series: Series[] }>(path, language, stop));
}

function Small({ series, label }: { series: Series; label: string }) {
  const points = series.points.flatMap(p => (typeof p.value === "number" ? [{ x: p.step, y: p.value }] : []));
  const [x0, x1] = extent(points.map(p => p.x));
  const [y0, y1] = extent(points.map(p => p.y));
  const place = (p: { x: number; y: number }) => `${(2 + ((p.x - x0) / (x1 - x0)) * 116).toFixed(1)} ${(23 - ((p.y - y0) / (y1 - y0)) * 20).toFixed(1)}`;
  return (
    <svg class="spark" viewBox="0 0 120 26" role="img" aria-label={label}>
      <path class="line l0" d={points.map((p, i) => `${i === 0 ? "M" : "L"}${place(p)}`).join("")} />
    </svg>
  );
}
