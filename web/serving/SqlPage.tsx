import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { post, Refusal } from "../src/api";
import { Plot } from "../src/draw/Plot";
import { clockTime, localTime } from "../src/format";
import { Page, Read, Section } from "../src/parts";
import { useResource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import "../src/views.css";
import { Rooms, useMs, useNumber } from "./parts";
import "./serving.css";
import { addressOf, askingOf, drawableOf, pointsOf, rowLimits, samplesOf, viewsOf, type SqlAsking } from "./sql";
import type { EndpointList, SqlAnswer } from "./types";
import { useWords } from "./words";

type End = { is: "asking"; stop: AbortController } | { is: "failed"; reason: string } | { is: "stopped" } | { is: "done"; answer: SqlAnswer; ms: number };

/** SQL over what endpoints answered and what became of it; the address holds the question, so that it can be sent to somebody else. */
export function SqlPage({ query }: { query: string }) {
  const words = useWords();
  const say = useSay();
  const number = useNumber();
  const language = useLanguage();
  const [asking, set] = useState<SqlAsking>(() => askingOf(query));
  const [end, setEnd] = useState<End | null>(null);
  const editor = useRef<HTMLTextAreaElement>(null);
  const running = useRef<AbortController | undefined>(undefined);
  const change = (part: Partial<SqlAsking>) => set(a => ({ ...a, ...part }));
  const ask = async (asked: SqlAsking) => {
    if (asked.sql.trim() === "") return;
    running.current?.abort();
    const stop = (running.current = new AbortController());
    history.replaceState(null, "", addressOf(asked));
    setEnd({ is: "asking", stop });
    const began = performance.now();
    try {
      const answer = await post<SqlAnswer>("api/predictions/sql", { sql: asked.sql, rows: asked.rows }, language, stop.signal);
      if (!stop.signal.aborted) setEnd({ is: "done", answer, ms: performance.now() - began });
    } catch (error) {
      if (running.current !== stop) return;
      setEnd(stop.signal.aborted ? { is: "stopped" } : { is: "failed", reason: error instanceof Refusal ? error.message : say("page.no-answer") });
    }
  };
  // A question that came with the address is asked at once; it only reads.
  useEffect(() => {
    void ask(asking);
    return () => running.current?.abort();
  }, []);
  const insert = (text: string) => {
    const area = editor.current!;
    const [from, to] = [area.selectionStart, area.selectionEnd];
    change({ sql: asking.sql.slice(0, from) + text + asking.sql.slice(to) });
    requestAnimationFrame(() => {
      area.focus();
      area.setSelectionRange(from + text.length, from + text.length);
    });
  };
  return (
    <Page title={words("page.serving.sql")}>
      <Rooms here="predictions" />
      <p class="lead">{words("page.serving.sql.lead")}</p>
      <div class="sql">
        <div class="sql-main">
          <form
            onSubmit={e => {
              e.preventDefault();
              void ask(asking);
            }}
          >
            <label for="sql">{words("page.serving.sql.select")}</label>
            <textarea
              id="sql"
              ref={editor}
              rows={8}
              spellcheck={false}
              autocapitalize="off"
              autocomplete="off"
              maxLength={20_000}
              value={asking.sql}
              aria-describedby="sql-keys"
              onInput={e => change({ sql: e.currentTarget.value })}
              onKeyDown={e => {
                if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey)) return;
                e.preventDefault();
                void ask(asking);
              }}
            />
            <p class="desk">
              <button type="submit" class="main" disabled={asking.sql.trim() === "" || end?.is === "asking"}>
                {words("page.serving.sql.run")}
              </button>
              <button type="button" disabled={end?.is !== "asking"} onClick={() => running.current?.abort()}>
                {words("page.serving.sql.cancel")}
              </button>
              <label class="inline">
                {words("page.serving.sql.rows")}
                <select value={asking.rows} onChange={e => change({ rows: Number(e.currentTarget.value) })}>
                  {rowLimits.map(r => (
                    <option key={r} value={r}>
                      {number(r)}
                    </option>
                  ))}
                </select>
              </label>
              <span id="sql-keys" class="quiet">
                {words("page.serving.sql.keys")}
              </span>
            </p>
          </form>
          <div aria-live="polite">
            {end === null ? (
              <p class="quiet after">{words("page.serving.sql.none")}</p>
            ) : end.is === "asking" ? (
              <p role="status" class="loading after">
                {words("page.serving.sql.asking")}
              </p>
            ) : end.is === "stopped" ? (
              <p role="status" class="quiet after">
                {words("page.serving.sql.stopped")}
              </p>
            ) : end.is === "failed" ? (
              <div role="alert" class="failed after">
                <p>{end.reason}</p>
              </div>
            ) : (
              <Answer answer={end.answer} ms={end.ms} />
            )}
          </div>
        </div>
        <Views
          chosen={asking.endpoint}
          onChoose={endpoint => change({ endpoint })}
          onInsert={insert}
          onSample={(sql, endpoint) => {
            change({ sql, endpoint });
            void ask({ ...asking, sql, endpoint });
          }}
        />
      </div>
    </Page>
  );
}

