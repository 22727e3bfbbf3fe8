import { useState } from "preact/hooks";
import type { Production, ReleaseLine, ReleaseList, StageHistory } from "../src/api";
import { AssetLink, Empty, Page, Read, ReleaseStateMark, Section, Stage, Table, Time, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { Changes, Waivers } from "./Changes";
import { Desk, Now, Rollback } from "./Desk";

export function ReleasesPage() {
  const say = useSay();
  const [pages, setPages] = useState<(number | null)[]>([null]);
  const production = useResource<Production>("api/production");
  const moves = useResource<StageHistory>("api/stages/history?limit=30");
  return (
    <Page title={say("page.nav.releases")}>
      <Section title={say("page.production")}>
        <Read of={production} what={say("page.production")}>
          {value => (
            <>
              <Now key={`now ${value.release}`} production={value} />
              <Rollback key={value.release} production={value} />
            </>
          )}
        </Read>
      </Section>
      <Section title={say("page.desk")}>
        <p class="lead">{say("page.desk.lead")}</p>
        <Desk />
      </Section>
      <Section title={say("page.history")}>
        {pages.map((before, i) => (
          <Some key={before} before={before} last={i === pages.length - 1} onMore={next => setPages(p => [...p, next])} />
        ))}
      </Section>
      <Section title={say("page.moves")}>
        <Read of={moves} what={say("page.moves")}>
          {({ moves }) =>
            moves.length === 0 ? (
              <Empty command="kumiki stage NAME@N">{say("page.moves.empty")}</Empty>
            ) : (
              <Table
                label={say("page.moves")}
                head={[say("page.when"), say("page.asset"), say("page.stage"), say("page.change"), say("page.by"), say("page.reason")]}
              >
                {moves.map((m, i) => (
                  <tr key={i}>
                    <td>
                      <Time at={m.at} />
                    </td>
                    <th scope="row">
                      <AssetLink name={m.asset} />
                    </th>
                    <td>
                      <Stage name={m.stage} />
                    </td>
                    <td>
                      {m.from === null ? "–" : <VersionLink name={`${m.asset}@${m.from}`} short />} →{" "}
                      {m.number === null ? "–" : <VersionLink name={`${m.asset}@${m.number}`} short />}
                    </td>
                    <td>{m.by}</td>
                    <td class="sentence">{m.reason}</td>
                  </tr>
                ))}
              </Table>
            )
          }
        </Read>
      </Section>
    </Page>
  );
}

function Some({ before, last, onMore }: { before: number | null; last: boolean; onMore: (next: number) => void }) {
  const say = useSay();
  const list = useResource<ReleaseList>(`api/releases${before === null ? "" : `?before=${before}`}`);
  return (
    <Read of={list} what={say("page.history")}>
      {({ releases, next }) => releases.length === 0 && before === null ? <Empty command="kumiki release NAME@N">{say("page.history.empty")}</Empty> : (
        <>
          <ol class="releases">{releases.map(r => <li key={r.number}><One release={r} /></li>)}</ol>
          {last && next !== null && <button type="button" onClick={() => onMore(next)}>{say("page.older")}</button>}
        </>
      )}
    </Read>
  );
}

function One({ release }: { release: ReleaseLine }) {
  const say = useSay();
  return (
    <article>
      <h3>
        <a href={to.release(release.number)}>{say("page.release.number", { number: release.number })}</a> <ReleaseStateMark state={release.state} />
      </h3>
      <p>{release.reason || <span class="quiet">{say("page.reason.none")}</span>}</p>
      <p class="quiet">
        {release.author} · <Time at={release.liveAt ?? release.at} /> · {say("page.release.size", { count: release.size })}
        {release.restores !== null && (
          <>
            {" "}
            · <a href={to.release(release.restores)}>{say("page.release.restores", { number: release.restores })}</a>
          </>
        )}
      </p>
      <Changes of={release.changes} before={release.before} />
      <Waivers of={release.waivers} />
    </article>
  );
}
