import { useEffect, useRef, useState } from "preact/hooks";
import { get, Refusal, type Log, type LogLine } from "../src/api";
import { clockTime } from "../src/format";
import { useLive } from "../src/live";
import { useLanguage, useSay } from "../src/texts";

const mostShown = 5000;

/** A run's log; new lines come as they are written, and the end stays in view unless the reader scrolled away from it. */
export function LogLines({ path, running }: { path: string; running: boolean }) {
  const say = useSay();
  const language = useLanguage();
  const { revision, connection } = useLive();
  const [lines, setLines] = useState<LogLine[]>([]);
  const [failed, setFailed] = useState<string | null>(null);
  const [read, setRead] = useState(false);
  const [tries, setTries] = useState(0);
  const last = useRef(0);
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);

  useEffect(() => {
    const stop = new AbortController();
    (async () => {
      for (let more = true; more && !stop.signal.aborted;) {
        const log = await get<Log>(`${path}/log?after=${last.current}`, language, stop.signal);
        last.current = log.last;
        more = log.more;
        if (log.lines.length > 0) setLines(old => [...old, ...log.lines].slice(-mostShown));
      }
      setRead(true);
      setFailed(null);
    })().catch((error: unknown) => {
      if (!stop.signal.aborted) setFailed(error instanceof Refusal ? error.message : say("page.no-answer"));
    });
    return () => stop.abort();
  }, [path, language, revision, connection === "lost", tries]);

  useEffect(() => {
    if (atEnd.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);

  if (failed !== null && lines.length === 0)
    return <div role="alert" class="failed"><p>{failed}</p><button type="button" onClick={() => setTries(t => t + 1)}>{say("page.retry")}</button></div>;
  if (!read && lines.length === 0) return <p role="status" class="loading">{say("page.reading", { what: say("page.log") })}</p>;
  if (lines.length === 0) return <p class="quiet">{say(running ? "page.log.none-yet" : "page.log.none")}</p>;
  return (
    <>
      {(lines[0]?.sequence ?? 1) > 1 && <p class="note">{say("page.log.cut", { count: mostShown })}</p>}
      <div
        class="log"
        ref={box}
        tabIndex={0}
        role="log"
        aria-label={say("page.log")}
        onScroll={e => (atEnd.current = e.currentTarget.scrollHeight - e.currentTarget.scrollTop - e.currentTarget.clientHeight < 24)}
      >
        {lines.map(l => (
          <div key={l.sequence} class={`level-${l.level}`}>
            <time dateTime={l.at} title={l.at}>
              {clockTime(l.at, language)}
            </time>{" "}
            <span>{l.text}</span>
          </div>
        ))}
      </div>
    </>
  );
}
