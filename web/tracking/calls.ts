// The calls of tracking clients as the pages make them: the same addresses, the same fields.
import type { Figure } from "../src/api";

const api = "ajax-api/3.0/mlflow/";

export interface Entry { key: string; value: string }
export interface TrackedExperiment {
  experiment_id: string; name: string; artifact_location: string; lifecycle_stage: "active" | "deleted"; last_update_time: number; creation_time: number;
  tags?: Entry[];
}
export type TrackedStatus = "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
export type ViewOf = "ACTIVE_ONLY" | "DELETED_ONLY" | "ALL";
export interface RunInfo {
  run_id: string; run_name: string; experiment_id: string; user_id?: string; status: TrackedStatus; start_time?: number; end_time?: number; artifact_uri: string;
  lifecycle_stage: "active" | "deleted";
}
export interface LoggedMetric { key: string; value: Figure; timestamp: number; step: number; run_id?: string }
export interface TrackedRun { info: RunInfo; data: { metrics?: LoggedMetric[]; params?: Entry[]; tags?: Entry[] } }

export interface ExperimentSearch { experiments?: TrackedExperiment[]; next_page_token?: string }
export interface RunSearch { runs?: TrackedRun[]; next_page_token?: string }
export interface History { metrics?: LoggedMetric[] }
export interface Activity { experiments: { experiment: string; runs: number; deletedRuns: number; newestMs: number | null }[] }
export interface LoggedKeys { metrics: string[]; params: string[]; tags: string[] }

/** Names and values as an address; a list is named again for each of its values. */
function asked(values: Record<string, string | number | string[] | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (Array.isArray(value)) value.forEach(v => query.append(name, v));
    else if (value !== undefined && value !== "") query.set(name, String(value));
  return query.toString();
}

/** Where each call is answered; those that take a body are for post(). */
export const at = {
  experiment: (id: string) => `${api}experiments/get?${asked({ experiment_id: id })}`,
  experiments: (values: { filter?: string; view_type?: ViewOf; max_results: number; page_token?: string; order_by?: string[] }) =>
    `${api}experiments/search?${asked(values)}`,
  createExperiment: `${api}experiments/create`,
  renameExperiment: `${api}experiments/update`,
  deleteExperiment: `${api}experiments/delete`,
  restoreExperiment: `${api}experiments/restore`,
  setExperimentTag: `${api}experiments/set-experiment-tag`,
  deleteExperimentTag: `${api}experiments/delete-experiment-tag`,
  run: (id: string) => `${api}runs/get?${asked({ run_id: id })}`,
  searchRuns: `${api}runs/search`,
  deleteRun: `${api}runs/delete`,
  restoreRun: `${api}runs/restore`,
  setTag: `${api}runs/set-tag`,
  sampled: (runs: string[], metric: string, most: number) =>
    `${api}metrics/get-history-bulk-interval?${asked({ run_ids: runs, metric_key: metric, max_results: most })}`,
  activity: (experiments: string[]) => `api/tracking/activity?${asked({ experiment: experiments })}`,
  keys: (experiments: string[]) => `api/tracking/keys?${asked({ experiment: experiments })}`,
  count: (experiments: string[], filter: string, view: ViewOf) => `api/tracking/count?${asked({ experiment: experiments, filter, view })}`,
  csv: (experiments: string[], filter: string, view: ViewOf, order: string[], column: string[]) =>
    `api/tracking/runs.csv?${asked({ experiment: experiments, filter, view, order, column })}`,
  json: (experiments: string[], filter: string, view: ViewOf, order: string[]) =>
    `api/tracking/runs.json?${asked({ experiment: experiments, filter, view, order })}`,
};

/** The value of a tag; null where there is none of that key. */
export function tagOf(of: { tags?: Entry[] }, key: string): string | null {
  return of.tags?.find(t => t.key === key)?.value ?? null;
}
