import type { Occurrence, OccurrenceState, ScheduleStep } from "../src/api";
import { Findings, kebab, Lasting, Time, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useSay, type TextId } from "../src/texts";

const looks: Record<OccurrenceState, string> = {
  waiting: "",
  running: "run-running",
  holding: "run-running",
  released: "go",
  staged: "staging",
  unchanged: "",
  noGo: "no-go",
  refused: "no-go",
  stopped: "no-go",
  failed: "no-go",
  cancelled: "",
  crashed: "no-go",
  skipped: "",
};

export function OccurrenceMark({ state }: { state: OccurrenceState }) {
  const say = useSay();
  return <span class={`badge ${looks[state]}`}>{say(`page.occurrence.${kebab(state)}` as TextId)}</span>;
}

const marks = (step: ScheduleStep) => (step.good === null ? "▶" : step.good ? "✓" : "✕");

/** The steps from the data to production, as far as they went. */
export function Steps({ of }: { of: ScheduleStep[] }) {
  const say = useSay();
  if (of.length === 0) return null;
  return (
    <ol class="step-line">
      {of.map(s => (
        <li key={s.name} class={s.good === null ? "busy" : s.good ? "good" : "bad"} title={s.says?.text}>
          <span aria-hidden="true">{marks(s)}</span> {say(`page.step.${s.name}`)}
          {s.ended !== null && (
            <small class="quiet">
              {" "}
              <Lasting seconds={(Date.parse(s.ended) - Date.parse(s.started)) / 1000} />
            </small>
          )}
        </li>
      ))}
    </ol>
  );
}

/** One time a schedule was due, whole: its steps, what came of it, and what keeps it back. */
export function OneOccurrence({ of: o }: { of: Occurrence }) {
  const say = useSay();
  const failed = o.steps.filter(s => s.good === false && s.says !== null);
  return (
    <article class="occurrence">
      <p>
        <OccurrenceMark state={o.state} />{" "}
        <b>
          <Time at={o.due} />
        </b>{" "}
        <span class="quiet">
          {say(`page.cause.${kebab(o.cause)}` as TextId)}
          {o.by !== null && ` (${o.by})`}
          {o.missed > 0 && ` · ${say("page.occurrence.missed", { count: o.missed })}`}
          {o.attempt > 1 && ` · ${say("page.attempt")} ${o.attempt}`}
        </span>
        {o.go !== null && (
          <>
            {" "}
            <span class={`badge ${o.go ? "go" : "no-go"}`}>{o.go ? "GO" : "NO-GO"}</span>
          </>
        )}
      </p>
      {o.says && <p>{o.says.text}</p>}
      <Steps of={o.steps} />
      {o.heldUntil !== null && o.state === "holding" && (
        <p>
          {say("page.occurrence.held")} <Time at={o.heldUntil} />
        </p>
      )}
      {failed
        .filter(s => s.says!.text !== o.says?.text)
        .map(s => (
          <p key={s.name} class="bad">
            {say(`page.step.${s.name}`)}: {s.says!.text}
          </p>
        ))}
      {o.findings.length > 0 && <Findings of={o.findings} />}
      {(o.versions.length > 0 || o.release !== null) && (
        <p class="quiet">
          {o.release !== null && (
            <>
              <a href={to.release(o.release)}>{say("page.release.number", { number: o.release })}</a> ·{" "}
            </>
          )}
          {o.versions.map(v => (
            <span key={v} class="metric-inline">
              <VersionLink name={v} />{" "}
            </span>
          ))}
        </p>
      )}
    </article>
  );
}
