import { useEffect, useMemo, useState } from "preact/hooks";
import { useAll } from "../runs/Curves";
import { lineClass } from "../src/draw/Plot";
import { Empty, Page, Read } from "../src/parts";
import { routeOf, to } from "../src/routes";
import { useSay } from "../src/texts";
import "../src/views.css";
import { at, type TrackedRun } from "../tracking/calls";
import { addressOf, comparingOf, tabs, type Comparing } from "./comparing";
import { DifferencesTab } from "./DifferencesTab";
import "./experiments.css";
import { ParallelTab } from "./ParallelTab";
import { StatusMark } from "./parts";
import { ScatterTab } from "./ScatterTab";
import { mostCompared } from "./Selected";
import { TrackedCurves } from "./TrackedCurves";
import { useWords } from "./words";

/** What a tab shows of the runs; it may refine that in place. */
export interface CompareOf { runs: TrackedRun[]; comparing: Comparing; refine: (comparing: Comparing) => void; lit: string | null; light: (run: string | null) => void }

/** Up to a hundred runs: their curves over each other, what differs, and how parameters and metrics go together. */
export function CompareTrackedPage({ query }: { query: string }) {
  const words = useWords();
  const [comparing, setComparing] = useState(() => comparingOf(query));
  useEffect(() => setComparing(comparingOf(query)), [query]);
  useEffect(() => {
    const moved = () => {
      const route = routeOf(location.hash);
      if (route.page === "compareTracked") setComparing(comparingOf(route.query));
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const refine = (next: Comparing) => {
    history.replaceState(null, "", addressOf(next));
    setComparing(next);
  };
  return (
    <Page title={words("page.experiments.compare-runs")}>
      {comparing.runs.length === 0 || comparing.runs.length > mostCompared ? (
        <Empty>
          {words("page.experiments.compare-how-many", { most: mostCompared })} <a href={to.experiments}>{words("page.experiments.all")}</a>
        </Empty>
      ) : (
        <Whole comparing={comparing} refine={refine} />
      )}
    </Page>
  );
}

function Whole({ comparing, refine }: { comparing: Comparing; refine: (comparing: Comparing) => void }) {
  const words = useWords();
  const ids = comparing.runs;
  const read = useAll<{ run: TrackedRun }>(ids.map(at.run), { live: false });
  // Only what runs is asked for again; with a hundred runs the others would be most of the traffic.
  const going = read.state === "ready" ? read.value.map(r => r.run.info).filter(i => i.status === "RUNNING").map(i => i.run_id) : [];
  const fresh = useAll<{ run: TrackedRun }>(going.map(at.run));
  const runs = useMemo(() => {
    if (read.state !== "ready") return [];
    const newer = new Map(fresh.state === "ready" ? fresh.value.map(f => [f.run.info.run_id, f.run]) : []);
    return read.value.map(r => newer.get(r.run.info.run_id) ?? r.run);
  }, [read, fresh]);
  const [lit, light] = useState<string | null>(null);
  const of: CompareOf = { runs, comparing, refine, lit: ids.includes(lit ?? "") ? lit : null, light };
  return (
    <Read of={read} what={words("page.experiments.compare-runs")}>
      {() => runs.length > 0 && (
        <>
          <Legend {...of} />
          <nav class="tabs" aria-label={words("page.experiments.tabs")}>
            {tabs.map(t => (
              <a
                key={t}
                href={addressOf({ ...comparing, tab: t })}
                aria-current={comparing.tab === t ? "page" : undefined}
                onClick={e => {
                  e.preventDefault();
                  refine({ ...comparing, tab: t });
                }}
              >
                {words(`page.experiments.tab-${t}`)}
              </a>
            ))}
          </nav>
          <Tab {...of} />
        </>
      )}
    </Read>
  );
}

function Tab(of: CompareOf) {
  switch (of.comparing.tab) {
    case "curves": return <TrackedCurves {...of} />;
    case "differences": return <DifferencesTab {...of} />;
    case "parallel": return <ParallelTab {...of} />;
    case "scatter": return <ScatterTab {...of} />;
  }
}

/** Names of the runs, numbered where several have one name. */
export function labelsOf(runs: TrackedRun[]): Map<string, string> {
  const seen = new Map<string, number>();
  for (const r of runs) seen.set(r.info.run_name, (seen.get(r.info.run_name) ?? 0) + 1);
  return new Map(runs.map(r => [r.info.run_id, seen.get(r.info.run_name)! > 1 ? `${r.info.run_name} ${r.info.run_id.slice(0, 6)}` : r.info.run_name]));
}

/** The runs with the style of their lines; one that is pressed stands out everywhere. */
function Legend({ runs, comparing, refine, lit, light }: CompareOf) {
  const say = useSay();
  const words = useWords();
  const labels = labelsOf(runs);
  return (
    <ul class="run-keys" aria-label={say("page.nav.runs")}>
      {runs.map((r, i) => {
        const id = r.info.run_id;
        return (
          <li key={id} class={lit === id ? "on" : undefined}>
            <button type="button" class="key" aria-pressed={lit === id} onClick={() => light(lit === id ? null : id)}>
              <svg width="22" height="10" aria-hidden="true">
                <path class={lineClass(i)} d="M1 5H21" />
              </svg>
              {labels.get(id)}
            </button>
            {r.info.status !== "FINISHED" && <StatusMark status={r.info.status} />}
            <a href={to.trackedRun(id)} class="small" aria-label={words("page.experiments.open-run", { name: labels.get(id)! })}>
              ↗
            </a>
            <button type="button" class="small plain" aria-label={words("page.experiments.leave-out", { name: labels.get(id)! })}
              onClick={() => refine({ ...comparing, runs: comparing.runs.filter(o => o !== id) })}>
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}
