import { useEffect, useRef, useState } from "preact/hooks";
import { begin } from "../files/text";
import { get, Refusal } from "../src/api";
import type { Resource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import { at, keptAt, type ModelVersion, type TrackedFile, type TrackedRun } from "./calls";
import type { Side } from "./diff";
import { mlmodel, type MlModel } from "./mlmodel";

/** A value that follows another one, at once where that has been still, and never more often than every so many milliseconds. */
export function usePaced<T>(value: T, everyMs: number): T {
  const [held, hold] = useState(value);
  const last = useRef(0);
  useEffect(() => {
    if (value === held) return;
    const timer = setTimeout(() => { last.current = Date.now(); hold(value); }, Math.max(0, last.current + everyMs - Date.now()));
    return () => clearTimeout(timer);
  }, [value, held, everyMs]);
  return held;
}

/** What several requests say together, or a costly one; asked for again whenever `on` changes, and what was read stays meanwhile. */
export function useAnswer<T>(key: string, on: unknown, ask: (language: string, stop: AbortSignal) => Promise<T>): Resource<T> {
  const language = useLanguage();
  const say = useSay();
  const [tries, setTries] = useState(0);
  const [held, hold] = useState<{ key: string; resource: Resource<T> }>();
  useEffect(() => {
    const stop = new AbortController();
    ask(language, stop.signal).then(
      value => stop.signal.aborted || hold({ key, resource: { state: "ready", value } }),
      (error: unknown) => stop.signal.aborted || hold({
        key, resource: { state: "failed", reason: error instanceof Refusal ? error.message : say("page.no-answer"), retry: () => setTries(t => t + 1) },
      }));
    return () => stop.abort();
  }, [key, on, language, tries]);
  return held?.key === key ? held.resource : { state: "loading" };
}

const mostOfMlmodel = 1 << 20;

/** The MLmodel of a model's files; the reason where it cannot be read. */
async function readModel(root: string, language: string, stop: AbortSignal): Promise<MlModel | { bad: string }> {
  const { text } = await begin(at.file(`${root}/MLmodel`), mostOfMlmodel, language, stop);
  try {
    return mlmodel(text);
  } catch (e) {
    return { bad: e instanceof Error ? e.message.split("\n")[0]! : String(e) };
  }
}

/** @param files the names at the top of its files; none where they are kept elsewhere. @param model null where its files have no MLmodel. */
export interface Whole { version: ModelVersion; storage: string; files: string[]; run: TrackedRun | null; model: MlModel | { bad: string } | null }

/** A version with its run, where there is one still, and its MLmodel. */
export async function readVersion(name: string, number: string, language: string, stop: AbortSignal): Promise<Whole> {
  const [{ model_version: version }, { artifact_uri: storage }] = await Promise.all([
    get<{ model_version: ModelVersion }>(at.version(name, number), language, stop),
    get<{ artifact_uri: string }>(at.storage(name, number), language, stop),
  ]);
  const root = keptAt(storage);
  const [run, listed] = await Promise.all([
    version.run_id ? get<{ run: TrackedRun }>(at.run(version.run_id), language, stop).then(r => r.run, gone) : null,
    root === null ? ({} as { files?: { path: string }[] }) : get<{ files?: { path: string }[] }>(at.folder(root), language, stop),
  ]);
  const files = (listed.files ?? []).map(f => f.path);
  return { version, storage, files, run, model: root !== null && files.includes("MLmodel") ? await readModel(root, language, stop) : null };
}

/** A version may outlive its run, and name one that was never here. */
function gone(error: unknown): null {
  if (error instanceof Refusal && error.status < 500) return null;
  throw error;
}

export async function readSide(name: string, number: string, language: string, stop: AbortSignal): Promise<Side> {
  const { version, storage, run, model } = await readVersion(name, number, language, stop);
  const root = keptAt(storage);
  const files = root === null ? [] : (await get<{ files: TrackedFile[] }>(at.files(root), language, stop)).files;
  return { version, run, model: model !== null && "bad" in model ? null : model, files };
}
