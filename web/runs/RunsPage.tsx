import { useState } from "preact/hooks";
import type { AssetStatus, RunLine, RunList, RunState } from "../src/api";
import { AssetLink, Empty, Lasting, Page, Read, RunLink, RunStateMark, Table, Time, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { mostCompared } from "./CompareRunsPage";

const states: RunState[] = ["running", "made", "reused", "tried", "failed", "cancelled", "crashed"];

export function RunsPage({ asset, state }: { asset: string; state: string }) {
  const say = useSay();
  const [pages, setPages] = useState([""]);
  const [chosen, setChosen] = useState<string[]>([]);
  const assets = useResource<{ assets: AssetStatus[] }>("api/assets");
  const names = assets.state === "ready" ? assets.value.assets.map(a => a.name) : asset ? [asset] : [];
  return (
    <Page title={say("page.nav.runs")}>
      <div class="filters">
        <label>
          {say("page.asset")}
          <select value={asset} onChange={e => (location.hash = to.runs(e.currentTarget.value, state))}>
            <option value="">{say("page.all")}</option>
            {[...new Set([...names, ...(asset ? [asset] : [])])].map(n => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </select>
        </label>
        <label>
          {say("page.state")}
          <select value={state} onChange={e => (location.hash = to.runs(asset, e.currentTarget.value))}>
            <option value="">{say("page.all")}</option>
            {states.map(s => (
              <option key={s} value={s}>
                {say(`page.run.${s}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {chosen.length > 0 && (
        <p class="chosen" role="status">
          {say("page.compare.chosen", { count: chosen.length })}{" "}
          {chosen.length > 1 && chosen.length <= mostCompared ? (
            <a class="button main" href={to.compareRuns(chosen)}>
              {say("page.compare.runs")}
            </a>
          ) : (
            <span class="quiet">{say("page.compare.runs.choose", { most: mostCompared })}</span>
          )}{" "}
          <button type="button" class="small" onClick={() => setChosen([])}>
            {say("page.compare.clear")}
          </button>
        </p>
      )}
      {pages.map((before, i) => (
        <Some
          key={before}
          chosen={chosen}
          onChoose={(id, on) => setChosen(c => (on ? [...c, id] : c.filter(o => o !== id)))}
          asset={asset}
          state={state}
          before={before}
          last={i === pages.length - 1}
          onMore={next => setPages(p => [...p, next])}
        />
      ))}
    </Page>
  );
}

function Some({
  asset,
  state,
  before,
  last,
  onMore,
  chosen,
  onChoose,
}: {
  chosen: string[];
  onChoose: (id: string, on: boolean) => void;
  asset: string;
  state: string;
  before: string;
  last: boolean;
  onMore: (next: string) => void;
}) {
  const say = useSay();
  const asked = new URLSearchParams(
    [
      ["asset", asset],
      ["state", state],
      ["before", before],
    ].filter(([, v]) => v !== "") as [string, string][],
  );
  const runs = useResource<RunList>(`api/runs?${asked}`);
  return (
    <Read of={runs} what={say("page.nav.runs")}>
      {({ runs, next }) =>
        runs.length === 0 && before === "" ? (
          asset || state ? (
            <Empty>
              {say("page.runs.none-such")} <a href={to.runs()}>{say("page.runs.all")}</a>
            </Empty>
          ) : (
            <Empty command="kumiki make NAME">{say("page.runs.empty")}</Empty>
          )
        ) : (
          <>
            <Table
              label={say("page.nav.runs")}
              head={["", say("page.run"), say("page.state"), say("page.asset"), say("page.result"), say("page.started"), say("page.took")]}
              numbers={[6]}
            >
              {runs.map(r => (
                <Row key={r.id} of={r} chosen={chosen.includes(r.id)} onChoose={on => onChoose(r.id, on)} />
              ))}
            </Table>
            {last && next !== null && (
              <button type="button" onClick={() => onMore(next)}>
                {say("page.older")}
              </button>
            )}
          </>
        )
      }
    </Read>
  );
}

function Row({ of, chosen, onChoose }: { of: RunLine; chosen: boolean; onChoose: (on: boolean) => void }) {
  const say = useSay();
  return (
    <tr>
      <td>
        <input type="checkbox" checked={chosen} aria-label={say("page.compare.choose", { run: of.id })} onChange={e => onChoose(e.currentTarget.checked)} />
      </td>
      <th scope="row">
        <RunLink id={of.id} />
      </th>
      <td>
        <RunStateMark state={of.state} />
      </td>
      <td>
        <AssetLink name={of.asset} />
      </td>
      <td class="sentence">{of.result ? <VersionLink name={of.result} /> : of.error ? <span class="bad">{of.error.text}</span> : "–"}</td>
      <td>
        <Time at={of.started} />
      </td>
      <td class="number">{of.ended === null ? "…" : <Lasting seconds={(Date.parse(of.ended) - Date.parse(of.started)) / 1000} />}</td>
    </tr>
  );
}