/** The views of an endpoint with their columns; a click puts a name where the caret is. */
function Views({
  chosen,
  onChoose,
  onInsert,
  onSample,
}: {
  chosen: string;
  onChoose: (endpoint: string) => void;
  onInsert: (text: string) => void;
  onSample: (sql: string, endpoint: string) => void;
}) {
  const words = useWords();
  const list = useResource<EndpointList>("api/endpoints");
  return (
    <aside class="sql-views" aria-label={words("page.serving.sql.views")}>
      <Read of={list} what={words("page.serving.endpoints")}>
        {value => {
          const names = value.endpoints.map(e => e.version.split("@")[0]!);
          if (names.length === 0) return <p class="quiet">{words("page.serving.sql.no-endpoint")}</p>;
          const here = names.includes(chosen) ? chosen : names[0]!;
          return (
            <>
              <label>
                {words("page.serving.endpoint")}{" "}
                <select value={here} onChange={e => onChoose(e.currentTarget.value)}>
                  {names.map(n => (
                    <option key={n} value={n}>
                      {n}
                    </option>
                  ))}
                </select>
              </label>
              <h2>{words("page.serving.sql.samples")}</h2>
              <ul class="names">
                {samplesOf(here).map(s => (
                  <li key={s.is}>
                    <button type="button" class="open" onClick={() => onSample(s.sql, here)}>
                      {words(`page.serving.sql.sample.${s.is}`)}
                    </button>
                  </li>
                ))}
              </ul>
              <h2>{words("page.serving.sql.views")}</h2>
              {viewsOf(here).map(v => (
                <View key={v} name={v} onInsert={onInsert} />
              ))}
              <p class="note">{words("page.serving.sql.masked")}</p>
            </>
          );
        }}
      </Read>
    </aside>
  );
}

function View({ name, onInsert }: { name: string; onInsert: (text: string) => void }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>
        <code>{name}</code>
      </summary>
      <button type="button" class="small" onClick={() => onInsert(name)}>
        {words("page.serving.sql.insert", { name })}
      </button>
      {open && <Columns of={name} onInsert={onInsert} />}
    </details>
  );
}

function Columns({ of, onInsert }: { of: string; onInsert: (text: string) => void }) {
  const none = useResource<SqlAnswer>("api/predictions/sql", { body: { sql: `SELECT * FROM ${of} LIMIT 0`, rows: 1 }, live: false });
  return (
    <Read of={none} what={of}>
      {value => (
        <ul class="names">
          {value.columns.map(c => (
            <li key={c.name}>
              <button type="button" class="open" onClick={() => onInsert(/^[a-z_][a-z0-9_]*$/.test(c.name) ? c.name : `"${c.name.replaceAll('"', '""')}"`)}>
                <code>{c.name}</code>
              </button>{" "}
              <span class="quiet">{c.type}</span>
            </li>
          ))}
        </ul>
      )}
    </Read>
  );
}

const atOnce = 100;

