import { useEffect, useState } from "preact/hooks";
import type { Finding, Project, ReleaseEnd, WaiverAsked } from "../src/api";
import { Command } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { Changes } from "./Changes";
import { makeOf, releaseOf, waiverOf } from "./mends";

const assetOf = (version: string) => version.split("@")[0]!;

/**
 * Asks for a release: checks it without doing it, shows what would change or what keeps it back, each with its mend, and does it with who and why.
 * Mends that release or take out more, or pass over a gate, are taken by a click and checked again.
 */
export function Asking({ set, without, takesOut }: { set: string[]; without: string[]; takesOut: boolean }) {
  const say = useSay();
  const project = useResource<Project>("api/project");
  const [more, setMore] = useState<{ set: string[]; without: string[] }>({ set: [], without: [] });
  const [waivers, setWaivers] = useState<WaiverAsked[]>([]);
  const [reason, setReason] = useState("");
  const [author, setAuthor] = useState<string | null>(null);
  const [checked, check, forget] = useChange<ReleaseEnd>("api/releases");
  const [released, release, unrelease] = useChange<ReleaseEnd>("api/releases");
  useEffect(() => { forget(); unrelease(); }, [set.join(), without.join()]);

  const who = author ?? (project.state === "ready" ? project.value.author : "");
  const asked = (dryRun: boolean, extra = more, passed = waivers) => {
    const leaving = [...new Set([...without, ...extra.without])];
    const entering = [...set.filter(v => !extra.set.some(e => assetOf(e) === assetOf(v))), ...extra.set].filter(v => !leaving.includes(assetOf(v)));
    return { set: entering, without: leaving, waivers: passed, reason, author: who.trim(), dryRun };
  };
  const again = (extra: typeof more, passed: WaiverAsked[]) => {
    setMore(extra);
    setWaivers(passed);
    unrelease();
    void check(asked(true, extra, passed));
  };
  const onMend: OnMend = mend => {
    const known = asked(true);
    again({
      set: [...more.set, ...mend.set.filter(v => !known.set.includes(v))], without: [...more.without, ...mend.without.filter(a => !known.without.includes(a))],
    }, waivers);
  };
  const onWaive = (waiver: WaiverAsked) => again(more, [...waivers, waiver]);
  const fits = checked.state === "done" && checked.value.end === "would-go-live";
  const extras = [...more.set.map(v => ({ text: say("page.desk.more-set", { version: v }), gone: { ...more, set: more.set.filter(o => o !== v) } })),
    ...more.without.map(a => ({ text: say("page.desk.more-without", { asset: a }), gone: { ...more, without: more.without.filter(o => o !== a) } }))];
  return (
    <>
      <p class="desk">
        <button type="button" class="main" disabled={set.length + without.length === 0 || checked.state === "asking"} onClick={() => check(asked(true))}>
          {say(takesOut ? "page.takeout.check" : "page.desk.check")}
        </button>
      </p>
      <div role="status">
        {checked.state === "asking" && <p class="quiet">{say("page.desk.checking")}</p>}
        {checked.state === "done" && <Checked end={checked.value} onWaive={onWaive} onMend={onMend} />}
        {(waivers.length > 0 || extras.length > 0) && (
          <ul class="waivers">
            {waivers.map(w => (
              <li key={`${w.version} ${w.check}`} class="warning">
                {say("page.waiver", { ...w })}{" "}
                <button
                  type="button"
                  class="small"
                  onClick={() =>
                    again(
                      more,
                      waivers.filter(o => o !== w),
                    )
                  }
                >
                  {say("page.desk.unwaive")}
                </button>
              </li>
            ))}
            {extras.map(e => (
              <li key={e.text} class="warning">
                {e.text}{" "}
                <button type="button" class="small" onClick={() => again(e.gone, waivers)}>
                  {say("page.desk.unwaive")}
                </button>
              </li>
            ))}
          </ul>
        )}
      </div>
      {checked.state === "failed" && (
        <p role="alert" class="failed">
          {checked.reason}
        </p>
      )}
      {fits && (
        <p class="desk">
          <label>
            {say("page.reason")} <input value={reason} maxLength={500} size={40} required={takesOut} onInput={e => setReason(e.currentTarget.value)} />
          </label>
          <label>
            {say("page.by")} <input value={who} maxLength={200} size={16} onInput={e => setAuthor(e.currentTarget.value)} />
          </label>
          <button
            type="button"
            class={takesOut ? "danger" : "main"}
            disabled={released.state === "asking" || (takesOut && reason.trim() === "")}
            onClick={() => release(asked(false))}
          >
            {say(takesOut ? "page.takeout.do" : "page.desk.release")}
          </button>
        </p>
      )}
      {released.state === "failed" && (
        <p role="alert" class="failed">
          {released.reason}
        </p>
      )}
      {released.state === "done" && released.value.end !== "live" && <Checked end={released.value} onWaive={onWaive} onMend={onMend} />}
    </>
  );
}

type OnMend = (mend: { set: string[]; without: string[] }) => void;

/** What a check found: it would fit, or what keeps it back, each with its mend. */
function Checked({ end, onWaive, onMend }: { end: ReleaseEnd; onWaive: (waiver: WaiverAsked) => void; onMend: OnMend }) {
  const say = useSay();
  const [refusals, notes] = [end.findings.filter(f => f.severity === "refusal"), end.findings.filter(f => f.severity === "note")];
  const verdict =
    end.end === "refused"
      ? `✕ ${say("page.desk.refused", { count: refusals.length })}`
      : end.end === "unchanged"
        ? say("page.desk.unchanged")
        : `✓ ${say("page.desk.fits")}`;
  return (
    <div class={end.end === "refused" ? "failed verdict" : "fits verdict"}>
      <p><b>{verdict}</b></p>
      {end.end !== "refused" && end.changes.length > 0 && <Changes of={end.changes} before={null} />}
      <ul class="findings">{refusals.map(f => <li key={f.says.text}><Refused finding={f} onWaive={onWaive} onMend={onMend} /></li>)}</ul>
      {notes.length > 0 && <ul class="findings">{notes.map(f => <li key={f.says.text} class="quiet">{f.says.text}</li>)}</ul>}
    </div>
  );
}

function Refused({ finding, onWaive, onMend }: { finding: Finding; onWaive: (waiver: WaiverAsked) => void; onMend: OnMend }) {
  const say = useSay();
  return (
    <>
      <p>{finding.says.text}</p>
      {finding.mends.map(mend => {
        const [waiver, made, other] = [waiverOf(mend), makeOf(mend), releaseOf(mend)];
        return (
          <div key={mend} class="mend">
            <span class="quiet">{say("page.stale.mend")}</span> <Command>{mend}</Command> {made !== null && <a href={to.asset(made)}>{made}</a>}
            {waiver !== null ? <Waive waiver={waiver} onWaive={onWaive} />
              : other !== null && <button type="button" class="small" onClick={() => onMend(other)}>{say("page.desk.take-mend")}</button>}
          </div>
        );
      })}
    </>
  );
}

function Waive({ waiver, onWaive }: { waiver: { version: string; check: string }; onWaive: (waiver: WaiverAsked) => void }) {
  const say = useSay();
  const [because, setBecause] = useState("");
  return (
    <span class="inline">
      <label>{say("page.desk.because")} <input value={because} maxLength={500} onInput={e => setBecause(e.currentTarget.value)} /></label>
      <button type="button" class="small" disabled={because.trim() === ""} onClick={() => onWaive({ ...waiver, because: because.trim() })}>
        {say("page.desk.waive", { check: waiver.check })}
      </button>
    </span>
  );
}
