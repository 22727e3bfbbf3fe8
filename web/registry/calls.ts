import { useState } from "preact/hooks";
import { Refusal, type Figure } from "../src/api";
import type { Asked } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import { at as tracking, type Entry, type LoggedMetric as PlainMetric, type TrackedRun as PlainRun } from "../tracking/calls";

// MLflow's protocol as these pages speak it, beside tracking/calls.ts; docs/tracking.md lists its calls. A list that is empty is left out of an answer.

export type { Entry } from "../tracking/calls";
/** @param dataset_name what it was measured on, if the client said that. */
export interface LoggedMetric extends PlainMetric { dataset_name?: string; dataset_digest?: string; model_id?: string }
export interface DatasetInput {
  dataset: { name: string; digest: string; source_type: string; source: string; schema?: string; profile?: string }; tags?: Entry[];
}
/** A run with what it read and gave. */
export interface TrackedRun extends PlainRun {
  data: { metrics?: LoggedMetric[]; params?: Entry[]; tags?: Entry[] };
  inputs: { dataset_inputs?: DatasetInput[]; model_inputs?: { model_id: string }[] };
  outputs?: { model_outputs?: { model_id: string; step: number }[] };
}
export interface ModelVersion {
  name: string; version: string; creation_timestamp: number; last_updated_timestamp: number; current_stage: Stage; description?: string; source: string;
  run_id?: string; run_link?: string; model_id?: string; tags?: Entry[]; aliases?: string[];
}
export type Stage = "None" | "Staging" | "Production" | "Archived";
export const stages: Stage[] = ["None", "Staging", "Production", "Archived"];
export interface RegisteredModel {
  name: string; creation_timestamp: number; last_updated_timestamp: number; description?: string; latest_versions?: ModelVersion[]; tags?: Entry[];
  aliases?: { alias: string; version: string }[];
}
export interface LoggedModel { model: { info: { model_id: string; name: string; artifact_uri: string; status: string; source_run_id?: string } } }
export interface Series { name: string; count: number; low: number | null; high: number | null; points: { step: number; value: Figure; at: string }[] }
export interface TrackedFile { path: string; bytes: number; content: string }

const enc = encodeURIComponent;
const api = "ajax-api/3.0/mlflow/";
const asked = (path: string, fields: Record<string, string | undefined>) =>
  `${api}${path}?${Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${enc(value)}`])).join("&")}`;

/** A text as a filter quotes it; null where it holds both kinds of quotes, which no filter can say. */
export function quoted(text: string): string | null {
  return !text.includes("'") ? `'${text}'` : !text.includes('"') ? `"${text}"` : null;
}

/** Where the protocol is read. */
export const at = {
  run: tracking.run,
  experiment: tracking.experiment,
  series: (run: string, keys: string[], points: number) =>
    `api/tracking/series?run_id=${enc(run)}&points=${points}${keys.map(k => `&metric_key=${enc(k)}`).join("")}`,
  models: (filter: string, order: string, token?: string) =>
    asked("registered-models/search", { filter: filter || undefined, max_results: "50", order_by: order, page_token: token }),
  model: (name: string) => asked("registered-models/get", { name }),
  versions: (filter: string, token?: string) =>
    asked("model-versions/search", { filter, max_results: "50", order_by: "version_number DESC", page_token: token }),
  version: (name: string, version: string) => asked("model-versions/get", { name, version }),
  storage: (name: string, version: string) => asked("model-versions/get-download-uri", { name, version }),
  loggedModel: (id: string) => `${api}logged-models/${enc(id)}`,
  folder: (path: string) => `ajax-api/3.0/mlflow-artifacts/artifacts?path=${enc(path)}`,
  file: (path: string) => `ajax-api/3.0/mlflow-artifacts/artifacts/${path.split("/").map(enc).join("/")}`,
  rows: (path: string) => `api/tracking/rows?path=${enc(path)}`,
  frame: (path: string, scripts: boolean) => `api/tracking/frame?path=${enc(path)}${scripts ? "&scripts=true" : ""}`,
  files: (path: string) => `api/tracking/files?path=${enc(path)}`,
};

/** The path of files that this server keeps, below its root; null where they are kept elsewhere. */
export function keptAt(uri: string): string | null {
  const rest = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(uri)?.[1];
  return rest === undefined ? null : rest.replace(/\/+$/, "");
}

export const valueOf = (entries: Entry[] | undefined, key: string): string | undefined => entries?.find(e => e.key === key)?.value;

/** Changes that the protocol knows; each becomes one request. */
export type Change = [method: "POST" | "PATCH" | "DELETE", path: string, fields: Record<string, unknown>];

/** Asks for changes, one after the other, and says what came of them. */
export function useCalls(): [Asked<true>, (...changes: Change[]) => Promise<boolean>, () => void] {
  const language = useLanguage();
  const say = useSay();
  const [state, set] = useState<Asked<true>>({ state: "idle" });
  const ask = async (...changes: Change[]) => {
    set({ state: "asking" });
    try {
      for (const [method, path, fields] of changes) await send(method, path, fields, language);
      set({ state: "done", value: true });
      return true;
    } catch (error) {
      set({ state: "failed", reason: error instanceof Refusal ? error.message : say("page.no-answer") });
      return false;
    }
  };
  return [state, ask, () => set({ state: "idle" })];
}

/** @throws Refusal with the server's sentence; TypeError when nobody answers. */
async function send(method: string, path: string, fields: unknown, language: string): Promise<void> {
  const response = await fetch(api + path, {
    method, headers: { "Accept-Language": language, "Content-Type": "application/json" }, body: JSON.stringify(fields),
  });
  if (response.ok) return;
  const answer = (await response.json().catch(() => null)) as { message?: string } | null;
  throw new Refusal(response.status, answer?.message ?? `${response.status} ${response.statusText}`);
}
