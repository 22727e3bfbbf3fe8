import { useState } from "preact/hooks";
import { filterOf, nothingFiltered, passes, queryOf, type Filter } from "../graph/filter";
import { Filters } from "../graph/Filters";
import type { AssetStatus } from "../src/api";
import { AssetLink, Empty, Page, Read, RunLink, Stage, Table, Time, useFreshness, useKind, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";

export function AssetsPage() {
  const say = useSay();
  const assets = useResource<{ assets: AssetStatus[] }>("api/assets");
  return (
    <Page title={say("page.nav.assets")}>
      <Read of={assets} what={say("page.nav.assets")}>
        {({ assets }) => assets.length === 0 ? <Empty command="kumiki make NAME">{say("page.graph.empty")}</Empty> : <Whole all={assets} />}
      </Read>
    </Page>
  );
}

const rowsAtOnce = 100;

function Whole({ all }: { all: AssetStatus[] }) {
  const say = useSay();
  const kind = useKind();
  const [filter, setFilter] = useState(() => filterOf(location.hash));
  const [shown, setShown] = useState(rowsAtOnce);
  const assets = all.filter(a => passes(a, filter));
  const change = (next: Filter) => {
    setFilter(next);
    setShown(rowsAtOnce);
    history.replaceState(null, "", `${to.assets}${queryOf(next)}`);
  };
  return (
    <>
      <Filters of={all} shown={assets.length} filter={filter} onChange={change} />
      {assets.length === 0 ? (
        <Empty>
          {say("page.filter.none")}{" "}
          <button type="button" onClick={() => change(nothingFiltered)}>
            {say("page.filter.clear")}
          </button>
        </Empty>
      ) : (
        <Table
          label={say("page.nav.assets")}
          head={[say("page.asset"), say("page.kind"), say("page.in-use"), say("page.stages"), say("page.newest"), say("page.made"), say("page.state")]}
        >
          {assets.slice(0, shown).map(a => (
            <tr key={a.name}>
              <th scope="row">
                <AssetLink name={a.name} />
                {a.rawKey !== null && <span class="quiet"> {a.rawKey}</span>}
              </th>
              <td>{kind(a.kind)}</td>
              <td>{a.inUse === null ? "–" : <VersionLink name={`${a.name}@${a.inUse}`} short />}</td>
              <td>
                {a.production !== null && (
                  <>
                    <Stage name="production" /> <VersionLink name={`${a.name}@${a.production}`} short />{" "}
                  </>
                )}
                {a.staging !== null && (
                  <>
                    <Stage name="staging" /> <VersionLink name={`${a.name}@${a.staging}`} short />
                  </>
                )}
              </td>
              <td>{a.newest === null ? "–" : <VersionLink name={`${a.name}@${a.newest}`} short />}</td>
              <td>
                <Time at={a.madeAt} />
              </td>
              <td>
                <State asset={a} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {assets.length > shown && (
        <button type="button" onClick={() => setShown(n => n + rowsAtOnce)}>
          {say("page.overview.more", { count: assets.length - shown })}
        </button>
      )}
    </>
  );
}

function State({ asset }: { asset: AssetStatus }) {
  const say = useSay();
  const fresh = useFreshness();
  if (!asset.declared) return <span class="quiet">{say("page.fresh.undeclared")}</span>;
  return (
    <>
      {asset.freshness === "stale"
        ? <span class="badge stale" title={asset.stale.map(s => s.text).join("\n")}>! {say("page.fresh.stale")}</span>
        : <span class={asset.freshness === "upToDate" ? "good" : "quiet"}>{asset.freshness === "upToDate" ? "✓ " : ""}{fresh(asset.freshness)}</span>}
      {asset.running.map(r => <span key={r}> ▶ <RunLink id={r} /></span>)}
    </>
  );
}
