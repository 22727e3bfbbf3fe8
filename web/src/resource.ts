import { useEffect, useRef, useState } from "preact/hooks";
import { get, post, Refusal } from "./api";
import { useLive } from "./live";
import { useLanguage, useSay } from "./texts";

export type Resource<T> =
  | { state: "loading" }
  | { state: "failed"; reason: string; retry: () => void }
  | { state: "ready"; value: T };

/**
 * What the API says at a path; asked for again whenever the store changes. What was read stays while it is asked for again.
 * @param body a question too long for an address, which is posted; @param live false where what was read cannot change
 * @param every after how many milliseconds it is asked for again, where it changes without the store; not while the page is hidden
 */
export function useResource<T>(path: string, { body, live = true, every }: { body?: unknown; live?: boolean; every?: number } = {}): Resource<T> {
  const language = useLanguage();
  const say = useSay();
  const { revision, connection } = useLive();
  const [tries, setTries] = useState(0);
  const [beat, setBeat] = useState(0);
  const question = body === undefined ? path : `${path} ${JSON.stringify(body)}`;
  const [held, hold] = useState<{ path: string; language: string; resource: Resource<T> }>();
  const showing = useRef(held);
  showing.current = held;

  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = () => {
      if (every !== undefined && !stop.signal.aborted) timer = setTimeout(() => (document.hidden ? again() : setBeat(b => b + 1)), every);
    };
    (body === undefined ? get<T>(path, language, stop.signal) : post<T>(path, body, language, stop.signal)).then(
      value => stop.signal.aborted || hold({ path: question, language, resource: { state: "ready", value } }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const refused = error instanceof Refusal;
        // A server that does not answer takes nothing from the page that was read; the header says that the connection is lost.
        if (!refused && showing.current?.path === question && showing.current.resource.state === "ready") return;
        hold({ path: question, language, resource: { state: "failed", reason: refused ? error.message : say("page.no-answer"), retry: () => setTries(t => t + 1) } });
      }).finally(again);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [question, language, live && revision, live && connection === "lost", tries, beat]);

  return held?.path === question ? held.resource : { state: "loading" };
}

export type Asked<T> = { state: "idle" } | { state: "asking" } | { state: "failed"; reason: string } | { state: "done"; value: T };

/** A change that is asked for on a click, and what came of it. */
export function useChange<T>(path: string): [Asked<T>, (asked: unknown) => Promise<T | null>, () => void] {
  const language = useLanguage();
  const say = useSay();
  const [state, set] = useState<Asked<T>>({ state: "idle" });
  const ask = async (asked: unknown) => {
    set({ state: "asking" });
    try {
      const value = await post<T>(path, asked, language);
      set({ state: "done", value });
      return value;
    } catch (error) {
      set({ state: "failed", reason: error instanceof Refusal ? error.message : say("page.no-answer") });
      return null;
    }
  };
  return [state, ask, () => set({ state: "idle" })];
}
