import { useEffect, useState } from "preact/hooks";
import type { Metrics, Run } from "../src/api";
import { AssetLink, Bytes, Hash, Lasting, Page, Read, RunStateMark, Section, Table, Time, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { figure } from "../src/format";
import { useLanguage, useSay } from "../src/texts";
import { CancelRun } from "./CancelRun";
import { Chart } from "./Chart";
import { chartsOf, figuresOf } from "./charts";
import { LogLines } from "./LogLines";

export function RunPage({ id }: { id: string }) {
  const path = `api/runs/${encodeURIComponent(id)}`;
  const run = useResource<Run>(path);
  return (
    <Page title={id}>
      <Read of={run} what={id}>{value => <Whole run={value} path={path} />}</Read>
    </Page>
  );
}

function Whole({ run: { run, ...of }, path }: { run: Run; path: string }) {
  const say = useSay();
  const language = useLanguage();
  const metrics = useResource<Metrics>(`${path}/metrics`);
  return (
    <>
      {run.error && (
        <div class="failed">
          <p>{run.error.text}</p>
        </div>
      )}
      {of.mayCancel && <CancelRun id={run.id} />}
      <Values
        of={[
          [say("page.state"), <RunStateMark state={run.state} />],
          [say("page.asset"), <AssetLink name={run.asset} />],
          [say("page.result"), run.result ? <VersionLink name={run.result} /> : "–"],
          ...(of.tracked === null ? [] : [[say("page.run.tracked"), <a href={to.trackedRun(of.tracked)}><code>{of.tracked.slice(0, 12)}…</code></a>] as [string, preact.JSX.Element]]),
          ...Object.entries(of.figures).map(
            ([name, value]) => [<code>{name}</code>, typeof value === "number" ? String(Number(value.toPrecision(6))) : value] as [preact.JSX.Element, string],
          ),
          [say("page.started"), <Time at={run.started} />],
          [
            say(run.ended === null ? "page.running-for" : "page.took"),
            run.ended === null ? <SinceThen at={run.started} /> : <Lasting seconds={(Date.parse(run.ended) - Date.parse(run.started)) / 1000} />,
          ],
          ...(of.attempt > 1 ? [[say("page.attempt"), String(of.attempt)] as [string, string]] : []),
          ...(of.notes.length > 0 ? [[say("page.notes"), of.notes.join(", ")] as [string, string]] : []),
        ]}
      />

      <Section title={say("page.made-from")}>
        {of.planned.length === 0 ? (
          <p class="quiet">{say("page.inputs.none")}</p>
        ) : (
          <ul class="neighbours">
            {of.planned.map(v => (
              <li key={v}>
                <VersionLink name={v} />
              </li>
            ))}
          </ul>
        )}
      </Section>

      {metrics.state !== "ready" || metrics.value.series.length > 0 ? (
        <Section title={say("page.metrics")}>
          <Read of={metrics} what={say("page.metrics")}>
            {value => (
              <>
                {chartsOf(value.series).length > 0 && (
                  <div class="charts">
                    {chartsOf(value.series).map(c => (
                      <Chart key={c.title} {...c} />
                    ))}
                  </div>
                )}
                <Values of={figuresOf(value.series).map(s => [<code>{s.name}</code>, figure(s.points[0]!.value, language)])} />
              </>
            )}
          </Read>
        </Section>
      ) : null}

      <Section title={say("page.log")}>
        <LogLines path={path} running={run.state === "running"} />
      </Section>

      <div class="columns">
        <Section title={say("page.parameters")}>
          <Values
            of={[
              ...Object.entries(of.parameters).map(([n, v]) => [<code>{n}</code>, <code>{v}</code>] as [preact.JSX.Element, preact.JSX.Element]),
              [say("page.seed"), <code>{of.seed}</code>],
            ]}
          />
        </Section>
        {of.cost && (
          <Section title={say("page.cost")}>
            <Values
              of={[
                [say("page.cost.wall"), <Lasting seconds={of.cost.wallSeconds} />],
                [say("page.cost.cpu"), <Lasting seconds={of.cost.cpuSeconds} />],
                [say("page.cost.memory"), <Bytes of={of.cost.peakMemoryBytes} />],
                ...of.cost.steps.map(s => [s.name, <Lasting seconds={s.seconds} />] as [string, preact.JSX.Element]),
              ]}
            />
          </Section>
        )}
        <Section title={say("page.code")}>
          <Values
            of={[
              [say("page.code.program"), of.code.entryAssembly],
              [
                say("page.code.commit"),
                of.code.gitCommit === null ? (
                  say("page.code.no-git")
                ) : (
                  <>
                    <Hash of={of.code.gitCommit} />
                    {of.code.gitDirty && <span class="bad"> {say("page.code.dirty")}</span>}
                  </>
                ),
              ],
              [say("page.code.digest"), <Hash of={of.code.projectDigest} />],
              [say("page.code.closure"), <Hash of={of.code.closure} />],
            ]}
          />
        </Section>
        <Section title={say("page.environment")}>
          <Values
            of={[
              [say("page.environment.os"), of.environment.os],
              [say("page.environment.cpu"), `${of.environment.cpu} × ${of.environment.cores}`],
              [say("page.environment.memory"), <Bytes of={of.environment.memoryBytes} />],
              [say("page.environment.runtime"), of.environment.runtime],
              ...Object.entries(of.environment.engines),
              [say("page.environment.machine"), `${of.machine}, ${say("page.environment.process", { pid: of.process })}`],
            ]}
          />
        </Section>
      </div>

      {Object.keys(of.environment.packages).length > 0 && (
        <details>
          <summary>{say("page.packages", { count: Object.keys(of.environment.packages).length })}</summary>
          <Table label={say("page.environment.packages")} head={[say("page.name"), say("page.version")]}>
            {Object.entries(of.environment.packages).map(([n, v]) => (
              <tr key={n}>
                <th scope="row">{n}</th>
                <td>{v}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </>
  );
}

/** Time since a run began, counted on while it runs. */
function SinceThen({ at }: { at: string }) {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <Lasting seconds={Math.max(0, Math.round((now - Date.parse(at)) / 1000))} />;
}
