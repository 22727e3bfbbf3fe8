import { useState } from "preact/hooks";
import type { Asset, MakingAsked, MakingEnd, Project, RunList } from "../src/api";
import { RunLink, VersionLink } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { MakeForm } from "./MakeForm";

/** Makes a version here, where the server has the project. A run of its own is opened with its log; what else came of it stands beside the buttons. */
export function Make({ asset }: { asset: Asset }) {
  const say = useSay();
  const { name } = asset.status;
  const project = useResource<Project>("api/project");
  const [open, setOpen] = useState(false);
  const [asked, ask] = useChange<MakingEnd>(`api/assets/${encodeURIComponent(name)}/makings`);
  if (project.state !== "ready" || !project.value.mayMake) return null;
  const waits = asked.state === "asking";
  const missing = asset.status.inUse === null && asset.inputs.some(i => i.inUse === null);
  const make = async (what: MakingAsked) => {
    const end = await ask(what);
    const alone = !what.upstream && !what.downstream && !what.family && !what.and;
    if (alone && end?.end === "begun" && end.run !== null && end.asset === name) location.hash = to.run(end.run);
  };
  return (
    <div class="making">
      <div class="make">
        <button type="button" class="main" disabled={waits} onClick={() => make({})}>{say("page.make")}</button>
        {(missing || asset.status.stale.some(s => s.id === "stale.upstream")) && (
          <button type="button" disabled={waits} onClick={() => make({ upstream: true })}>{say("page.make.upstream")}</button>
        )}
        <button type="button" aria-expanded={open} onClick={() => setOpen(o => !o)}>{say("page.make.form")}</button>
        <span role="status">
          {waits && say("page.make.asking")}
          {asked.state === "done" && <Ended end={asked.value} />}
        </span>
      </div>
      {asked.state === "failed" && <p role="alert" class="failed">{asked.reason}</p>}
      {open && <MakeForm asset={asset} waits={waits} onMake={make} />}
      {asked.state === "done" && asked.value.end === "begun" && <UnderWay />}
    </div>
  );
}

function Ended({ end }: { end: MakingEnd }) {
  const say = useSay();
  switch (end.end) {
    case "begun": return <>{say("page.make.begun", { asset: end.asset })} {end.run && <RunLink id={end.run} />}</>;
    case "failed": return <span class="bad">✕ {end.says?.text} {end.run && <RunLink id={end.run} />}</span>;
    default: return <span class="good">✓ {end.version && <VersionLink name={end.version} />} {end.says?.text}</span>;
  }
}

/** What runs just now, for a making of several assets has several runs, one after the other. */
function UnderWay() {
  const say = useSay();
  const running = useResource<RunList>("api/runs?state=running&limit=10");
  if (running.state !== "ready" || running.value.runs.length === 0) return null;
  return (
    <p class="quiet">
      {say("page.make.under-way")}{" "}
      {running.value.runs.map(r => (
        <span key={r.id} class="metric-inline">
          {r.asset} <RunLink id={r.id} />
        </span>
      ))}
    </p>
  );
}
