import { useEffect, useRef, useState } from "preact/hooks";
import type { Project } from "../src/api";
import { Empty, Page, Read, Table } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import "../src/views.css";
import { at, type Activity, type ExperimentSearch, type TrackedExperiment, type ViewOf } from "../tracking/calls";
import "./experiments.css";
import { quote } from "./filterText";
import { First } from "./First";
import { Moment, useKept, useNumber, useSettled } from "./parts";
import { useWords } from "./words";

const atOnce = 100;

/** The experiments that clients log to, and the way to their runs. */
export function ExperimentsPage() {
  const say = useSay();
  const words = useWords();
  const project = useResource<Project>("api/project");
  const [text, setText] = useState("");
  const [view, setView] = useState<ViewOf>("ACTIVE_ONLY");
  const [tokens, setTokens] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const wanted = useSettled(text.trim());
  const filter = wanted === "" ? "" : `name ILIKE ${quote(`%${wanted}%`)}`;
  const found = useKept(useResource<ExperimentSearch>(at.experiments({ filter, view_type: view, max_results: atOnce, page_token: tokens.at(-1) })));
  const mayChange = project.state === "ready" && project.value.mayChange;
  return (
    <Page title={say("page.nav.experiments")}>
      <p class="lead">{words("page.experiments.lead")}</p>
      <div class="filters" role="search">
        <label>
          {say("page.name")}
          <input
            type="search"
            value={text}
            onInput={e => {
              setText(e.currentTarget.value);
              setTokens([]);
            }}
          />
        </label>
        <label>
          {words("page.experiments.show")}
          <select
            value={view}
            onChange={e => {
              setView(e.currentTarget.value as ViewOf);
              setTokens([]);
            }}
          >
            {(["ACTIVE_ONLY", "DELETED_ONLY", "ALL"] as const).map(v => (
              <option key={v} value={v}>
                {words(`page.experiments.view-${v === "ALL" ? "all" : v === "DELETED_ONLY" ? "deleted" : "active"}`)}
              </option>
            ))}
          </select>
        </label>
        {mayChange && <NewExperiment />}
      </div>
      {chosen.length > 1 && (
        <p class="chosen" role="status">
          {say("page.compare.chosen", { count: chosen.length })}{" "}
          <a class="button main" href={to.trackedRuns(chosen)}>
            {words("page.experiments.runs-of-chosen")}
          </a>{" "}
          <button type="button" class="small" onClick={() => setChosen([])}>
            {say("page.compare.clear")}
          </button>
        </p>
      )}
      <Read of={found} what={say("page.nav.experiments")}>
        {({ experiments = [], next_page_token }) =>
          experiments.length === 0 ? (
            <Empty>{words(wanted === "" ? "page.experiments.none" : "page.experiments.none-such")}</Empty>
          ) : (
            <>
              <Rows
                experiments={experiments}
                mayChange={mayChange}
                chosen={chosen}
                onChoose={(id, on) => setChosen(c => (on ? [...c, id] : c.filter(o => o !== id)))}
                alone={wanted === "" && view === "ACTIVE_ONLY" && tokens.length === 0 && next_page_token === undefined}
              />
              {(tokens.length > 0 || next_page_token !== undefined) && (
                <div class="pager">
                  <button type="button" disabled={tokens.length === 0} onClick={() => setTokens(t => t.slice(0, -1))}>
                    {words("page.experiments.back")}
                  </button>
                  <button type="button" disabled={next_page_token === undefined} onClick={() => setTokens(t => [...t, next_page_token!])}>
                    {words("page.experiments.on")}
                  </button>
                </div>
              )}
            </>
          )
        }
      </Read>
    </Page>
  );
}

function Rows({
  experiments,
  chosen,
  onChoose,
  mayChange,
  alone,
}: {
  experiments: TrackedExperiment[];
  chosen: string[];
  onChoose: (id: string, on: boolean) => void;
  mayChange: boolean;
  alone: boolean;
}) {
  const say = useSay();
  const words = useWords();
  const number = useNumber();
  const activity = useKept(useResource<Activity>(at.activity(experiments.map(e => e.experiment_id))));
  const of = (id: string) => (activity.state === "ready" ? activity.value.experiments.find(a => a.experiment === id) : undefined);
  return (
    <>
      <Table
        label={say("page.nav.experiments")}
        head={[
          "",
          say("page.name"),
          say("page.nav.runs"),
          words("page.experiments.newest"),
          words("page.experiments.created"),
          ...(mayChange ? [words("page.experiments.change")] : []),
        ]}
        numbers={[2]}
      >
        {experiments.map(e => {
          const about = of(e.experiment_id);
          return (
            <tr key={e.experiment_id}>
              <td>
                <input
                  type="checkbox"
                  checked={chosen.includes(e.experiment_id)}
                  aria-label={words("page.experiments.choose", { name: e.name })}
                  onChange={event => onChoose(e.experiment_id, event.currentTarget.checked)}
                />
              </td>
              <th scope="row" class="name">
                <a href={to.trackedRuns([e.experiment_id])}>{e.name}</a>
                {e.lifecycle_stage === "deleted" && <span class="badge run-failed"> {words("page.experiments.deleted")}</span>}
              </th>
              <td class="number">
                {about === undefined ? "…" : number(about.runs)}
                {about !== undefined && about.deletedRuns > 0 && <span class="quiet"> {words("page.experiments.deleted-runs", { count: number(about.deletedRuns) })}</span>}
              </td>
              <td>
                <Moment at={about?.newestMs ?? null} />
              </td>
              <td>
                <Moment at={e.creation_time} />
              </td>
              {mayChange && (
                <td>
                  <Change experiment={e} />
                </td>
              )}
            </tr>
          );
        })}
      </Table>
      {activity.state === "failed" && (
        <p role="alert" class="failed">
          {activity.reason}
        </p>
      )}
      {alone && activity.state === "ready" && activity.value.experiments.every(a => a.runs === 0) && <First />}
    </>
  );
}

