import { AssetLink, Empty, Page, Read, VersionLink } from "../parts";
import { useResource } from "../resource";
import { to } from "../routes";
import { useSay } from "../texts";
import "../views.css";
import { useWords } from "../words";
import type { BoardList } from "./types";

/** Every board of the project. */
export function BoardsPage() {
  const say = useSay();
  const words = useWords();
  const list = useResource<BoardList>("api/boards");
  return (
    <Page title={say("page.nav.boards")}>
      <Read of={list} what={say("page.nav.boards")}>
        {({ boards, hasProject }) =>
          boards.length === 0 ? (
            <Empty>{words(hasProject ? "page.board.none" : "page.board.no-project")}</Empty>
          ) : (
            <ul class="cards">
              {boards.map(b => (
                <li key={b.name}>
                  <h2>
                    <a href={to.board(b.name)}>{b.name}</a>
                  </h2>
                  <p>{words("page.board.of", { value: b.value, keys: b.keys.join(", ") })}</p>
                  <p class="quiet">
                    {b.versions.actual ? <VersionLink name={b.versions.actual} /> : words("page.board.no-version")}
                    {b.versions.forecasts && (
                      <>
                        {" "}
                        · <VersionLink name={b.versions.forecasts} />
                      </>
                    )}
                    {b.versions.accuracy && (
                      <>
                        {" "}
                        · <VersionLink name={b.versions.accuracy} />
                      </>
                    )}
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Read>
    </Page>
  );
}

export function Sources({ versions }: { versions: { actual: string | null; forecasts: string | null; accuracy: string | null } }) {
  const words = useWords();
  const all = [versions.actual, versions.forecasts, versions.accuracy].filter(v => v !== null);
  return (
    <p class="note">
      {words("page.board.sources")}{" "}
      {all.map((v, i) => (
        <span key={v}>
          {i > 0 && ", "}
          <AssetLink name={v.split("@")[0]!} /> <VersionLink name={v} short />
        </span>
      ))}
    </p>
  );
}
