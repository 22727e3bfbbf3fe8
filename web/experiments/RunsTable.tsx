import { useRef } from "preact/hooks";
import { Lasting, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { tagOf, type TrackedRun } from "../tracking/calls";
import { shown, sortable, valueOf, type Asking } from "./asking";
import { Moment, StatusMark } from "./parts";
import { useWords, type Words } from "./words";

/** What a column is called. */
export function headOf(column: string, words: Words): string {
  const dot = column.indexOf(".");
  return column.startsWith("attributes.") ? words(`page.experiments.column-${column.slice(dot + 1).replaceAll("_", "-")}` as "page.experiments.column-status") : column.slice(dot + 1);
}

/** A page of runs: its heads sort, its boxes choose; with Shift, all between two. */
export function RunsTable({
  runs,
  columns,
  nameOf,
  asking,
  busy,
  chosen,
  onChoose,
  onSort,
}: {
  runs: TrackedRun[];
  columns: string[];
  nameOf: (experiment: string) => string;
  asking: Asking;
  busy: boolean;
  chosen: ReadonlySet<string>;
  onChoose: (next: (chosen: ReadonlySet<string>) => ReadonlySet<string>) => void;
  onSort: (column: string, down: boolean) => void;
}) {
  const say = useSay();
  const words = useWords();
  const last = useRef<string | null>(null);
  const here = runs.map(r => r.info.run_id);
  const choose = (id: string, on: boolean, through: boolean) => {
    const from = through && last.current !== null ? here.indexOf(last.current) : -1;
    const to = here.indexOf(id);
    const meant = from < 0 ? [id] : here.slice(Math.min(from, to), Math.max(from, to) + 1);
    last.current = id;
    put(meant, on);
  };
  // From what is chosen by then: two clicks may come before the table is drawn again.
  const put = (ids: string[], on: boolean) =>
    onChoose(chosen => {
      const next = new Set(chosen);
      for (const id of ids) if (on) next.add(id); else next.delete(id);
      return next;
    });
  const whole = here.every(id => chosen.has(id));
  return (
    <div class={`table-box runs-table${busy ? " busy" : ""}`} tabIndex={0} role="region" aria-label={say("page.nav.runs")} aria-busy={busy}>
      <table class="sorts">
        <thead>
          <tr>
            <td>
              <input
                type="checkbox"
                aria-label={words("page.experiments.choose-page")}
                checked={whole}
                onChange={e => put(here, e.currentTarget.checked)}
              />
            </td>
            <Head column="attributes.run_name" asking={asking} onSort={onSort} />
            {columns.map(c => (
              <Head key={c} column={c} asking={asking} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map(r => (
            <tr key={r.info.run_id} class={chosen.has(r.info.run_id) ? "here" : undefined}>
              <td>
                <input
                  type="checkbox"
                  aria-label={words("page.experiments.choose-run", { name: r.info.run_name })}
                  checked={chosen.has(r.info.run_id)}
                  onClick={e => choose(r.info.run_id, e.currentTarget.checked, e.shiftKey)}
                />
              </td>
              <th scope="row" class="name">
                <a href={to.trackedRun(r.info.run_id)}>{r.info.run_name}</a>
                {r.info.lifecycle_stage === "deleted" && <span class="badge run-failed"> {words("page.experiments.deleted")}</span>}
                <Made run={r} />
              </th>
              {columns.map(c => (
                <Cell key={c} run={r} column={c} nameOf={nameOf} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({ column, asking, onSort }: { column: string; asking: Asking; onSort: (column: string, down: boolean) => void }) {
  const words = useWords();
  const sorted = asking.sort === column;
  const number = column.startsWith("metrics.") || column === "attributes.duration";
  const kind = column.slice(0, column.indexOf("."));
  const named = (
    <>
      {kind !== "attributes" && <small>{words(`page.experiments.one-${kind as "metrics"}`)} </small>}
      <span class="head">{headOf(column, words)}</span>
    </>
  );
  if (!sortable(column))
    return (
      <th scope="col" class={number ? "number plain-head" : "plain-head"}>
        {named}
      </th>
    );
  const downFirst = column.startsWith("metrics.") || column.endsWith("_time");
  return (
    <th scope="col" class={number ? "number" : undefined} aria-sort={sorted ? (asking.down ? "descending" : "ascending") : undefined}>
      <button type="button" onClick={() => onSort(column, sorted ? !asking.down : downFirst)}>
        {named}
        <span aria-hidden="true">{sorted ? (asking.down ? " ▼" : " ▲") : ""}</span>
      </button>
    </th>
  );
}

function Cell({ run, column, nameOf }: { run: TrackedRun; column: string; nameOf: (experiment: string) => string }) {
  const language = useLanguage();
  const { info } = run;
  switch (column) {
    case "attributes.status": return <td><StatusMark status={info.status} /></td>;
    case "attributes.start_time": return <td><Moment at={info.start_time} /></td>;
    case "attributes.end_time": return <td><Moment at={info.end_time} /></td>;
    case "attributes.duration": return (
      <td class="number">{info.end_time === undefined || info.start_time === undefined ? (info.status === "RUNNING" ? "…" : "–") : <Lasting seconds={Math.max(0, info.end_time - info.start_time) / 1000} />}</td>
    );
    case "attributes.experiment": return <td class="value"><a href={to.trackedRuns([info.experiment_id])}>{nameOf(info.experiment_id)}</a></td>;
    case "attributes.user_id": return <td class="value">{info.user_id ?? "–"}</td>;
    case "attributes.run_id": return <td class="value"><code>{info.run_id}</code></td>;
    case "attributes.artifact_uri": return <td class="value"><code>{info.artifact_uri}</code></td>;
    default: {
      const value = valueOf(run, column);
      const text = shown(value, language);
      return <td class={column.startsWith("metrics.") ? "number" : "value"} title={value === null ? undefined : String(value)}>{text.length > 200 ? `${text.slice(0, 200)}…` : text}</td>;
    }
  }
}

/** The version and the making of a run that Kumiki showed. */
function Made({ run }: { run: TrackedRun }) {
  const [version, making] = [tagOf(run.data, "kumiki.version"), tagOf(run.data, "kumiki.run")];
  if (version === null || making === null || !/^[^@]+@\d+$/.test(version)) return null;
  return (
    <small class="made">
      <VersionLink name={version} /> · <a href={to.run(making)}>{making}</a>
    </small>
  );
}
