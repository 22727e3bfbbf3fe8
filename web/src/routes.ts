/** Where a page's address leads; addresses are hashes, so that any server can hold the pages. */
export type Route =
  | { page: "overview" }
  | { page: "graph" }
  | { page: "assets" }
  | { page: "asset"; name: string }
  | { page: "version"; asset: string; number: string }
  | { page: "diff"; left: string; right: string }
  | { page: "runs"; asset: string; state: string }
  | { page: "run"; id: string }
  | { page: "compareRuns"; ids: string[] }
  | { page: "experiments" }
  | { page: "trackedRuns"; experiments: string; query: string }
  | { page: "compareTracked"; query: string }
  | { page: "releases" }
  | { page: "release"; number: string }
  | { page: "schedules" }
  | { page: "schedule"; name: string }
  | { page: "api" }
  | { page: "report"; asset: string; number: string }
  | { page: "threshold"; asset: string; number: string }
  | { page: "boards" }
  | { page: "goal"; name: string }
  | { page: "board"; name: string; tab: string; query: string }
  | { page: "trackedRun"; id: string }
  | { page: "registry" }
  | { page: "registeredModel"; name: string }
  | { page: "registered"; name: string; version: string }
  | { page: "registryDiff"; name: string; left: string; right: string }
  | { page: "endpoints" }
  | { page: "endpoint"; name: string; tab: string }
  | { page: "serving" }
  | { page: "queues" }
  | { page: "queue"; name: string }
  | { page: "operations" }
  | { page: "predictionSql"; query: string }
  | { page: "prediction"; id: string; endpoint: string }
  | { page: "nowhere"; hash: string };

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  let parts: string[];
  try {
    parts = path.split("/").filter(p => p !== "").map(decodeURIComponent);
  } catch {
    return { page: "nowhere", hash }; // a lone % in an address typed by hand
  }
  const asked = new URLSearchParams(query);
  const [room, first, second] = parts;
  switch (`${room ?? "overview"}/${Math.max(0, parts.length - 1)}`) {
    case "overview/0": return { page: "overview" };
    case "graph/0": return { page: "graph" };
    case "assets/0": return { page: "assets" };
    case "assets/1": return { page: "asset", name: first! };
    case "versions/2": return { page: "version", asset: first!, number: second! };
    case "diff/2": return { page: "diff", left: first!, right: second! };
    case "runs/0": return { page: "runs", asset: asked.get("asset") ?? "", state: asked.get("state") ?? "" };
    case "compare/0": return { page: "compareRuns", ids: (asked.get("runs") ?? "").split(",").filter(id => id !== "") };
    case "runs/1": return { page: "run", id: first! };
    case "experiments/0": return { page: "experiments" };
    case "experiments/1": return first === "compare" ? { page: "compareTracked", query } : { page: "trackedRuns", experiments: first!, query };
    case "releases/0": return { page: "releases" };
    case "releases/1": return { page: "release", number: first! };
    case "schedules/0": return { page: "schedules" };
    case "schedules/1": return { page: "schedule", name: first! };
    case "api/0": return { page: "api" };
    case "reports/2": return { page: "report", asset: first!, number: second! };
    case "thresholds/2": return { page: "threshold", asset: first!, number: second! };
    case "goals/1": return { page: "goal", name: first! };
    case "boards/0": return { page: "boards" };
    case "boards/1": case "boards/2": return { page: "board", name: first!, tab: second ?? "", query };
    case "tracked/1": return { page: "trackedRun", id: first! };
    case "registry/0": return { page: "registry" };
    case "registry/1": return { page: "registeredModel", name: first! };
    case "registry/2": return { page: "registered", name: first!, version: second! };
    case "registry-diff/3": return { page: "registryDiff", name: first!, left: second!, right: parts[3]! };
    case "endpoints/0": return { page: "endpoints" };
    case "queues/0": return { page: "queues" };
    case "queues/1": return { page: "queue", name: first! };
    case "operations/0": return { page: "operations" };
    case "endpoints/1": case "endpoints/2": return { page: "endpoint", name: first!, tab: second ?? "" };
    case "serving/0": return { page: "serving" };
    case "predictions/0": return { page: "predictionSql", query };
    case "predictions/1": return { page: "prediction", id: first!, endpoint: asked.get("endpoint") ?? "" };
    default: return { page: "nowhere", hash };
  }
}

const enc = encodeURIComponent;

export const to = {
  overview: "#/",
  graph: "#/graph",
  api: "#/api",
  assets: "#/assets",
  asset: (name: string) => `#/assets/${enc(name)}`,
  /** @param name as people write it: demand-model@7 */
  version: (name: string) => `#/versions/${name.split("@").map(enc).join("/")}`,
  diff: (left: string, right: string) => `#/diff/${enc(left)}/${enc(right)}`,
  runs: (asset = "", state = "") => {
    const asked = new URLSearchParams([["asset", asset], ["state", state]].filter(([, v]) => v !== "") as [string, string][]).toString();
    return `#/runs${asked ? `?${asked}` : ""}`;
  },
  allRuns: "#/runs",
  compareRuns: (ids: string[]) => `#/compare?runs=${ids.map(enc).join(",")}`,
  run: (id: string) => `#/runs/${enc(id)}`,
  experiments: "#/experiments",
  /** @param ids of one or several experiments; @param query as asking.ts writes it */
  trackedRuns: (ids: string[], query = "") => `#/experiments/${ids.map(enc).join(",")}${query === "" ? "" : `?${query}`}`,
  compareTracked: (ids: string[]) => `#/experiments/compare?runs=${ids.map(enc).join(",")}`,
  trackedRun: (id: string) => `#/tracked/${enc(id)}`,
  schedules: "#/schedules",
  schedule: (name: string) => `#/schedules/${enc(name)}`,
  releases: "#/releases",
  release: (number: number) => `#/releases/${number}`,
  report: (version: string) => `#/reports/${version.split("@").map(enc).join("/")}`,
  threshold: (version: string) => `#/thresholds/${version.split("@").map(enc).join("/")}`,
  goal: (name: string) => `#/goals/${enc(name)}`,
  boards: "#/boards",
  board: (name: string) => `#/boards/${enc(name)}`,
  registry: "#/registry",
  registeredModel: (name: string) => `#/registry/${enc(name)}`,
  registered: (name: string, version: string) => `#/registry/${enc(name)}/${enc(version)}`,
  registryDiff: (name: string, left: string, right: string) => `#/registry-diff/${enc(name)}/${enc(left)}/${enc(right)}`,
  endpoints: "#/endpoints",
  /** @param tab of its page; the first one has no name */
  endpoint: (name: string, tab = "") => `#/endpoints/${enc(name)}${tab === "" ? "" : `/${tab}`}`,
  serving: "#/serving",
  queues: "#/queues",
  queue: (name: string) => `#/queues/${enc(name)}`,
  operations: "#/operations",
  predictionSql: "#/predictions",
  /** @param endpoint whose it is, for two may have given the same id */
  prediction: (id: string, endpoint = "") => `#/predictions/${enc(id)}${endpoint === "" ? "" : `?endpoint=${enc(endpoint)}`}`,
  file: (version: string, path: string) => `api/versions/${version.split("@").map(enc).join("/")}/files/${path.split("/").map(enc).join("/")}`,
};
