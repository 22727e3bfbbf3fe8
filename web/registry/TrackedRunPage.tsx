import { useEffect, useState } from "preact/hooks";
import { StatusMark } from "../experiments/parts";
import { Artifacts } from "../files/Artifacts";
import { besideOf } from "../files/Markdown";
import { Hash, Lasting, Page, Read, Section, Table, Time, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { at, keptAt, useCalls, valueOf, type DatasetInput, type Entry, type LoggedModel, type ModelVersion, type TrackedRun } from "./calls";
import { byKey, Described, Failed, Rename, Sure, Tags, useFilter, useMayChange } from "./Editing";
import { MetricsOfRun } from "./MetricsOfRun";
import "./registry.css";
import { useWords } from "./words";

const noteTag = "mlflow.note.content";

export function TrackedRunPage({ id }: { id: string }) {
  const words = useWords();
  const run = useResource<{ run: TrackedRun }>(at.run(id));
  return (
    <Page title={run.state === "ready" ? run.value.run.info.run_name : id} kind={words("page.tr.run")}>
      <Read of={run} what={id}>
        {value => <Whole run={value.run} />}
      </Read>
    </Page>
  );
}

function Whole({ run }: { run: TrackedRun }) {
  const words = useWords();
  const server = useMayChange();
  const { info, data } = run;
  const id = info.run_id;
  const tags = data.tags ?? [];
  const isDeleted = info.lifecycle_stage === "deleted";
  const may = server && !isDeleted;
  const root = keptAt(info.artifact_uri);
  return (
    <>
      {isDeleted && <Deleted id={id} may={server} />}
      <Facts run={run} may={may} />
      <Described
        title={words("page.tr.notes")}
        text={valueOf(tags, noteTag) ?? ""}
        none={words("page.tr.no-notes")}
        most={8000}
        may={may}
        change={text => ["POST", "runs/set-tag", { run_id: id, key: noteTag, value: text }]}
        imageAt={address => {
          const beside = besideOf(address);
          return root === null || beside === null ? null : at.file(`${root}/${beside}`);
        }}
      />
      <MetricsOfRun run={id} metrics={data.metrics ?? []} />
      <Params of={data.params ?? []} />
      <Datasets of={run.inputs.dataset_inputs ?? []} />
      <Models run={run} />
      <Section title={words("page.art.title")}>
        <Artifacts uri={info.artifact_uri} none={words("page.tr.no-artifacts")} />
      </Section>
      <Tags
        of={tags}
        may={may}
        set={tag => ["POST", "runs/set-tag", { run_id: id, ...tag }]}
        remove={key => ["POST", "runs/delete-tag", { run_id: id, key }]}
      />
      {may && <Sure label={words("page.tr.delete")} means={words("page.tr.delete.means")} change={["POST", "runs/delete", { run_id: id }]} />}
    </>
  );
}

function Deleted({ id, may }: { id: string; may: boolean }) {
  const words = useWords();
  const [state, call] = useCalls();
  return (
    <div class="warning" role="status">
      <p>{words("page.tr.deleted")}</p>
      {may && (
        <p class="after-text">
          <button type="button" disabled={state.state === "asking"} onClick={() => call(["POST", "runs/restore", { run_id: id }])}>
            {words("page.tr.restore")}
          </button>
        </p>
      )}
      <Failed of={state} />
    </div>
  );
}

function Facts({ run: { info, data }, may }: { run: TrackedRun; may: boolean }) {
  const words = useWords();
  const experiment = useResource<{ experiment: { name: string } }>(at.experiment(info.experiment_id));
  const versions = useResource<{ model_versions?: ModelVersion[] }>(at.versions(`run_id = '${info.run_id}'`));
  const tag = (key: string) => valueOf(data.tags, key);
  const source = tag("mlflow.source.name");
  const commit = tag("mlflow.source.git.commit");
  const parent = tag("mlflow.parentRunId");
  const made = tag("kumiki.version");
  const registered = versions.state === "ready" ? (versions.value.model_versions ?? []) : [];
  const facts: [string, preact.ComponentChildren][] = [
    [words("page.tr.status"), <StatusMark status={info.status} />],
    [
      words("page.tr.experiment"),
      <a href={to.trackedRuns([info.experiment_id])}>
        {experiment.state === "ready" ? experiment.value.experiment.name : info.experiment_id}
      </a>,
    ],
    [words("page.tr.started"), <Time at={info.start_time === undefined ? null : new Date(info.start_time).toISOString()} />],
    [
      words(info.end_time === undefined && info.status === "RUNNING" ? "page.tr.goes" : "page.tr.lasted"),
      info.start_time === undefined ? (
        "–"
      ) : info.end_time === undefined ? (
        info.status === "RUNNING" ? (
          <Since ms={info.start_time} />
        ) : (
          "–"
        )
      ) : (
        <Lasting seconds={Math.max(0, info.end_time - info.start_time) / 1000} />
      ),
    ],
    [words("page.tr.id"), <code>{info.run_id}</code>],
  ];
  if (info.user_id) facts.push([words("page.tr.user"), info.user_id]);
  if (source) facts.push([words("page.tr.source"), <code>{source}</code>]);
  if (commit) facts.push([words("page.tr.commit"), <Hash of={commit} />]);
  if (parent) facts.push([words("page.tr.parent"), <a href={to.trackedRun(parent)}>{parent.slice(0, 12)}</a>]);
  if (made) facts.push([words("page.tr.made"), <VersionLink name={made} />]);
  if (registered.length > 0)
    facts.push([
      words("page.tr.registered"),
      <>
        {registered.map(v => (
          <a key={`${v.name} ${v.version}`} class="metric-inline" href={to.registered(v.name, v.version)}>
            {v.name} {words("page.reg.v", { version: v.version })}
          </a>
        ))}
      </>,
    ]);
  return (
    <>
      <Values of={facts} />
      {may && (
        <p class="after-text">
          <Rename key={info.run_name} name={info.run_name} change={name => ["POST", "runs/update", { run_id: info.run_id, run_name: name }]} />
        </p>
      )}
    </>
  );
}

function Since({ ms }: { ms: number }) {
  const [now, set] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return <Lasting seconds={Math.max(0, Math.round((now - ms) / 1000))} />;
}

function Params({ of }: { of: Entry[] }) {
  const words = useWords();
  const [wanted, input] = useFilter(of.length, words("page.tr.find-param"));
  const found = byKey(of).filter(p => p.key.toLowerCase().includes(wanted) || p.value.toLowerCase().includes(wanted));
  return (
    <Section title={words("page.tr.params")} count={of.length}>
      {input}
      {of.length === 0 ? (
        <p class="quiet">{words("page.tr.no-params")}</p>
      ) : found.length === 0 ? (
        <p class="quiet">{words("page.tr.none-found")}</p>
      ) : (
        <dl class="values">
          {found.map(p => (
            <div key={p.key}>
              <dt>
                <code>{p.key}</code>
              </dt>
              <dd class="long">
                <code>{p.value}</code>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </Section>
  );
}

/** The version of Kumiki's that a dataset is; null for data of another kind. */
export function madeOf({ dataset }: DatasetInput): string | null {
  if (dataset.source_type !== "kumiki") return null;
  try {
    const version = (JSON.parse(dataset.source) as { version?: unknown }).version;
    return typeof version === "string" && /^[^@]+@\d+$/.test(version) ? version : null;
  } catch {
    return null; // a client of its own that calls its sources so
  }
}

export function Datasets({ of }: { of: DatasetInput[] }) {
  const words = useWords();
  if (of.length === 0) return null;
  return (
    <Section title={words("page.tr.datasets")} count={of.length}>
      <Table label={words("page.tr.datasets")} head={[words("page.tr.dataset"), words("page.tr.context"), words("page.tr.digest"), words("page.tr.from")]}>
        {of.map((input, i) => {
          const made = madeOf(input);
          return (
            <tr key={i}>
              <th scope="row">{input.dataset.name}</th>
              <td>{valueOf(input.tags, "mlflow.data.context") ?? "–"}</td>
              <td>
                <code class="hash">{input.dataset.digest.slice(0, 12)}</code>
              </td>
              <td class="sentence">
                {made ? (
                  <VersionLink name={made} />
                ) : (
                  <>
                    <span class="quiet">{input.dataset.source_type}</span> <code>{input.dataset.source.slice(0, 300)}</code>
                  </>
                )}
              </td>
            </tr>
          );
        })}
      </Table>
    </Section>
  );
}

function Models({ run }: { run: TrackedRun }) {
  const words = useWords();
  const read = (run.inputs.model_inputs ?? []).map(m => m.model_id);
  const gave = (run.outputs?.model_outputs ?? []).map(m => m.model_id);
  if (read.length + gave.length === 0) return null;
  return (
    <Section title={words("page.tr.models")} count={read.length + gave.length}>
      {gave.map(id => (
        <Logged key={`out ${id}`} id={id} role={words("page.tr.model-out")} />
      ))}
      {read.map(id => (
        <Logged key={`in ${id}`} id={id} role={words("page.tr.model-in")} />
      ))}
    </Section>
  );
}

function Logged({ id, role }: { id: string; role: string }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(false);
  const model = useResource<LoggedModel>(at.loggedModel(id));
  return (
    <details class="model" onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>
        {role}: <b>{model.state === "ready" ? model.value.model.info.name : id}</b> <code class="hash">{id}</code>
      </summary>
      {isOpen && (
        <Read of={model} what={id}>
          {value => <Artifacts uri={value.model.info.artifact_uri} none={words("page.tr.no-artifacts")} />}
        </Read>
      )}
    </details>
  );
}
