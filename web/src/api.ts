// The public REST API as the pages read it; docs/api.md describes it.

export type Edge = "source" | "fit" | "scored";
export type RunState = "running" | "made" | "reused" | "tried" | "failed" | "cancelled" | "crashed";
export type ReleaseState = "checked" | "rolling" | "live" | "withdrawn";
export type Freshness = "upToDate" | "stale" | "neverMade" | "unknown";
/** A number that is not finite is written as text. */
export type Figure = number | "NaN" | "Infinity" | "-Infinity";

export interface Said { id: string; values: Record<string, string>; text: string }
export interface Project {
  name: string; version: string; dataFolder: string; hasProject: boolean; assets: number; release: number; revision: number; mayChange: boolean;
  mayMake: boolean; author: string;
}

export interface AssetStatus {
  name: string; kind: string; family: string | null; rawKey: string | null; obsolete: string | null; declared: boolean;
  inUse: number | null; newest: number | null; staging: number | null; production: number | null;
  freshness: Freshness; stale: Said[]; running: string[]; failedChecks: number; madeAt: string | null;
}
export interface GraphEdge { from: string; to: string; edge: Edge }
export interface Finding { rule: string; severity: "note" | "refusal"; says: Said; mends: string[] }
export interface Graph { hasProject: boolean; nodes: AssetStatus[]; edges: GraphEdge[]; undeclared: string[]; findings: Finding[] }

export interface GoalReading {
  report: string; model: string; inProduction: boolean; go: boolean; met: boolean | null; value: number | null; low: number | null; high: number | null;
  target: number | null;
}
export interface GoalState {
  asset: string; version: string | null; problem: string | null; measure: string | null; unit: string | null; target: number | null; readings: GoalReading[];
}
export interface Attention {
  rule: "graph" | "schedule" | "no-go" | "check" | "run" | "stale" | "staged" | "never"; weight: "act" | "look"; says: Said; asset: string | null;
  version: string | null; run: string | null; mends: string[]; schedule: string | null;
}
export interface RoomItem {
  name: string; isFamily: boolean; kind: string; members: number; version: string | null; inProduction: boolean; stale: number; neverMade: number;
  running: number; failedChecks: number;
  verdict: string | null; says: string | null; figures: { name: string; value: Figure }[];
}
export interface Room { number: number; name: string; count: number; items: RoomItem[] }
export interface Overview {
  hasProject: boolean; live: ReleaseLine | null; production: ReleasedVersion[]; goals: GoalState[]; attention: Attention[]; attentionCount: number;
  rooms: Room[];
  runs: { running: number; ended: number; failed: number; whole: boolean };
}

export interface VersionLine {
  name: string; kind: string; madeAt: string; madeBy: string; content: string; files: number; bytes: number;
  metrics: Record<string, Figure>; checksHeld: number; checksFailed: number; stages: string[];
}
export interface Neighbour {
  name: string; kind: string; edge: Edge; inUse: number | null; staging: number | null; production: number | null; newest: number | null;
}
export interface Parameter {
  name: string; value: string; isSet: boolean; min: number | null; max: number | null; type: "integer" | "number" | "bool" | "text" | "choice";
  options: string[];
  inUse: string | null;
}
export interface Asset {
  status: AssetStatus; source: { class: string; file: string | null; line: number | null } | null; parameters: Parameter[]; inputs: Neighbour[];
  users: Neighbour[]; versions: VersionLine[]; next: string | null;
}

export interface RunLine { id: string; asset: string; state: RunState; started: string; ended: string | null; result: string | null; error: Said | null }
export interface InputUse { version: string; edge: Edge; read: Record<string, string>; declared: boolean }
export interface OutsideRead { path: string; bytes: number; content: string; declared: boolean }
export interface Check { name: string; kind: "expectation" | "test" | "goal"; held: boolean; says: Said }
export interface VersionFile { path: string; content: string; bytes: number }
export interface Lineage { nodes: { name: string; kind: string; stages: string[] }[]; edges: GraphEdge[]; isWhole: boolean }
export interface Imported {
  model: string; number: number; flavors: string[]; run: string | null; loggedModel: string | null;
  data: { name: string; digest: string; context: string | null }[]; onnx: string | null; checkedBy: string | null; refused: Said | null;
}
export interface Version {
  name: string; kind: string; content: string; recipeKey: string; family: string | null; rawKey: string | null; madeAt: string; stages: string[];
  newest: number; previous: string | null; run: RunLine | null;
  files: VersionFile[]; parts: Record<string, string>; inputs: InputUse[]; outside: OutsideRead[]; metrics: Record<string, Figure>; checks: Check[];
  apart: { source: string; because: string }[]; schema: unknown; facts: Record<string, string>; users: VersionLine[]; lineage: Lineage;
  imported?: Imported | null;
}
export interface Table {
  tables?: string[]; file?: string; columns: { name: string; type: string; isNumber: boolean }[]; count: number; offset: number; rows: (string | null)[][];
  isWhole?: boolean;
}
export interface MakingAsked {
  upstream?: boolean; downstream?: boolean; anew?: boolean; set?: Record<string, string>; use?: string[]; useNewest?: boolean; and?: string[]; family?: boolean;
  seed?: number; stage?: boolean;
}
export interface MakingEnd { asset: string; end: "begun" | "made" | "reused" | "failed"; run: string | null; version: string | null; says: Said | null }
export interface ReleaseEnd { end: "live" | "would-go-live" | "unchanged" | "refused"; release: number | null; changes: Change[]; findings: Finding[] }
export interface WaiverAsked { version: string; check: string; because: string }
export interface ReleaseAsked { set?: string[]; without?: string[]; waivers?: WaiverAsked[]; reason?: string; author?: string; dryRun?: boolean }
export interface Diff {
  left: string; right: string; sameContent: boolean; differences: { section: string; name: string; left: string | null; right: string | null }[];
}