function NewExperiment() {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const [asked, create, forget] = useChange<{ experiment_id: string }>(at.createExperiment);
  if (!open)
    return (
      <button type="button" onClick={() => setOpen(true)}>
        {words("page.experiments.new")}
      </button>
    );
  return (
    <Naming
      label={words("page.experiments.new-name")}
      name=""
      does={words("page.experiments.create")}
      failed={asked.state === "failed" ? asked.reason : null}
      onName={async name => {
        const made = await create({ name });
        if (made !== null) location.hash = to.trackedRuns([made.experiment_id]);
      }}
      onLeave={() => {
        forget();
        setOpen(false);
      }}
    />
  );
}

/** Renames, deletes or restores an experiment; deleting asks first. */
export function Change({ experiment, onDone }: { experiment: TrackedExperiment; onDone?: () => void }) {
  const say = useSay();
  const words = useWords();
  const id = experiment.experiment_id;
  const [open, setOpen] = useState<"rename" | "delete" | null>(null);
  const [renaming, rename, forget] = useChange<object>(at.renameExperiment);
  const [removing, remove] = useChange<object>(experiment.lifecycle_stage === "deleted" ? at.restoreExperiment : at.deleteExperiment);
  const done = (answer: object | null) => {
    if (answer === null) return;
    setOpen(null);
    onDone?.();
  };
  const reason = removing.state === "failed" ? removing.reason : null;
  if (open === "rename")
    return (
      <Naming
        label={words("page.experiments.new-name")}
        name={experiment.name}
        does={words("page.experiments.rename")}
        failed={renaming.state === "failed" ? renaming.reason : null}
        onName={async name => done(await rename({ experiment_id: id, new_name: name }))}
        onLeave={() => {
          forget();
          setOpen(null);
        }}
      />
    );
  return (
    <span class="inline">
      {experiment.lifecycle_stage === "deleted" ? (
        <button type="button" class="small" onClick={async () => done(await remove({ experiment_id: id }))}>
          {words("page.experiments.restore")}
        </button>
      ) : open === "delete" ? (
        <>
          <span role="status">{words("page.experiments.delete-sure")}</span>
          <button type="button" class="small danger" onClick={async () => done(await remove({ experiment_id: id }))}>
            {words("page.experiments.delete-do")}
          </button>
          <button type="button" class="small" onClick={() => setOpen(null)}>
            {say("page.cancel")}
          </button>
        </>
      ) : (
        <>
          <button type="button" class="small" aria-label={words("page.experiments.rename-of", { name: experiment.name })} onClick={() => setOpen("rename")}>
            {words("page.experiments.rename")} …
          </button>
          <button type="button" class="small" aria-label={words("page.experiments.delete-of", { name: experiment.name })} onClick={() => setOpen("delete")}>
            {words("page.experiments.delete")} …
          </button>
        </>
      )}
      {reason !== null && <span role="alert" class="bad">{reason}</span>}
    </span>
  );
}

/** One name to type, with what it is for. */
export function Naming({ label, name, does, failed, onName, onLeave }: {
  label: string; name: string; does: string; failed: string | null; onName: (name: string) => void; onLeave: () => void;
}) {
  const say = useSay();
  const [text, setText] = useState(name);
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  return (
    <form
      class="inline"
      onSubmit={e => {
        e.preventDefault();
        if (text.trim() !== "") onName(text.trim());
      }}
    >
      <label class="inline">
        {label}
        <input
          type="text"
          value={text}
          ref={box}
          onInput={e => setText(e.currentTarget.value)}
          onKeyDown={e => e.key === "Escape" && onLeave()}
        />
      </label>
      <button type="submit" class="small main" disabled={text.trim() === "" || text.trim() === name}>
        {does}
      </button>
      <button type="button" class="small" onClick={onLeave}>
        {say("page.cancel")}
      </button>
      {failed !== null && <span role="alert" class="bad">{failed}</span>}
    </form>
  );
}
