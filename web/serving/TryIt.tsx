import { useMemo, useRef, useState } from "preact/hooks";
import { Section, Values, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { boundsOf, curlOf, dayOf, faultsOf, rowOf, typedOf } from "./asking";
import { Decision } from "./Decision";
import { useBound, useMs, useNumber } from "./parts";
import type { Endpoint, Field, FieldError, Prediction } from "./types";
import { useWords } from "./words";

type End =
  | { is: "asking" }
  | { is: "answered"; answer: Prediction; ms: number; json: string }
  | { is: "refused"; status: number; detail: string; errors: FieldError[]; retryAfter: string | null };

/** A form of the endpoint's fields that asks it, and shows what it answers; the server says what is wrong with which field. */
export function TryIt({ name, of }: { name: string; of: Endpoint }) {
  const words = useWords();
  const say = useSay();
  const language = useLanguage();
  const form = useRef<HTMLFormElement>(null);
  const example = useMemo(() => typedOf(of.example), [name]);
  const [typed, type] = useState(example);
  const [session, setSession] = useState("");
  const [end, setEnd] = useState<End | null>(null);
  // A field that was mended since the server looked at it is not wrong until it looks again.
  const [mended, setMended] = useState<Set<string>>(new Set());
  const [read, unread] = [of.fields.filter(f => f.isRead || !f.optional), of.fields.filter(f => !f.isRead && f.optional)];
  const row = rowOf(of.fields, typed);
  const faults = end?.is === "refused" ? faultsOf(end.errors, of.fields) : { of: {}, others: [] };
  const set = (field: string, text: string) => {
    type(t => ({ ...t, [field]: text }));
    setMended(m => new Set(m).add(field));
  };
  const ask = async () => {
    setEnd({ is: "asking" });
    const began = performance.now();
    try {
      const response = await fetch(`api/endpoints/${encodeURIComponent(name)}/predict`, {
        method: "POST",
        headers: { "Accept-Language": language, "Content-Type": "application/json", ...(session.trim() !== "" && { "Kumiki-Session": session.trim() }) },
        body: row,
      });
      const text = await response.text();
      const ms = performance.now() - began;
      if (response.ok) return setEnd({ is: "answered", answer: JSON.parse(text) as Prediction, ms, json: JSON.stringify(JSON.parse(text), null, 2) });
      let problem: { detail?: string; errors?: FieldError[] } = {};
      try {
        problem = JSON.parse(text) as typeof problem;
      } catch {
        // not a problem of ours: its status is what can be said of it
      }
      setMended(new Set());
      setEnd({
        is: "refused",
        status: response.status,
        detail: problem.detail ?? `${response.status} ${response.statusText}`,
        errors: problem.errors ?? [],
        retryAfter: response.headers.get("Retry-After"),
      });
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
    } catch {
      setEnd({ is: "refused", status: 0, detail: say("page.no-answer"), errors: [], retryAfter: null });
    }
  };
  const field = (f: Field) => (
    <Input
      key={f.name}
      of={f}
      known={of.known[f.name]}
      typed={typed[f.name] ?? ""}
      fault={mended.has(f.name) ? undefined : faults.of[f.name]}
      onType={text => set(f.name, text)}
    />
  );
  return (
    <>
      <p class="lead">{words("page.serving.try.lead")}</p>
      <div class="try-it">
        <form
          ref={form}
          class="card form"
          aria-label={words("page.serving.tab.try")}
          noValidate
          onSubmit={e => {
            e.preventDefault();
            void ask();
          }}
        >
          <fieldset>
            <legend>{words("page.serving.try.read")}</legend>
            <div class="fields">{read.map(field)}</div>
          </fieldset>
          {unread.length > 0 && (
            <details>
              <summary>{words("page.serving.try.unread", { count: unread.length })}</summary>
              <div class="fields">{unread.map(field)}</div>
            </details>
          )}
          <details>
            <summary>{words("page.serving.try.session")}</summary>
            <div class="fields">
              <div class="field">
                <label for="try-session">
                  <code>Kumiki-Session</code>
                </label>
                <input id="try-session" value={session} maxLength={200} aria-describedby="try-session-more" onInput={e => setSession(e.currentTarget.value)} />
                <small id="try-session-more" class="quiet">
                  {words("page.serving.try.session.more")}
                </small>
              </div>
            </div>
          </details>
          <p class="desk">
            <button type="submit" class="main" disabled={end?.is === "asking"}>
              {words("page.serving.try.ask")}
            </button>
            <button
              type="button"
              onClick={() => {
                type(example);
                setEnd(null);
              }}
            >
              {words("page.serving.try.example")}
            </button>
            {Object.keys(faults.of).some(f => !mended.has(f)) && (
              <span class="bad" role="status">
                {words("page.serving.try.wrong", { count: Object.keys(faults.of).filter(f => !mended.has(f)).length })}
              </span>
            )}
          </p>
        </form>
        <div class="answer-box">
          <div role="status" aria-live="polite">
            {end === null || end.is === "asking" ? (
              <p class="quiet">{words(end === null ? "page.serving.try.none" : "page.serving.try.asking")}</p>
            ) : end.is === "refused" ? (
              <Refused of={end} others={faults.others} />
            ) : (
              <Answered of={of} end={end} />
            )}
          </div>
          <Section title={words("page.serving.try.same")}>
            <Curl text={curlOf(location.origin, name, of.fields, typed, session.trim())} />
          </Section>
        </div>
      </div>
    </>
  );
}

function Refused({ of, others }: { of: Extract<End, { is: "refused" }>; others: string[] }) {
  const words = useWords();
  const byField = of.errors.length > others.length;
  return (
    <div class="failed">
      <p>
        <b>
          {of.status === 0 ? "" : `${of.status} · `}
          {words("page.serving.try.refused")}
        </b>
      </p>
      {(!byField || others.length > 0) && (others.length > 0 ? others : [of.detail]).map(o => <p key={o}>{o}</p>)}
      {byField && <p>{words("page.serving.try.fields")}</p>}
      {of.retryAfter !== null && <p>{words("page.serving.try.retry", { seconds: of.retryAfter })}</p>}
    </div>
  );
}

function Answered({ of, end: { answer, ms, json } }: { of: Endpoint; end: Extract<End, { is: "answered" }> }) {
  const words = useWords();
  const number = useNumber();
  const spent = useMs();
  return (
    <section class="card answered" aria-label={words("page.serving.answer")}>
      <p class="big">
        {typeof answer.answer === "number" ? number(answer.answer, 6) : typeof answer.answer === "string" ? answer.answer : words("page.serving.each.answered")}{" "}
        {answer.fallback !== undefined && <span class="badge look">{words("page.serving.try.instead", { by: answer.fallback })}</span>}{" "}
        {answer.remembered && <span class="badge">{words("page.serving.remembered")}</span>}
      </p>
      {(answer.fallback === undefined || answer.parts === undefined) && <Decision rule={of.decision.rule} threshold={answer.threshold ?? null} answer={answer} small />}
      <Values
        of={[
          ...(answer.score === undefined ? [] : [[words("page.serving.score"), number(answer.score, 6)] as [string, string]]),
          ...(answer.model === undefined ? [] : [[words("page.serving.col.model"), <VersionLink name={answer.model} />] as [string, preact.JSX.Element]]),
          ...(answer.threshold === undefined
            ? []
            : [[words("page.serving.col.threshold"), <VersionLink name={answer.threshold} />] as [string, preact.JSX.Element]]),
          [words("page.serving.col.endpoint"), <VersionLink name={answer.endpoint} />],
          [words("page.serving.release-live"), <a href={to.release(answer.release)}>{words("page.serving.release", { number: answer.release })}</a>],
          [words("page.serving.took"), spent(ms)],
          [
            words("page.serving.id"),
            <a href={to.prediction(answer.id, answer.endpoint.split("@")[0]!)}>
              <code>{answer.id}</code>
            </a>,
          ],
        ]}
      />
      <details>
        <summary>JSON</summary>
        <pre class="json" tabIndex={0}>
          {json}
        </pre>
      </details>
    </section>
  );
}

function Input({ of, known, typed, fault, onType }: { of: Field; known?: string[]; typed: string; fault?: string; onType: (text: string) => void }) {
  const words = useWords();
  const bound = useBound();
  const id = `try-${of.name}`;
  const bounds = boundsOf(of, of.kind === "Date" ? dayOf : bound);
  const more = { id, "aria-describedby": `${id}-more`, "aria-invalid": fault !== undefined } as const;
  const options = of.kind === "Flag" ? ["true", "false"] : of.kind === "Choice" ? (of.choices ?? []) : null;
  return (
    <div class="field">
      <label for={id}>
        <code>{of.name}</code>
        {of.personal && <span class="badge">{words("page.serving.personal")}</span>}
      </label>
      {options ? (
        <select {...more} value={typed} onChange={e => onType(e.currentTarget.value)}>
          {(of.optional || !options.includes(typed)) && <option value="">–</option>}
          {options.map(o => (
            <option key={o} value={o}>
              {o}
            </option>
          ))}
        </select>
      ) : of.kind === "Picture" ? (
        <Picture {...more} typed={typed} onType={onType} />
      ) : of.kind === "Date" ? (
        <input {...more} type="date" value={typed} onInput={e => onType(e.currentTarget.value)} />
      ) : (
        <input
          {...more}
          value={typed}
          list={known && `${id}-known`}
          autocomplete="off"
          inputMode={of.kind === "Integer" ? "numeric" : of.kind === "Text" || of.kind === "Any" ? "text" : "decimal"}
          onInput={e => onType(e.currentTarget.value)}
        />
      )}
      {known && (
        <datalist id={`${id}-known`}>
          {known.map(k => (
            <option key={k} value={k} />
          ))}
        </datalist>
      )}
      <small id={`${id}-more`} class={fault === undefined ? "quiet" : "bad"}>
        {fault ??
          [
            words(`page.serving.is.${of.kind.toLowerCase() as "text"}`),
            bounds,
            known ? words("page.serving.known", { texts: known.slice(0, 3).join(", ") }) : "",
            of.optional ? words("page.serving.may-be-empty") : "",
          ]
            .filter(t => t !== "")
            .join(" · ")}
      </small>
    </div>
  );
}

/** A file from this computer as base64, and what it looks like. */
function Picture({ typed, onType, ...more }: { id: string; typed: string; onType: (text: string) => void }) {
  const words = useWords();
  const take = (file: File | undefined) => {
    if (file === undefined) return;
    const reader = new FileReader();
    reader.onload = () => onType(String(reader.result).replace(/^[^,]*,/, ""));
    reader.readAsDataURL(file);
  };
  return (
    <>
      <input {...more} type="file" accept="image/jpeg,image/png,image/webp" onChange={e => take(e.currentTarget.files?.[0])} />
      {typed !== "" && <img class="preview" src={`data:${typed.startsWith("/9j/") ? "image/jpeg" : typed.startsWith("UklG") ? "image/webp" : "image/png"};base64,${typed}`} alt={words("page.serving.picture")} />}
    </>
  );
}

/** A command that can be taken along. */
export function Curl({ text }: { text: string }) {
  const words = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <>
      <pre class="json" tabIndex={0} aria-label="curl">
        {text}
      </pre>
      <p class="desk">
        <button
          type="button"
          class="small"
          onClick={() =>
            void navigator.clipboard.writeText(text).then(
              () => setCopied(true),
              () => setCopied(false),
            )
          }
        >
          {words("page.serving.copy")}
        </button>
        <span role="status" class="good">
          {copied && `✓ ${words("page.serving.copied")}`}
        </span>
      </p>
    </>
  );
}
