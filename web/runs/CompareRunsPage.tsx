import type { Run, Version } from "../src/api";
import { figure } from "../src/format";
import { AssetLink, Bytes, Empty, Lasting, Page, Read, RunLink, RunStateMark, Time, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { rowsOf } from "./compared";
import { Curves, useAll } from "./Curves";
import { Differences, Side, type Heads } from "./Differences";

export const mostCompared = 8;

/** Two or more runs side by side: how they ended, what they were set to, what they read, by which code, and their curves. */
export function CompareRunsPage({ ids }: { ids: string[] }) {
  const say = useSay();
  return (
    <Page title={say("page.compare.runs")}>
      {ids.length < 2 || ids.length > mostCompared
        ? <Empty>{say("page.compare.runs.choose", { most: mostCompared })} <a href={to.runs()}>{say("page.nav.runs")}</a></Empty>
        : <Compared ids={ids} />}
    </Page>
  );
}

function Compared({ ids }: { ids: string[] }) {
  const say = useSay();
  const runs = useAll<Run>(ids.map(id => `api/runs/${encodeURIComponent(id)}`));
  return (
    <>
      <Read of={runs} what={say("page.compare.runs")}>
        {all => (
          <>
            <Side
              heads={headsOf(all)}
              label={say("page.compare.runs")}
              rows={[
                [say("page.state"), all.map(r => <RunStateMark state={r.run.state} />)],
                [say("page.asset"), all.map(r => <AssetLink name={r.run.asset} />)],
                [say("page.result"), all.map(r => (r.run.result ? <VersionLink name={r.run.result} /> : "–"))],
                [say("page.started"), all.map(r => <Time at={r.run.started} />)],
                [say("page.cost.wall"), all.map(r => (r.cost ? <Lasting seconds={r.cost.wallSeconds} /> : "–"))],
                [say("page.cost.cpu"), all.map(r => (r.cost ? <Lasting seconds={r.cost.cpuSeconds} /> : "–"))],
                [say("page.cost.memory"), all.map(r => (r.cost ? <Bytes of={r.cost.peakMemoryBytes} /> : "–"))],
              ]}
            />
            <Measured runs={all} />
            <Differences title={say("page.parameters")} heads={headsOf(all)} rows={rowsOf(all, r => ({ ...r.parameters, seed: String(r.seed) }))} />
            <Differences title={say("page.compare.data")} heads={headsOf(all)} rows={rowsOf(all, r => Object.fromEntries(r.planned.map(v => [v.split("@")[0]!, v])))} />
            <Differences
              title={say("page.code")}
              heads={headsOf(all)}
              rows={rowsOf(all, r => ({
                [say("page.code.digest")]: r.code.projectDigest.slice(0, 12),
                [say("page.code.commit")]: r.code.gitCommit?.slice(0, 12) ?? "–",
                [say("page.environment.runtime")]: r.environment.runtime,
                ...r.environment.engines,
              }))}
            />
          </>
        )}
      </Read>
      <Curves runs={ids.map(id => ({ id, label: id }))} />
    </>
  );
}

const headsOf = (runs: Run[]): Heads => runs.map(r => ({ key: r.run.id, head: <RunLink id={r.run.id} /> }));

/** What a trial measured, and the metrics of the version a making gave. */
function Measured({ runs }: { runs: Run[] }) {
  const say = useSay();
  const language = useLanguage();
  const results = [...new Set(runs.flatMap(r => (r.run.result === null ? [] : [r.run.result])))];
  const versions = useAll<Version>(results.map(v => `api/versions/${v.split("@").map(encodeURIComponent).join("/")}`));
  const metrics = (run: Run) => ({ ...run.figures, ...(versions.state === "ready" ? versions.value.find(v => v.name === run.run.result)?.metrics : {}) });
  if (versions.state !== "ready") return <Read of={versions} what={say("page.metrics")}>{() => null}</Read>;
  return (
    <Differences
      title={say("page.metrics")}
      heads={headsOf(runs)}
      rows={rowsOf(runs, r => Object.fromEntries(Object.entries(metrics(r)).map(([n, v]) => [n, figure(v, language)])))}
    />
  );
}
