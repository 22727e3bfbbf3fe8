import { useEffect, useState } from "preact/hooks";
import { Page, Read } from "../parts";
import { useResource } from "../resource";
import { routeOf } from "../routes";
import { useSay } from "../texts";
import "../views.css";
import { useWords } from "../words";
import { addressOf, askingOf, tabs, type Asking } from "./asking";
import { Sources } from "./BoardsPage";
import { ChangesView } from "./ChangesView";
import { ErrorsView } from "./ErrorsView";
import { ForecastView, SalesView } from "./SeriesViews";
import { GoalView } from "./GoalView";
import { KeyFilter } from "./KeyFilter";
import { NoForecasts } from "./NoForecasts";
import type { Board } from "./types";

/** What a view shows; it may refine that in place, or open another place, from which the browser's Back returns. */
export interface ViewOf { board: Board; asking: Asking; refine: (asking: Asking) => void; open: (asking: Asking) => void }

/** A planner's board: sales, forecasts against them, where they were worst, what has changed, and the goal. */
export function BoardPage({ name, tab, query }: { name: string; tab: string; query: string }) {
  const say = useSay();
  const [here, setHere] = useState({ tab, query });
  useEffect(() => {
    const moved = () => {
      const route = routeOf(location.hash);
      if (route.page === "board" && route.name === name) setHere(route);
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, [name]);
  const newest = new URLSearchParams(here.query).get("use") === "newest";
  const board = useResource<Board>(`api/boards/${encodeURIComponent(name)}${newest ? "?use=newest" : ""}`);
  // Refining keeps the reader's place and focus: only the address changes, so that it can be sent to somebody else.
  const refine = (asking: Asking) => {
    const address = addressOf(name, asking);
    history.replaceState(null, "", address);
    const route = routeOf(address);
    if (route.page === "board") setHere(route);
  };
  return (
    <Page title={name} kind={say("page.nav.boards")}>
      <Read of={board} what={name}>
        {value => (
          <Whole board={value} asking={askingOf(here.tab, here.query, value)} refine={refine} open={asking => (location.hash = addressOf(name, asking))} />
        )}
      </Read>
    </Page>
  );
}

function Whole(view: ViewOf) {
  const words = useWords();
  const { board, asking } = view;
  return (
    <>
      <nav class="tabs" aria-label={words("page.board.tabs")}>
        {tabs.map(t => (
          <a key={t} href={addressOf(board.name, { ...asking, tab: t, offset: 0, sort: t === "changes" ? "size" : "mae", down: true })}
            aria-current={asking.tab === t ? "page" : undefined}>{words(`page.board.tab-${t}`)}</a>
        ))}
      </nav>
      <Filters {...view} />
      {asking.tab === "sales" ? <SalesView {...view} /> : board.versions.forecasts === null ? <NoForecasts board={board} /> : <Forecast {...view} />}
      <Sources versions={board.versions} />
    </>
  );
}

function Forecast(view: ViewOf) {
  switch (view.asking.tab) {
    case "forecast": return <ForecastView {...view} />;
    case "errors": return <ErrorsView {...view} />;
    case "changes": return <ChangesView {...view} />;
    default: return <GoalView {...view} />;
  }
}

function Filters(view: ViewOf) {
  const { board, asking, refine } = view;
  const words = useWords();
  const isSet = Object.keys(asking.keys).length > 0 || asking.from !== "" || asking.to !== "";
  return (
    <div class="filters" role="group" aria-label={words("page.board.filters")}>
      {board.keys.map(key => (
        <KeyFilter key={key} name={key} board={board} asking={asking} refine={refine} />
      ))}
      {(["from", "to"] as const).map(end => (
        <label key={end}>
          {words(`page.board.${end}`)}
          <input
            type="date"
            value={asking[end]}
            min={board.span.from ?? undefined}
            onChange={e => refine({ ...asking, [end]: e.currentTarget.value, offset: 0 })}
          />
        </label>
      ))}
      {board.span.aheads.length > 0 && asking.tab !== "sales" && asking.tab !== "changes" && (
        <label>
          {words("page.board.ahead")}
          <select value={asking.ahead} onChange={e => refine({ ...asking, ahead: e.currentTarget.value, offset: 0 })}>
            {board.span.aheads.map(a => (
              <option key={a} value={String(a)}>
                {a === 1 ? words("page.board.one-week") : words("page.board.weeks", { weeks: a })}
              </option>
            ))}
            <option value="all">{words("page.board.all")}</option>
          </select>
        </label>
      )}
      <label>
        {words("page.board.use")}
        <select value={asking.use} onChange={e => refine({ ...asking, use: e.currentTarget.value, offset: 0 })}>
          <option value="production">{words("page.board.production")}</option>
          <option value="newest">{words("page.board.newest")}</option>
        </select>
      </label>
      {isSet && (
        <button type="button" onClick={() => refine({ ...asking, keys: {}, from: "", to: "", offset: 0 })}>
          {words("page.board.clear")}
        </button>
      )}
    </div>
  );
}
