import { useEffect, useRef, useState } from "preact/hooks";
import { useAll } from "../runs/Curves";
import { Time } from "../src/parts";
import type { Resource } from "../src/resource";
import { useLanguage } from "../src/texts";
import { at, type TrackedExperiment, type TrackedStatus } from "../tracking/calls";
import { useWords } from "./words";

/** What was there stays while something else is read in its place: a table does not flicker at each key. */
export function useKept<T>(of: Resource<T>): Resource<T> {
  const last = useRef<Resource<T>>(of);
  if (of.state !== "loading") last.current = of;
  return of.state === "loading" ? last.current : of;
}

/** What was typed, once typing has paused: each key does not ask the server. */
export function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

export function useNumber(): (value: number) => string {
  const language = useLanguage();
  return value => new Intl.NumberFormat(language).format(value);
}

/** A time of tracking clients: milliseconds since 1970. */
export function Moment({ at }: { at: number | null | undefined }) {
  return <Time at={at === null || at === undefined ? null : new Date(at).toISOString()} />;
}

const marks: Record<TrackedStatus, [mark: string, colour: string]> = {
  RUNNING: ["▶", "run-running"],
  SCHEDULED: ["◷", ""],
  FINISHED: ["✓", "run-made"],
  FAILED: ["✕", "run-failed"],
  KILLED: ["–", "run-cancelled"],
};

export function StatusMark({ status }: { status: TrackedStatus }) {
  const words = useWords();
  const [mark, colour] = marks[status];
  return (
    <span class={`badge ${colour}`}>
      <span aria-hidden="true">{mark}</span> {words(`page.experiments.status-${status.toLowerCase() as Lowercase<TrackedStatus>}`)}
    </span>
  );
}

export const statuses = Object.keys(marks) as TrackedStatus[];

/** What experiments are called; their ids, until that is read. */
export function useNames(ids: string[]): (id: string) => string {
  const found = useAll<{ experiment: TrackedExperiment }>(ids.map(at.experiment), { live: false });
  return id => (found.state === "ready" ? found.value.find(f => f.experiment.experiment_id === id)?.experiment.name : undefined) ?? id;
}
