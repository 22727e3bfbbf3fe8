import { useState } from "preact/hooks";
import type { AssetStatus, Production, Project, ReleaseEnd } from "../src/api";
import { AssetLink, Command, Empty, Findings, Read, Table, Time, useKind, VersionLink } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { Asking } from "./Asking";
import { Changes } from "./Changes";

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
  const heads = [say("page.desk.take"), say("page.asset"), say("page.kind"), say("page.production"), say("page.stage.staging"), say("page.compare")];
  return (
    <>
      <div class="table-box" tabIndex={0} role="region" aria-label={say("page.desk")}>
        <table>
          <thead>
            <tr>
              {heads.map(h => (
                <th key={h} scope="col">
                  {h}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {staged.map(a => (
              <tr key={a.name}>
                <td>
                  <input
                    type="checkbox"
                    checked={!out.includes(a.name)}
                    disabled={!may}
                    aria-label={say("page.desk.take-one", { version: `${a.name}@${a.staging}` })}
                    onChange={() => setOut(o => (o.includes(a.name) ? o.filter(n => n !== a.name) : [...o, a.name]))}
                  />
                </td>
                <th scope="row">
                  <AssetLink name={a.name} />
                </th>
                <td>{kind(a.kind)}</td>
                <td>{a.production === null ? "–" : <VersionLink name={`${a.name}@${a.production}`} short />}</td>
                <td>
                  <VersionLink name={`${a.name}@${a.staging}`} short />
                </td>
                <td>
                  {a.production !== null && (
                    <a href={to.diff(`${a.name}@${a.production}`, `${a.name}@${a.staging}`)}>
                      @{a.production} → @{a.staging}
                    </a>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {may ? (
        <Asking set={staged.filter(a => !out.includes(a.name)).map(a => `${a.name}@${a.staging}`)} without={[]} takesOut={false} />
      ) : (
        <p class="note">
          {say("page.desk.read-only")} <Command>kumiki release --dry-run</Command>
        </p>
      )}
    </>
  );
}

/** What is in production now; where changes may be made, what is chosen of it is taken out, after showing what that would do. */
export function Now({ production }: { production: Production }) {
  const say = useSay();
  const kind = useKind();
  const project = useResource<Project>("api/project");
  const [taking, setTaking] = useState(false);
  const [out, setOut] = useState<string[]>([]);
  if (production.release === 0) return <Empty command="kumiki release NAME@N">{say("page.production.empty")}</Empty>;
  const may = project.state === "ready" && project.value.mayChange;
  const heads = [...(taking ? [say("page.takeout.head")] : []), say("page.version"), say("page.kind"), say("page.made")];
  return (
    <>
      <p><a href={to.release(production.release)}>{say("page.release.number", { number: production.release })}</a> · <Time at={production.liveAt} /></p>
      <Table label={say("page.production")} head={heads}>
        {production.set.map(v => {
          const asset = v.name.split("@")[0]!;
          return (
            <tr key={v.name}>
              {taking && (
                <td>
                  <input type="checkbox" checked={out.includes(asset)} aria-label={say("page.takeout.one", { asset })}
                    onChange={e => setOut(e.currentTarget.checked ? [...out, asset] : out.filter(o => o !== asset))} />
                </td>
              )}
              <th scope="row"><VersionLink name={v.name} /></th><td>{v.kind && kind(v.kind)}</td><td><Time at={v.madeAt} /></td>
            </tr>
          );
        })}
      </Table>
      {may && !taking && production.set.length > 0 && <p class="desk"><button type="button" onClick={() => setTaking(true)}>{say("page.takeout")}</button></p>}
      {may && taking && (
        <div class="takeout" role="group" aria-label={say("page.takeout")}>
          <p class="note">{say("page.takeout.lead")}</p>
          <Asking set={[]} without={out} takesOut />
          <p class="desk"><button type="button" class="small" onClick={() => { setTaking(false); setOut([]); }}>{say("page.cancel")}</button></p>
        </div>
      )}
    </>
  );
}

/** Brings back what was live before, after showing what that changes. */
export function Rollback({ production }: { production: Production }) {
  const say = useSay();
  const project = useResource<Project>("api/project");
  const [reason, setReason] = useState("");
  const [author, setAuthor] = useState<string | null>(null);
  const [looked, look, forget] = useChange<ReleaseEnd>("api/releases/rollback");
  const [done, bring] = useChange<ReleaseEnd>("api/releases/rollback");
  if (project.state !== "ready" || !project.value.mayChange || production.release === 0) return null;
  const live = production.release;
  const who = author ?? project.value.author;
  return (
    <div class="rollback">
      {looked.state !== "done" && (
        <button type="button" disabled={looked.state === "asking"} onClick={() => look({ live, dryRun: true })}>{say("page.rollback.look")}</button>
      )}
      {looked.state === "failed" && <p role="alert" class="failed">{looked.reason}</p>}
      {looked.state === "done" && (
        <div class={looked.value.end === "refused" ? "failed verdict" : "warning verdict"} role="status">
          {looked.value.end === "refused" ? <Findings of={looked.value.findings} /> : (
            <>
              <p><b>{say("page.rollback.sure")}</b></p>
              <Changes of={looked.value.changes} before={null} />
              <p class="desk">
                <label>{say("page.reason")} <input value={reason} maxLength={500} size={40} onInput={e => setReason(e.currentTarget.value)} /></label>
                <label>{say("page.by")} <input value={who} maxLength={200} size={16} onInput={e => setAuthor(e.currentTarget.value)} /></label>
                <button type="button" class="danger" disabled={done.state === "asking" || reason.trim() === ""}
                  onClick={async () => { if (await bring({ live, reason, author: who.trim() })) forget(); }}>{say("page.rollback.do")}</button>
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
