// What the API says of endpoints and of models in memory; docs/09-serving.md describes it.

export interface EndpointLine {
  version: string;
  model: string;
  threshold: string | null;
  /** The models that decide together; missing where one does. */
  parts?: { model: string; threshold: string | null }[];
  resting: boolean;
  answered: number;
  failed: number;
}
export interface EndpointList {
  release: number;
  endpoints: EndpointLine[];
  unanswerable: string[];
}

export type FieldKind = "Number" | "Single" | "Decimal" | "Integer" | "Flag" | "Date" | "Text" | "Choice" | "Picture" | "Any";
/** @param min of a date, days since 1970-01-01 */
export interface Field {
  name: string;
  kind: FieldKind;
  optional?: boolean;
  isRead?: boolean;
  personal?: boolean;
  min?: number | null;
  max?: number | null;
  minExcluded?: boolean;
  maxExcluded?: boolean;
  choices?: string[] | null;
}

/** Scores from `value` on are answered `above`, those from `greyFrom` up to it `greyZone`; the two are equal where there is no such zone. */
export interface AtThreshold {
  kind: "threshold";
  value: number;
  greyFrom: number;
  above: string;
  greyZone: string;
  below: string;
}
export interface AsNumber {
  kind: "number";
  least?: number | null;
  most?: number | null;
}
export interface TopClasses {
  kind: "top";
  count: number;
  atLeast: number;
  otherwise: string;
}
export type PartRule = AtThreshold | AsNumber | TopClasses;
/** One of several models, which decides by a rule of its own. */
export interface Part {
  model: string;
  threshold?: string | null;
  rule: PartRule;
}
/** The strictest of the parts' answers, by their severity. */
export interface Strictest {
  kind: "strictest";
  severity: string[];
  parts: Part[];
}
export interface Each {
  kind: "each";
  parts: Part[];
}
export type Rule = PartRule | Strictest | Each;

export type FallbackPlan =
  | { kind: "model"; decision: { model: string; threshold?: string | null; rule: Rule } }
  | { kind: "rule"; answer?: string | null; number?: number | null }
  | { kind: "last"; seconds: number }
  | { kind: "constant"; answer?: string | null; number?: number | null };
export interface Fallback {
  name: string;
  model: string | null;
  resting: boolean;
  plan: FallbackPlan;
}

/** @param upToMs null: above all others */
export interface LatencyBin {
  upToMs: number | null;
  count: number;
}
export interface Counts {
  requests: number;
  rows: number;
  remembered: number;
  fallbacks: Record<string, number>;
  answers: Record<string, number>;
  faults: Record<string, number>;
  latency: LatencyBin[];
}
/** @param known texts of a field that the model has learnt, where it is in memory */
export interface Endpoint {
  release: number;
  endpoint: EndpointLine;
  input: string;
  output: string;
  fields: Field[];
  decision: { model: string; threshold: string | null; rule: Rule };
  fallbacks: Fallback[];
  counts: Counts;
  example: Record<string, unknown>;
  known: Record<string, string[]>;
}

/** What one of several models said; `answer` is missing where only its score is known. */
export interface PartSaid {
  model: string;
  threshold?: string;
  answer?: string | number;
  lower?: number;
  upper?: number;
  top?: Ranked[];
  score?: number;
}
export interface Ranked {
  class: string;
  probability: number;
}
/** @param answer of several models that answer each for itself, by their names */
export interface Prediction {
  id: string;
  answer: string | number | Record<string, string | number> | null;
  lower?: number;
  upper?: number;
  top?: Ranked[];
  score?: number;
  model?: string;
  threshold?: string;
  parts?: PartSaid[];
  fallback?: string;
  remembered?: boolean;
  endpoint: string;
  release: number;
}
export interface FieldError {
  row: number;
  field?: string;
  detail: string;
}

export interface ModelInMemory {
  version: string;
  bytes: number;
  queued: number;
  running: number;
  batches: boolean;
  batchRows: number;
  queue: number;
  answered: number;
  rows: number;
  failed: number;
  runs: number;
  meanMs: number | null;
  meanRunMs: number | null;
}
export interface Serving {
  bytes: number;
  mostBytes: number;
  models: ModelInMemory[];
}
export interface Servable {
  name: string;
  version: string;
  state: "READY" | "LOADING" | "UNAVAILABLE";
  reason: string;
}

// What the API says of the prediction log; docs/prediction-log.md describes it.

/** @param latencyUs of the whole request, of which `queueUs` waiting and `runUs` in the model; @param inputs JSON without personal values; @param device the offline runner that answered */
export interface LoggedLine {
  id: string;
  at: string;
  endpoint: string;
  version: number | null;
  release: number | null;
  models: string | null;
  threshold: string | null;
  arm: string | null;
  decision: string | null;
  score: number | string | null;
  latencyUs: number;
  queueUs: number;
  runUs: number;
  fallback: string | null;
  error: string | null;
  errorText: string | null;
  traceId: string | null;
  inputs: string | null;
  outcome: string | null;
  outcomeAt: string | null;
  device: string | null;
}
export interface LoggedPage {
  predictions: LoggedLine[];
  before: string | null;
}
export interface LoggedOne {
  prediction: LoggedLine;
  scores: Record<string, string | null>;
  features: Record<string, string | null>;
  outcomes: { value: number | null; label: string | null; at: string; note: string | null; noted: string; counts: boolean }[];
}
export interface LogState {
  isOpen: boolean;
  accepted: number;
  dropped: number;
  cut: number;
  lostBefore: number;
  waiting: number;
  trouble: { text: string } | null;
}
export interface SqlColumn {
  name: string;
  type: string;
  isNumber: boolean;
}
export interface SqlAnswer {
  columns: SqlColumn[];
  rows: (string | null)[][];
  isCut: boolean;
}
