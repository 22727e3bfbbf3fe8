import type { MakingEnd, Project } from "../src/api";
import { RunLink, VersionLink } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { useSay } from "../src/texts";

/** Makes a version here, where the server has the project; what came of it stands beside the buttons. */
export function Make({ asset, stale }: { asset: string; stale: boolean }) {
  const say = useSay();
  const project = useResource<Project>("api/project");
  const [asked, make] = useChange<MakingEnd>(`api/assets/${encodeURIComponent(asset)}/makings`);
  if (project.state !== "ready" || !project.value.mayMake) return null;
  return (
    <div class="make">
      <button type="button" class="main" disabled={asked.state === "asking"} onClick={() => make({})}>{say("page.make")}</button>
      {stale && <button type="button" disabled={asked.state === "asking"} onClick={() => make({ upstream: true })}>{say("page.make.upstream")}</button>}
      <span role="status">
        {asked.state === "asking" && say("page.make.asking")}
        {asked.state === "done" && <Ended end={asked.value} />}
      </span>
      {asked.state === "failed" && <p role="alert" class="bad">{asked.reason}</p>}
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
