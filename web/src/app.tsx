import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiPage } from "../api/ApiPage";
import { AssetPage } from "../assets/AssetPage";
import { AssetsPage } from "../assets/AssetsPage";
import { DiffPage } from "../assets/DiffPage";
import { VersionPage } from "../assets/VersionPage";
import { GraphPage } from "../graph/GraphPage";
import { OverviewPage } from "../overview/OverviewPage";
import { ReleasePage } from "../releases/ReleasePage";
import { ReleasesPage } from "../releases/ReleasesPage";
import { CompareRunsPage } from "../runs/CompareRunsPage";
import { RunPage } from "../runs/RunPage";
import { RunsPage } from "../runs/RunsPage";
import { SchedulePage } from "../schedules/SchedulePage";
import { SchedulesPage } from "../schedules/SchedulesPage";
import type { Project } from "./api";
import { Later } from "./later";
import { follow, useLive } from "./live";
import { Page } from "./parts";
import { useResource } from "./resource";
import { routeOf, to, type Route } from "./routes";
import { firstLanguage, rememberLanguage, sayIn, Speaking, useSay, type Language } from "./texts";

function App() {
  const [language, setLanguage] = useState(firstLanguage);
  const [route, setRoute] = useState(() => routeOf(location.hash));
  const main = useRef<HTMLElement>(null);
  const say = sayIn(language);

  useEffect(() => {
    const moved = () => {
      setRoute(routeOf(location.hash));
      window.scrollTo(0, 0);
      // The next page is read out from its heading on, as it would be if it were loaded anew.
      requestAnimationFrame(() => main.current?.querySelector("h1")?.focus({ preventScroll: true }));
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);

  useEffect(() => {
    document.documentElement.lang = language;
    rememberLanguage(language);
  }, [language]);

  return (
    <Speaking.Provider value={language}>
      <a class="skip" href="#main" onClick={e => { e.preventDefault(); main.current?.querySelector("h1")?.focus(); }}>{say("page.skip")}</a>
      <Header route={route} language={language} onLanguage={setLanguage} />
      <main id="main" ref={main}><Here route={route} /></main>
      <footer><a href={to.api} aria-current={route.page === "api" ? "page" : undefined}>{say("page.api")}</a></footer>
    </Speaking.Provider>
  );
}

function Header({ route, language, onLanguage }: { route: Route; language: Language; onLanguage: (l: Language) => void }) {
  const say = useSay();
  const { connection } = useLive();
  const project = useResource<Project>("api/project");
  const room = rooms.find(r => roomOf(route) === r);
  return (
    <header>
      <a class="home" href={to.overview} title={project.state === "ready" ? project.value.dataFolder : undefined}>
        <span class="mark" aria-hidden="true" />
        <span class="name">{project.state === "ready" ? project.value.name : "Kumiki"}</span>
      </a>
      <nav aria-label={say("page.nav")}>
        {rooms.map(r => (
          <a key={r} href={to[r === "runs" ? "allRuns" : r]} aria-current={room === r ? "page" : undefined}>
            {say(`page.nav.${r}`)}
          </a>
        ))}
      </nav>
      <div class="tools">
        <span class={`connection ${connection}`} role="status" title={say(`page.connection.${connection}.more`)}>
          {say(`page.connection.${connection}`)}
        </span>
        <button type="button" class="language" lang={language === "en" ? "ja" : "en"} onClick={() => onLanguage(language === "en" ? "ja" : "en")}>
          {language === "en" ? "日本語" : "English"}
        </button>
      </div>
    </header>
  );
}

const rooms = ["overview", "graph", "assets", "runs", "experiments", "registry", "releases", "endpoints", "schedules", "boards"] as const;

function roomOf(route: Route): string {
  switch (route.page) {
    case "asset": case "version": case "diff": case "report": case "threshold": case "goal": return "assets";
    case "run": case "compareRuns": return "runs";
    case "trackedRuns": case "compareTracked": return "experiments";
    case "board": return "boards";
    case "trackedRun": return "experiments";
    case "registeredModel": case "registered": case "registryDiff": return "registry";
    case "release": return "releases";
    case "endpoint": case "serving": case "queues": case "queue": case "operations": case "predictionSql": case "prediction": return "endpoints";
    case "schedule": return "schedules";
    default: return route.page;
  }
}

function Here({ route }: { route: Route }) {
  const say = useSay();
  switch (route.page) {
    case "overview": return <OverviewPage />;
    case "graph": return <GraphPage />;
    case "assets": return <AssetsPage />;
    case "asset": return <AssetPage key={route.name} name={route.name} />;
    case "version": return <VersionPage key={`${route.asset}@${route.number}`} asset={route.asset} number={route.number} />;
    case "diff": return <DiffPage left={route.left} right={route.right} />;
    case "runs": return <RunsPage key={`${route.asset} ${route.state}`} asset={route.asset} state={route.state} />;
    case "run": return <RunPage key={route.id} id={route.id} />;
    case "compareRuns": return <CompareRunsPage key={route.ids.join()} ids={route.ids} />;
    case "experiments": return <Later page="experiments" with={{}} />;
    case "trackedRuns": return <Later key={route.experiments} page="trackedRuns" with={{ ids: route.experiments, query: route.query }} />;
    case "compareTracked": return <Later page="compareTracked" with={{ query: route.query }} />;
    case "releases": return <ReleasesPage />;
    case "release": return <ReleasePage key={route.number} number={route.number} />;
    case "goal": return <Later key={route.name} page="goal" with={{ name: route.name }} />;
    case "boards": return <Later page="boards" with={{}} />;
    case "board": return <Later key={route.name} page="board" with={{ name: route.name, tab: route.tab, query: route.query }} />;
    case "trackedRun": return <Later key={route.id} page="trackedRun" with={{ id: route.id }} />;
    case "registry": return <Later page="registry" with={{}} />;
    case "registeredModel": return <Later key={route.name} page="registeredModel" with={{ name: route.name }} />;
    case "registered": return <Later key={`${route.name}/${route.version}`} page="registered" with={{ name: route.name, version: route.version }} />;
    case "registryDiff": return <Later page="registryDiff" with={{ name: route.name, left: route.left, right: route.right }} />;
    case "endpoints": return <Later page="endpoints" with={{}} />;
    case "endpoint": return <Later key={route.name} page="endpoint" with={{ name: route.name, tab: route.tab }} />;
    case "serving": return <Later page="serving" with={{}} />;
    case "queues": return <Later page="queues" with={{}} />;
    case "queue": return <Later key={route.name} page="queue" with={{ name: route.name }} />;
    case "operations": return <Later page="operations" with={{}} />;
    case "predictionSql": return <Later key={route.query} page="predictionSql" with={{ query: route.query }} />;
    case "prediction": return <Later key={`${route.endpoint} ${route.id}`} page="prediction" with={{ id: route.id, endpoint: route.endpoint }} />;
    case "report": return <Later key={`${route.asset}@${route.number}`} page="report" with={{ asset: route.asset, number: route.number }} />;
    case "threshold": return <Later key={`${route.asset}@${route.number}`} page="threshold" with={{ asset: route.asset, number: route.number }} />;
    case "schedules": return <SchedulesPage />;
    case "schedule": return <SchedulePage key={route.name} name={route.name} />;
    case "api": return <ApiPage />;
    case "nowhere": return <Page title={say("page.nowhere")}><p>{say("page.nowhere.more")} <a href={to.overview}>{say("page.nav.overview")}</a></p></Page>;
  }
}

follow();
render(<App />, document.getElementById("app")!);
