import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Project } from "../src/api";
import { Empty, Page } from "../src/parts";
import { useResource } from "../src/resource";
import { routeOf, to } from "../src/routes";
import { useSay } from "../src/texts";
import "../src/views.css";
import { at, type Activity, type LoggedKeys, type RunSearch, type TrackedExperiment } from "../tracking/calls";
import { addressOf, askingOf, orderOf, sizes, usualColumns, type Asking } from "./asking";
import { Columns } from "./Columns";
import { Change } from "./ExperimentsPage";
import "./experiments.css";
import { FilterField } from "./FilterField";
import { First } from "./First";
import { useKept, useNames, useNumber } from "./parts";
import { RunsTable } from "./RunsTable";
import { Selected } from "./Selected";
import { Views } from "./Views";
import { useWords } from "./words";

/** Runs of one or several experiments: found, ordered and paged by the server, so that many are as quick as few. */
export function TrackedRunsPage({ ids, query }: { ids: string; query: string }) {
  const words = useWords();
  const experiments = useMemo(() => ids.split(",").filter(id => id !== ""), [ids]);
  const [asking, setAsking] = useState(() => askingOf(query));
  useEffect(() => setAsking(askingOf(query)), [query]);
  // What is refined keeps the reader's place and focus: only the address changes, so that it can be sent to somebody else.
  const refine = (next: Asking) => {
    history.replaceState(null, "", addressOf(experiments, next));
    setAsking(next);
  };
  useEffect(() => {
    const moved = () => {
      const route = routeOf(location.hash);
      if (route.page === "trackedRuns" && route.experiments === ids) setAsking(askingOf(route.query));
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, [ids]);

  const one = useKept(useResource<{ experiment: TrackedExperiment }>(at.experiment(experiments[0] ?? "")));
  const experiment = experiments.length === 1 && one.state === "ready" ? one.value.experiment : null;
  const title = experiments.length === 1 ? (experiment?.name ?? words("page.experiments.one", { id: ids })) : words("page.experiments.several", { count: experiments.length });
  return (
    <Page title={title} kind={words("page.experiments.runs-of")}>
      {one.state === "failed" ? (
        <div role="alert" class="failed">
          <p>{one.reason}</p>
          <a href={to.experiments}>{words("page.experiments.all")}</a>
        </div>
      ) : (
        <Whole experiments={experiments} experiment={experiment} asking={asking} refine={refine} />
      )}
    </Page>
  );
}

interface RefineOf { experiments: string[]; asking: Asking; refine: (asking: Asking) => void }

function Whole({ experiments, experiment, asking, refine }: RefineOf & { experiment: TrackedExperiment | null }) {
  const words = useWords();
  const say = useSay();
  const number = useNumber();
  const project = useResource<Project>("api/project");
  const keys = useKept(useResource<LoggedKeys>(at.keys(experiments)));
  const activity = useKept(useResource<Activity>(at.activity(experiments)));
  const nameOf = useNames(experiments);
  const [tokens, setTokens] = useState<string[]>([]);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const first = useRef<HTMLDivElement>(null);

  // Another question begins at its first page, and what was chosen of the old one is let go.
  const question = JSON.stringify([experiments, asking.filter, asking.view, orderOf(asking), asking.size]);
  const [asked, setAsked] = useState(question);
  if (asked !== question) {
    setAsked(question);
    setTokens([]);
  }
  useEffect(() => setChosen(new Set()), [asking.filter, asking.view]);

  const body = { experiment_ids: experiments, filter: asking.filter, order_by: orderOf(asking), run_view_type: asking.view, max_results: asking.size, page_token: tokens.at(-1) };
  const answer = useResource<RunSearch>(at.searchRuns, { body });
  const found = useKept(answer);
  const mayChange = project.state === "ready" && project.value.mayChange;
  const known: LoggedKeys = keys.state === "ready" ? keys.value : { metrics: [], params: [], tags: [] };
  const columns = asking.columns ?? (keys.state === "ready" ? usualColumns(known, experiments.length > 1) : []);
  const some = activity.state === "ready" ? activity.value.experiments : [];
  const all = activity.state === "ready" ? some.reduce((sum, a) => sum + inView(a, asking.view), 0) : null;
  const deleted = some.reduce((sum, a) => sum + a.deletedRuns, 0);
  const runs = found.state === "ready" ? (found.value.runs ?? []) : [];
  const more = found.state === "ready" ? found.value.next_page_token : undefined;
  const go = (next: string[]) => {
    setTokens(next);
    first.current?.scrollIntoView({ block: "nearest" });
  };

  return (
    <>
      <div class="about">
        {experiment !== null && experiment.lifecycle_stage === "deleted" && <p class="warning">{words("page.experiments.is-deleted")}</p>}
        <p class="quiet">
          <a href={to.experiments}>{words("page.experiments.all")}</a>
          {experiments.length > 1 &&
            experiments.map(id => (
              <span key={id}>
                {" · "}
                <a href={to.trackedRuns([id])}>{nameOf(id)}</a>
              </span>
            ))}
        </p>
        {experiment !== null && mayChange && <Change experiment={experiment} />}
      </div>
      <FilterField
        filter={asking.filter}
        keys={known}
        refused={answer.state === "failed" ? answer.reason : null}
        onFilter={filter => refine({ ...asking, filter })}
      />
      <div class="filters runs-bar" role="group" aria-label={words("page.experiments.look")}>
        <label>
          {words("page.experiments.show")}
          <select value={asking.view} onChange={e => refine({ ...asking, view: e.currentTarget.value as Asking["view"] })}>
            <option value="ACTIVE_ONLY">{words("page.experiments.view-active")}</option>
            <option value="DELETED_ONLY">{words("page.experiments.view-deleted")}</option>
            <option value="ALL">{words("page.experiments.view-all")}</option>
          </select>
        </label>
        <Columns keys={known} columns={columns} isUsual={asking.columns === null} onColumns={columns => refine({ ...asking, columns })} />
        <Views experiments={experiments} asking={asking} mayChange={mayChange} onView={query => refine(askingOf(query))} />
        <span class="inline">
          {words("page.experiments.export")}
          <a download href={at.csv(experiments, asking.filter, asking.view, orderOf(asking), shownOrAll(columns))}>
            CSV
          </a>
          <a download href={at.json(experiments, asking.filter, asking.view, orderOf(asking))}>
            JSON
          </a>
        </span>
      </div>
      <Selected chosen={[...chosen]} view={asking.view} mayChange={mayChange} onClear={() => setChosen(new Set())} />
      <div ref={first} />
      {found.state === "loading" ? (
        <p role="status" class="loading">{say("page.reading", { what: say("page.nav.runs") })}</p>
      ) : found.state === "failed" ? (
        asking.filter === "" && (
          <div role="alert" class="failed">
            <p>{found.reason}</p>
            <button type="button" onClick={found.retry}>
              {say("page.retry")}
            </button>
          </div>
        )
      ) : runs.length === 0 ? (
        asking.filter !== "" || asking.view !== "ACTIVE_ONLY" || deleted > 0 || experiment?.lifecycle_stage === "deleted" ? (
          <Empty>
            {words("page.experiments.no-such-runs")}{" "}
            <button type="button" onClick={() => refine({ ...asking, filter: "", view: asking.filter === "" && asking.view === "ACTIVE_ONLY" ? "ALL" : "ACTIVE_ONLY" })}>
              {words("page.experiments.show-all")}
            </button>
          </Empty>
        ) : (
          <First experiment={experiment?.name} />
        )
      ) : (
        <>
          <RunsTable
            runs={runs}
            columns={columns}
            nameOf={nameOf}
            asking={asking}
            busy={answer.state === "loading"}
            chosen={chosen}
            onChoose={setChosen}
            onSort={(sort, down) => refine({ ...asking, sort, down })}
          />
          <div class="pager">
            <span role="status">
              {words("page.experiments.page", { from: number(tokens.length * asking.size + 1), to: number(tokens.length * asking.size + runs.length) })}{" "}
              <Total experiments={experiments} asking={asking} all={all} seen={tokens.length * asking.size + runs.length} last={more === undefined} />
            </span>
            <button type="button" disabled={tokens.length === 0} onClick={() => go([])}>
              {words("page.experiments.to-first")}
            </button>
            <button type="button" disabled={tokens.length === 0} onClick={() => go(tokens.slice(0, -1))}>
              {words("page.experiments.back")}
            </button>
            <button type="button" disabled={more === undefined} onClick={() => go([...tokens, more!])}>
              {words("page.experiments.on")}
            </button>
            <label class="inline">
              {words("page.experiments.size")}
              <select value={asking.size} onChange={e => refine({ ...asking, size: Number(e.currentTarget.value) })}>
                {sizes.map(s => (
                  <option key={s} value={s}>
                    {s}
                  </option>
                ))}
              </select>
            </label>
          </div>
        </>
      )}
    </>
  );
}

function inView(a: Activity["experiments"][number], view: Asking["view"]): number {
  return view === "ACTIVE_ONLY" ? a.runs : view === "DELETED_ONLY" ? a.deletedRuns : a.runs + a.deletedRuns;
}

/** Too many columns for an address: then the file has all. */
function shownOrAll(columns: string[]): string[] {
  const asked = ["attributes.run_id", "attributes.run_name", ...columns.filter(c => c !== "attributes.run_id").map(c => (c === "attributes.duration" ? "attributes.end_time" : c === "attributes.experiment" ? "attributes.experiment_id" : c))];
  const each = [...new Set(asked)];
  return each.reduce((length, c) => length + encodeURIComponent(c).length + 8, 0) > 5000 ? [] : each;
}

/** How many there are in all; of a filter, counted after the page is there. */
function Total({ experiments, asking, all, seen, last }: { experiments: string[]; asking: Asking; all: number | null; seen: number; last: boolean }) {
  const words = useWords();
  const number = useNumber();
  if (asking.filter === "") return all === null ? null : <>{words("page.experiments.of", { count: number(Math.max(all, seen)) })}</>;
  return last ? <>{words("page.experiments.of", { count: number(seen) })}</> : <Counted experiments={experiments} asking={asking} all={all} />;
}

function Counted({ experiments, asking, all }: { experiments: string[]; asking: Asking; all: number | null }) {
  const words = useWords();
  const number = useNumber();
  const count = useResource<{ count: number }>(at.count(experiments, asking.filter, asking.view), { live: false });
  if (count.state !== "ready") return null;
  return <>{words("page.experiments.of-all", { count: number(count.value.count), all: all === null ? "…" : number(all) })}</>;
}
