import { useEffect, useState } from "preact/hooks";

export type Connection = "connecting" | "live" | "lost";

// One stream for the whole page. It is closed while the page is hidden: a browser allows six connections to one host, and other tabs want some.
let source: EventSource | null = null;
let connection: Connection = "connecting";
let revision = -1;
let pending: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

const mostOftenMs = 700;

function tell(): void {
  for (const listener of [...listeners]) listener();
}

function become(next: Connection): void {
  if (connection === next) return;
  connection = next;
  tell();
}

function open(): void {
  if (source) return;
  source = new EventSource("api/changes");
  source.addEventListener("open", () => become("live"));
  source.addEventListener("error", () => {
    become("lost");
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    close();
    setTimeout(() => document.hidden || open(), 2000);
  });
  source.addEventListener("change", event => {
    const seen = (JSON.parse((event as MessageEvent<string>).data) as { revision: number }).revision;
    if (seen === revision) return;
    const first = revision < 0;
    revision = seen;
    if (!first) pending ??= setTimeout(() => { pending = undefined; tell(); }, mostOftenMs);
  });
}

function close(): void {
  source?.close();
  source = null;
}

export function follow(): void {
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  open();
}

/** The store's revision as the page knows it, and whether news still arrive; whoever asks is drawn again when either changes. */
export function useLive(): { revision: number; connection: Connection } {
  const [now, set] = useState({ revision, connection });
  useEffect(() => {
    const listener = () => set({ revision, connection });
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return now;
}