function Answer({ answer, ms }: { answer: SqlAnswer; ms: number }) {
  const words = useWords();
  const number = useNumber();
  const spent = useMs();
  const [page, setPage] = useState(0);
  const pages = Math.max(1, Math.ceil(answer.rows.length / atOnce));
  const here = Math.min(page, pages - 1);
  const numbers = answer.columns.flatMap((c, i) => (c.isNumber ? [i] : []));
  return (
    <Section title={words("page.serving.sql.answer")} count={answer.rows.length}>
      <p class="quiet" role="status">
        {words("page.serving.sql.took", { rows: number(answer.rows.length), time: spent(ms) })}{" "}
        {answer.isCut && <b class="look">{words("page.serving.sql.cut", { rows: number(answer.rows.length) })}</b>}
      </p>
      <Drawn answer={answer} />
      <div class="table-box rows" tabIndex={0} role="region" aria-label={words("page.serving.sql.answer")}>
        <table>
          <thead>
            <tr>
              {answer.columns.map((c, i) => (
                <th key={i} scope="col" class={numbers.includes(i) ? "number" : undefined}>
                  {c.name}
                  <small>{c.type}</small>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.rows.slice(here * atOnce, (here + 1) * atOnce).map((r, i) => (
              <tr key={i}>
                {r.map((cell, c) => (
                  <td key={c} class={numbers.includes(c) ? "number" : undefined} title={cell !== null && cell.length > 40 ? cell : undefined}>
                    {cell === null ? <span class="null">null</span> : cell}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pages > 1 && (
        <p class="pager">
          <button type="button" disabled={here === 0} onClick={() => setPage(here - 1)}>
            ← {words("page.serving.sql.before")}
          </button>
          <span>
            {words("page.serving.sql.page", {
              from: number(here * atOnce + 1),
              to: number(Math.min(answer.rows.length, (here + 1) * atOnce)),
              all: number(answer.rows.length),
            })}
          </span>
          <button type="button" disabled={here === pages - 1} onClick={() => setPage(here + 1)}>
            {words("page.serving.sql.after")} →
          </button>
        </p>
      )}
    </Section>
  );
}

/** One column over another, where the answer has two that are numbers or times. */
function Drawn({ answer }: { answer: SqlAnswer }) {
  const words = useWords();
  const language = useLanguage();
  const can = useMemo(() => drawableOf(answer), [answer]);
  const [along, setAlong] = useState(can?.xs[0] ?? 0);
  const [up, setUp] = useState(can?.ys.find(i => i !== can.xs[0]) ?? 0);
  const drawn = useMemo(() => (can && can.xs.includes(along) && can.ys.includes(up) ? pointsOf(answer, along, up) : null), [answer, along, up]);
  if (can === null) return null;
  const name = (i: number) => answer.columns[i]!.name;
  const span = drawn === null || drawn.points.length === 0 ? 0 : Math.max(...drawn.points.map(p => p[0])) - Math.min(...drawn.points.map(p => p[0]));
  const time = (at: number) => (span > 86_400_000 ? localTime : clockTime)(new Date(at).toISOString(), language);
  return (
    <details class="drawn">
      <summary>{words("page.serving.sql.draw")}</summary>
      <div class="filters">
        <label>
          {words("page.serving.sql.along")}{" "}
          <select value={along} onChange={e => setAlong(Number(e.currentTarget.value))}>
            {can.xs.map(i => (
              <option key={i} value={i}>
                {name(i)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words("page.serving.sql.up")}{" "}
          <select value={up} onChange={e => setUp(Number(e.currentTarget.value))}>
            {can.ys.map(i => (
              <option key={i} value={i}>
                {name(i)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {drawn !== null && drawn.points.length > 0 ? (
        <Plot
          title={words("page.serving.sql.over", { up: name(up), along: name(along) })}
          x={name(along)}
          y={name(up)}
          xText={can.isTime(along) ? time : undefined}
          lines={[{ name: name(up), points: drawn.points.slice(0, 4000), dots: !drawn.rises }]}
        />
      ) : (
        <p class="quiet">{words("page.serving.sql.nothing-to-draw")}</p>
      )}
    </details>
  );
}
