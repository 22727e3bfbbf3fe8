import { useEffect, useState } from "preact/hooks";
import { get, Refusal, type Metrics, type Series } from "../src/api";
import { useLive } from "../src/live";
import { Read, Section } from "../src/parts";
import type { Resource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import { Chart } from "./Chart";

export interface Compared { id: string; label: string }

/** Each metric of some runs as one chart, a line for each run; nothing where none has a series. */
export function Curves({ runs }: { runs: Compared[] }) {
  const say = useSay();
  const all = useAll<Metrics>(runs.map(r => `api/runs/${encodeURIComponent(r.id)}/metrics?points=300`));
  if (all.state === "ready" && overlaid(all.value, runs).length === 0) return null;
  return (
    <Section title={say("page.curves")}>
      <Read of={all} what={say("page.curves")}>
        {metrics => (
          <div class="charts">
            {overlaid(metrics, runs).map(c => (
              <Chart key={c.title} title={c.title} series={c.series} />
            ))}
          </div>
        )}
      </Read>
    </Section>
  );
}

/** Series of one name side by side, named by their runs. */
export function overlaid(metrics: Metrics[], runs: Compared[]): { title: string; series: Series[] }[] {
  const charts = new Map<string, Series[]>();
  metrics.forEach((of, i) => {
    for (const series of of.series.filter(s => s.count > 1)) charts.set(series.name, [...(charts.get(series.name) ?? []), { ...series, name: runs[i]!.label }]);
  });
  return [...charts].map(([title, series]) => ({ title, series })).sort((a, b) => (a.title < b.title ? -1 : 1));
}

/** Several answers at once: all of them, or the first that failed. @param live false where what was read cannot change */
export function useAll<T>(paths: string[], { live = true }: { live?: boolean } = {}): Resource<T[]> {
  const language = useLanguage();
  const say = useSay();
  const { revision } = useLive();
  const [tries, setTries] = useState(0);
  const [held, hold] = useState<{ key: string; resource: Resource<T[]> }>();
  const key = JSON.stringify(paths);
  useEffect(() => {
    const stop = new AbortController();
    Promise.all(paths.map(p => get<T>(p, language, stop.signal))).then(
      value => hold({ key, resource: { state: "ready", value } }),
      (error: unknown) =>
        stop.signal.aborted ||
        hold({
          key,
          resource: { state: "failed", reason: error instanceof Refusal ? error.message : say("page.no-answer"), retry: () => setTries(t => t + 1) },
        }),
    );
    return () => stop.abort();
  }, [key, language, live && revision, tries]);
  return held?.key === key ? held.resource : { state: "loading" };
}