export interface RunList { runs: RunLine[]; next: string | null }
export interface Run {
  run: RunLine;
  attempt: number;
  machine: string;
  process: number;
  parameters: Record<string, string>;
  seed: number;
  planned: string[];
  inputs: InputUse[];
  outside: OutsideRead[];
  notes: string[];
  code: { projectDigest: string; closure: string; entryAssembly: string; gitCommit: string | null; gitDirty: boolean | null };
  environment: {
    os: string;
    cpu: string;
    cores: number;
    memoryBytes: number;
    runtime: string;
    packages: Record<string, string>;
    engines: Record<string, string>;
  };
  cost: { wallSeconds: number; cpuSeconds: number; peakMemoryBytes: number; steps: { name: string; seconds: number }[] } | null;
  recipe: Record<string, string>;
  recipeKey: string;
  figures: Record<string, Figure>;
  mayCancel: boolean;
  tracked: string | null;
}
export interface LogLine { sequence: number; at: string; level: string; text: string }
export interface Log { state: RunState; lines: LogLine[]; last: number; more: boolean }
export interface Series { name: string; count: number; points: { step: number; value: Figure; at: string }[] }
export interface Metrics { state: RunState; series: Series[] }

export interface ReleasedVersion { name: string; kind: string | null; madeAt: string | null }
export interface Production { revision: number; release: number; liveAt: string | null; set: ReleasedVersion[] }
export interface Change { asset: string; from: number | null; to: number | null }
export interface ReleaseLine {
  number: number; state: ReleaseState; author: string; reason: string; at: string; liveAt: string | null; withdrawnAt: string | null; before: number;
  restores: number | null; asked: string[];
  changes: Change[]; waivers: { version: string; check: string; because: string }[]; size: number;
}
export interface ReleaseList { releases: ReleaseLine[]; next: number | null }
export interface Release { release: ReleaseLine; set: ReleasedVersion[]; apart: { version: string; source: string; because: string }[] }
export interface StageHistory { moves: { asset: string; stage: string; from: number | null; number: number | null; at: string; by: string; reason: string }[] }

/** A request that was refused, with the sentence of the server. */
export class Refusal extends Error {
  constructor(readonly status: number, reason: string) {
    super(reason);
  }
}

/** The server's sentence: what tracking clients are answered has it as its message. */
interface Problem { detail?: string; message?: string }

/** @throws Refusal with the server's sentence; TypeError when nobody answers. */
export async function get<T>(path: string, language: string, stop?: AbortSignal): Promise<T> {
  const response = await fetch(path, { headers: { "Accept-Language": language }, signal: stop });
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as Problem | null;
  throw new Refusal(response.status, problem?.detail ?? problem?.message ?? `${response.status} ${response.statusText}`);
}

export type OccurrenceState =
  "waiting" | "running" | "holding" | "released" | "staged" | "unchanged" | "noGo" | "refused" | "stopped" | "failed" | "cancelled" | "crashed" | "skipped";
export interface ScheduleStep {
  name: "load" | "check" | "make" | "report" | "stage" | "release" | "afterwards"; started: string; ended: string | null; good: boolean | null;
  says: Said | null;
}
export interface Occurrence {
  number: number; schedule: string; due: string; cause: "due" | "caughtUp" | "byHand"; by: string | null; missed: number; state: OccurrenceState;
  attempt: number; started: string | null; ended: string | null;
  cancelledBy: string | null; steps: ScheduleStep[]; versions: string[]; go: boolean | null; staged: string[]; heldUntil: string | null;
  release: number | null; findings: Finding[]; afterwards: string[]; says: Said | null;
}
export interface Automation { model: string; stage: number; schedules: string[]; missing: Said; mends: string[] }
export interface Schedule {
  name: string; cron: string; zone: string; next: string | null; since: string; pausedAt: string | null; pausedBy: string | null; make: string[];
  newData: string[]; mostRejected: number; stage: string[];
  release: "byPerson" | "atOnce" | "afterHold"; holdSeconds: number | null; afterwards: string[]; open: Occurrence[]; last: Occurrence | null;
  alerts: { number: number; occurrence: number; at: string; says: Said; closed: string | null }[];
  models: Automation[];
}
export interface ScheduleList { schedules: Schedule[]; automation: Automation[] }
export interface OccurrenceList { occurrences: Occurrence[]; next: number | null }

/**
 * Asks for a change. A set that does not fit is an answer, not a refusal: its findings are what the reader came for.
 * @throws Refusal with the server's sentence; TypeError when nobody answers.
 */
export async function post<T>(path: string, asked: unknown, language: string, stop?: AbortSignal): Promise<T> {
  const response = await fetch(path, {
    method: "POST",
    headers: { "Accept-Language": language, "Content-Type": "application/json" },
    body: JSON.stringify(asked),
    signal: stop,
  });
  const answer = (await response.json().catch(() => null)) as (T & Problem & { end?: string }) | null;
  if (answer !== null && (response.ok || answer.end !== undefined)) return answer;
  throw new Refusal(response.status, answer?.detail ?? answer?.message ?? `${response.status} ${response.statusText}`);
}
