import { useState } from "preact/hooks";
import type { AssetStatus, Finding, Production, Project, ReleaseAsked, ReleaseEnd } from "../src/api";
import { AssetLink, Command, Empty, Read, useKind, VersionLink } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { Changes } from "./Changes";
import { makeOf, waiverOf } from "./mends";

/** What is staged and not in production: chosen, checked, and released in one step; what does not fit is said with its mend. */
export function Desk() {
  const say = useSay();
  const assets = useResource<{ assets: AssetStatus[] }>("api/assets");
  const project = useResource<Project>("api/project");
  return (
    <Read of={assets} what={say("page.desk")}>
      {({ assets }) => {
        const staged = assets.filter(a => a.staging !== null && a.staging !== a.production);
        if (staged.length === 0) return <Empty command="kumiki stage NAME@N">{say("page.desk.empty")}</Empty>;
        return <Staged key={staged.map(a => `${a.name}@${a.staging}`).join()} staged={staged} may={project.state === "ready" && project.value.mayChange} />;
      }}
    </Read>
  );
}

function Staged({ staged, may }: { staged: AssetStatus[]; may: boolean }) {
  const say = useSay();
  const kind = useKind();
  const [out, setOut] = useState<string[]>([]);
  const [waivers, setWaivers] = useState<NonNullable<ReleaseAsked["waivers"]>>([]);
  const [reason, setReason] = useState("");
  const [checked, check, forget] = useChange<ReleaseEnd>("api/releases");
  const [released, release] = useChange<ReleaseEnd>("api/releases");
  const set = staged.filter(a => !out.includes(a.name)).map(a => `${a.name}@${a.staging}`);
  const asked = (dryRun: boolean, more = waivers): ReleaseAsked => ({ set, waivers: more, reason, dryRun });
  const waive = (waiver: NonNullable<ReleaseAsked["waivers"]>[number]) => {
    const more = [...waivers, waiver];
    setWaivers(more);
    void check(asked(true, more));
  };
  return (
    <form onSubmit={e => { e.preventDefault(); void check(asked(true)); }}>
      <div class="table-box" tabIndex={0} role="region" aria-label={say("page.desk")}>
        <table>
          <thead><tr><th scope="col">{say("page.desk.take")}</th><th scope="col">{say("page.asset")}</th><th scope="col">{say("page.kind")}</th><th scope="col">{say("page.production")}</th><th scope="col">{say("page.stage.staging")}</th><th scope="col">{say("page.compare")}</th></tr></thead>
          <tbody>
            {staged.map(a => (
              <tr key={a.name}>
                <td><input type="checkbox" checked={!out.includes(a.name)} disabled={!may} aria-label={say("page.desk.take-one", { version: `${a.name}@${a.staging}` })} onChange={() => { setOut(o => (o.includes(a.name) ? o.filter(n => n !== a.name) : [...o, a.name])); forget(); }} /></td>
                <th scope="row"><AssetLink name={a.name} /></th><td>{kind(a.kind)}</td>
                <td>{a.production === null ? "–" : <VersionLink name={`${a.name}@${a.production}`} short />}</td>
                <td><VersionLink name={`${a.name}@${a.staging}`} short /></td>
                <td>{a.production !== null && <a href={to.diff(`${a.name}@${a.production}`, `${a.name}@${a.staging}`)}>@{a.production} → @{a.staging}</a>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {may
        ? <p class="desk"><button type="submit" class="main" disabled={set.length === 0 || checked.state === "asking"}>{say("page.desk.check")}</button></p>
        : <p class="note">{say("page.desk.read-only")} <Command>kumiki release --dry-run</Command></p>}
      <div role="status">
        {checked.state === "asking" && <p class="quiet">{say("page.desk.checking")}</p>}
        {checked.state === "done" && <Checked end={checked.value} onWaive={waive} />}
        {waivers.length > 0 && <ul class="waivers">{waivers.map(w => <li key={`${w.version} ${w.check}`} class="warning">{say("page.waiver", w)} <button type="button" class="small" onClick={() => { setWaivers(all => all.filter(o => o !== w)); forget(); }}>{say("page.desk.unwaive")}</button></li>)}</ul>}
      </div>
      {checked.state === "failed" && <p role="alert" class="failed">{checked.reason}</p>}
      {checked.state === "done" && checked.value.end === "would-go-live" && (
        <p class="desk">
          <label>{say("page.reason")} <input value={reason} maxLength={500} size={40} onInput={e => setReason(e.currentTarget.value)} /></label>
          <button type="button" class="main" disabled={released.state === "asking"} onClick={() => release(asked(false))}>{say("page.desk.release")}</button>
        </p>
      )}
      {released.state === "failed" && <p role="alert" class="failed">{released.reason}</p>}
      {released.state === "done" && released.value.end !== "live" && <Checked end={released.value} onWaive={waive} />}
    </form>
  );
}

/** What a check found: it would fit, or what keeps it back, each with its mend. */
function Checked({ end, onWaive }: { end: ReleaseEnd; onWaive: (waiver: NonNullable<ReleaseAsked["waivers"]>[number]) => void }) {
  const say = useSay();
  const [refusals, notes] = [end.findings.filter(f => f.severity === "refusal"), end.findings.filter(f => f.severity === "note")];
  return (
    <div class={end.end === "refused" ? "failed verdict" : "fits verdict"}>
      <p><b>{end.end === "refused" ? `✕ ${say("page.desk.refused", { count: refusals.length })}` : end.end === "unchanged" ? say("page.desk.unchanged") : `✓ ${say("page.desk.fits")}`}</b></p>
      {end.end !== "refused" && end.changes.length > 0 && <Changes of={end.changes} before={null} />}
      <ul class="findings">{refusals.map(f => <li key={f.says.text}><Refused finding={f} onWaive={onWaive} /></li>)}</ul>
      {notes.length > 0 && <ul class="findings">{notes.map(f => <li key={f.says.text} class="quiet">{f.says.text}</li>)}</ul>}
    </div>
  );
}

function Refused({ finding, onWaive }: { finding: Finding; onWaive: (waiver: NonNullable<ReleaseAsked["waivers"]>[number]) => void }) {
  const say = useSay();
  const [because, setBecause] = useState("");
  return (
    <>
      <p>{finding.says.text}</p>
      {finding.mends.map(mend => {
        const waiver = waiverOf(mend);
        const made = makeOf(mend);
        return (
          <div key={mend} class="mend">
            <span class="quiet">{say("page.stale.mend")}</span> <Command>{mend}</Command> {made !== null && <a href={to.asset(made)}>{made}</a>}
            {waiver !== null && (
              <span class="inline">
                <label>{say("page.desk.because")} <input value={because} maxLength={500} onInput={e => setBecause(e.currentTarget.value)} /></label>
                <button type="button" class="small" disabled={because.trim() === ""} onClick={() => onWaive({ ...waiver, because: because.trim() })}>{say("page.desk.waive", { check: waiver.check })}</button>
              </span>
            )}
          </div>
        );
      })}
    </>
  );
}

/** Brings back what was live before, after showing what that changes. */
export function Rollback({ production }: { production: Production }) {
  const say = useSay();
  const project = useResource<Project>("api/project");
  const [reason, setReason] = useState("");
  const [looked, look, forget] = useChange<ReleaseEnd>("api/releases/rollback");
  const [done, bring] = useChange<ReleaseEnd>("api/releases/rollback");
  if (project.state !== "ready" || !project.value.mayChange || production.release === 0) return null;
  const live = production.release;
  return (
    <div class="rollback">
      {looked.state !== "done" && <button type="button" disabled={looked.state === "asking"} onClick={() => look({ live, dryRun: true })}>{say("page.rollback.look")}</button>}
      {looked.state === "failed" && <p role="alert" class="failed">{looked.reason}</p>}
      {looked.state === "done" && (
        <div class={looked.value.end === "refused" ? "failed verdict" : "warning verdict"} role="status">
          {looked.value.end === "refused" ? <ul class="findings">{looked.value.findings.map(f => <li key={f.says.text}>{f.says.text}</li>)}</ul> : (
            <>
              <p><b>{say("page.rollback.sure")}</b></p>
              <Changes of={looked.value.changes} before={null} />
              <p class="desk">
                <label>{say("page.reason")} <input value={reason} maxLength={500} size={40} onInput={e => setReason(e.currentTarget.value)} /></label>
                <button type="button" class="danger" disabled={done.state === "asking" || reason.trim() === ""} onClick={async () => { if (await bring({ live, reason })) forget(); }}>{say("page.rollback.do")}</button>
              </p>
            </>
          )}
          <button type="button" class="small" onClick={forget}>{say("page.cancel")}</button>
        </div>
      )}
      {done.state === "failed" && <p role="alert" class="failed">{done.reason}</p>}
    </div>
  );
}
