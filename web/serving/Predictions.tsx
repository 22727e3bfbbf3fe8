import { useState } from "preact/hooks";
import { Read, Table, Time } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { everyMs, useMs, useNumber } from "./parts";
import { addressOf, samplesOf } from "./sql";
import type { LoggedLine, LoggedPage, LogState } from "./types";
import { useWords } from "./words";

/** What an endpoint answered last, newest first. */
export function Predictions({ name }: { name: string }) {
  const words = useWords();
  const log = useResource<LogState>("api/predictions/log", { every: everyMs * 2 });
  const [places, setPlaces] = useState<string[]>([""]);
  return (
    <>
      {log.state === "ready" && <Log of={log.value} />}
      {places.map((before, i) => (
        <Part key={before} name={name} before={before} part={i} last={i === places.length - 1} onMore={next => setPlaces(p => [...p, next])} />
      ))}
      <p class="after">
        <a href={addressOf({ sql: samplesOf(name)[0]!.sql, rows: 1000, endpoint: name })}>{words("page.serving.log.sql")}</a>
      </p>
    </>
  );
}

/** How the log itself does, where that is worth a word. */
function Log({ of }: { of: LogState }) {
  const words = useWords();
  const number = useNumber();
  const lost = of.dropped + of.lostBefore;
  return (
    <>
      {!of.isOpen && <p class="warning">{words("page.serving.log.closed")}</p>}
      {of.trouble !== null && <p class="warning">{of.trouble.text}</p>}
      {lost > 0 && <p class="warning">{words("page.serving.log.lost", { dropped: number(of.dropped), lost: number(of.lostBefore) })}</p>}
    </>
  );
}

function Part({ name, before, part, last, onMore }: { name: string; before: string; part: number; last: boolean; onMore: (next: string) => void }) {
  const words = useWords();
  const say = useSay();
  const path = `api/endpoints/${encodeURIComponent(name)}/predictions?limit=50${before === "" ? "" : `&before=${encodeURIComponent(before)}`}`;
  // Only the newest change, and only while nobody reads on from them: pages that follow each other must not overlap.
  const page = useResource<LoggedPage>(path, { live: false, every: part === 0 && last ? everyMs : undefined });
  return (
    <Read of={page} what={words("page.serving.tab.predictions")}>
      {value =>
        part === 0 && value.predictions.length === 0 ? (
          <div class="empty">
            <p>{words("page.serving.log.none")}</p>
            <p>
              <a href={to.endpoint(name, "try")}>{words("page.serving.tab.try")}</a>
            </p>
          </div>
        ) : (
          <>
            {value.predictions.length > 0 && (
              <Table
                label={part === 0 ? words("page.serving.tab.predictions") : words("page.serving.log.part", { part: part + 1 })}
                head={(["at", "id", "decision", "score", "release", "took", "outcome"] as const).map(c => words(`page.serving.log.${c}`))}
                numbers={[3, 4, 5]}
              >
                {value.predictions.map(p => (
                  <Line key={`${p.at} ${p.id}`} of={p} />
                ))}
              </Table>
            )}
            {last && value.before !== null && (
              <button type="button" class="after" onClick={() => onMore(value.before!)}>
                {say("page.older")}
              </button>
            )}
          </>
        )
      }
    </Read>
  );
}

function Line({ of: p }: { of: LoggedLine }) {
  const words = useWords();
  const number = useNumber();
  const ms = useMs();
  return (
    <tr>
      <td>
        <Time at={p.at} />
      </td>
      <th scope="row">
        <a href={to.prediction(p.id, p.endpoint)}>
          <code>{p.id}</code>
        </a>
        {p.device !== null && (
          <>
            {" "}
            <span class="badge" title={words("page.serving.log.device-of", { device: p.device })}>
              {words("page.serving.log.device")}
            </span>
          </>
        )}
      </th>
      <td>
        <Said of={p} />
      </td>
      <td class="number">{typeof p.score === "number" ? number(p.score) : (p.score ?? "–")}</td>
      <td class="number">{p.release === null ? "–" : <a href={to.release(p.release)}>{p.release}</a>}</td>
      <td class="number">{ms(p.latencyUs / 1000)}</td>
      <td>{p.outcome ?? "–"}</td>
    </tr>
  );
}

/** What was decided, by what where not by the model; or why nothing was. */
export function Said({ of: p }: { of: LoggedLine }) {
  const words = useWords();
  return p.error !== null ? (
    <span class="bad" title={p.errorText ?? undefined}>
      ✕ {p.error}
    </span>
  ) : (
    <>
      {p.decision ?? "–"}{" "}
      {p.fallback === "precomputed" || p.fallback === "precomputed-stale" ? (
        <span class={`badge${p.fallback === "precomputed" ? "" : " look"}`}>{words(`page.serving.computed.${p.fallback === "precomputed" ? "said" : "said-stale"}`)}</span>
      ) : (
        p.fallback !== null && <span class="badge look">{words("page.serving.try.instead", { by: p.fallback })}</span>
      )}
    </>
  );
}
