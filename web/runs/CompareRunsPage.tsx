import type { ComponentChildren } from "preact";
import type { Run, Version } from "../src/api";
import { figure } from "../src/format";
import { AssetLink, Bytes, Empty, Lasting, Page, Read, RunLink, RunStateMark, Section, Time, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { rowsOf, type ComparedRow } from "./compared";
import { Curves, useAll } from "./Curves";

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
              runs={all}
              label={say("page.compare.runs")}
              rows={[
                [say("page.state"), r => <RunStateMark state={r.run.state} />],
                [say("page.asset"), r => <AssetLink name={r.run.asset} />],
                [say("page.result"), r => (r.run.result ? <VersionLink name={r.run.result} /> : "–")],
                [say("page.started"), r => <Time at={r.run.started} />],
                [say("page.cost.wall"), r => (r.cost ? <Lasting seconds={r.cost.wallSeconds} /> : "–")],
                [say("page.cost.cpu"), r => (r.cost ? <Lasting seconds={r.cost.cpuSeconds} /> : "–")],
                [say("page.cost.memory"), r => (r.cost ? <Bytes of={r.cost.peakMemoryBytes} /> : "–")],
              ]}
            />
            <Measured runs={all} />
            <Differences title={say("page.parameters")} runs={all} rows={rowsOf(all, r => ({ ...r.parameters, seed: String(r.seed) }))} />
            <Differences title={say("page.compare.data")} runs={all} rows={rowsOf(all, r => Object.fromEntries(r.planned.map(v => [v.split("@")[0]!, v])))} />
            <Differences
              title={say("page.code")}
              runs={all}
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
      runs={runs}
      rows={rowsOf(runs, r => Object.fromEntries(Object.entries(metrics(r)).map(([n, v]) => [n, figure(v, language)])))}
    />
  );
}

function Side({ runs, rows, label }: { runs: Run[]; rows: [string, (run: Run) => ComponentChildren][]; label: string }) {
  const say = useSay();
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead><tr><th scope="col">{say("page.name")}</th>{runs.map(r => <th key={r.run.id} scope="col"><RunLink id={r.run.id} /></th>)}</tr></thead>
        <tbody>{rows.map(([name, of]) => <tr key={name}><th scope="row">{name}</th>{runs.map(r => <td key={r.run.id}>{of(r)}</td>)}</tr>)}</tbody>
      </table>
    </div>
  );
}

/** Names whose values differ, marked; the ones that are alike are folded away. */
function Differences({ title, runs, rows }: { title: string; runs: Run[]; rows: ComparedRow[] }) {
  const say = useSay();
  if (rows.length === 0) return null;
  const [other, same] = [rows.filter(r => r.differs), rows.filter(r => !r.differs)];
  const cells = (of: ComparedRow[]): [string, (run: Run) => ComponentChildren][] => of.map(row => [row.name, run => {
    const value = row.values[runs.indexOf(run)];
    return value === null ? <span class="quiet">{say("page.diff.absent")}</span> : <span class={row.differs ? "changed" : ""}>{value}</span>;
  }]);
  return (
    <Section title={title}>
      {other.length > 0 ? <Side runs={runs} rows={cells(other)} label={title} /> : <p class="good">✓ {say("page.compare.same")}</p>}
      {same.length > 0 && other.length > 0 && (
        <details>
          <summary>{say("page.compare.alike", { count: same.length })}</summary>
          <Side runs={runs} rows={cells(same)} label={`${title}: ${say("page.compare.alike", { count: same.length })}`} />
        </details>
      )}
    </Section>
  );
}
