import { useState } from "preact/hooks";
import { Lasting, Section, Values, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { typedOf, quoted } from "./asking";
import { useNumber } from "./parts";
import { Curl } from "./TryIt";
import type { Computed, FieldError, Precomputed } from "./types";
import { useWords } from "./words";

type End = { is: "asking" } | { is: "found"; answer: Computed } | { is: "refused"; status: number; detail: string; errors: FieldError[] };

/** The address that looks a key up. */
export function addressOf(endpoint: string, keys: { name: string }[], typed: Record<string, string>): string {
  const asked = keys.map(k => `${encodeURIComponent(k.name)}=${encodeURIComponent(typed[k.name] ?? "")}`);
  return `api/endpoints/${encodeURIComponent(endpoint)}/precomputed?${asked.join("&")}`;
}

/** A form of the keys by which answers are found that were computed before. */
export function TryKey({ name, of }: { name: string; of: Precomputed }) {
  const words = useWords();
  const say = useSay();
  const language = useLanguage();
  const [typed, type] = useState<Record<string, string>>(() => typedOf(of.example ?? {}));
  const [end, setEnd] = useState<End | null>(null);
  const address = addressOf(name, of.keys, typed);
  const ask = async () => {
    setEnd({ is: "asking" });
    try {
      const response = await fetch(address, { headers: { "Accept-Language": language } });
      const answer = (await response.json()) as Computed & { detail?: string; errors?: FieldError[] };
      if (response.ok) setEnd({ is: "found", answer });
      else setEnd({ is: "refused", status: response.status, detail: answer.detail ?? `${response.status}`, errors: answer.errors ?? [] });
    } catch {
      setEnd({ is: "refused", status: 0, detail: say("page.no-answer"), errors: [] });
    }
  };
  const common = (key: string, fault?: string) => ({
    id: `key-${key}`,
    value: typed[key] ?? "",
    "aria-describedby": `key-${key}-more`,
    "aria-invalid": fault !== undefined,
    onInput: (e: { currentTarget: HTMLInputElement }) => {
      const { value } = e.currentTarget;
      type(t => ({ ...t, [key]: value }));
    },
  });
  return (
    <Section title={words("page.serving.key")}>
      <p class="lead">{words("page.serving.key.lead")}</p>
      <div class="try-it">
        <form
          class="card form"
          aria-label={words("page.serving.key")}
          noValidate
          onSubmit={e => {
            e.preventDefault();
            void ask();
          }}
        >
          <div class="fields">
            {of.keys.map(k => {
              const fault = end?.is === "refused" ? end.errors.find(f => f.field === k.name)?.detail : undefined;
              return (
                <div class="field" key={k.name}>
                  <label for={`key-${k.name}`}>
                    <code>{k.name}</code>
                  </label>
                  {k.type === "date" ? (
                    <input {...common(k.name, fault)} type="date" />
                  ) : (
                    <input {...common(k.name, fault)} autocomplete="off" inputMode={k.type === "integer" ? "numeric" : "text"} />
                  )}
                  <small id={`key-${k.name}-more`} class={fault === undefined ? "quiet" : "bad"}>
                    {fault ?? words(`page.serving.is.${k.type === "other" ? "any" : k.type}`)}
                  </small>
                </div>
              );
            })}
          </div>
          <p class="desk">
            <button type="submit" class="main" disabled={end?.is === "asking"}>
              {words("page.serving.key.look")}
            </button>
          </p>
        </form>
        <div class="answer-box">
          <div role="status" aria-live="polite">
            {end === null || end.is === "asking" ? (
              <p class="quiet">{words(end === null ? "page.serving.key.none" : "page.serving.try.asking")}</p>
            ) : end.is === "refused" ? (
              <div class="failed">
                <p>
                  <b>{words(end.status === 404 ? "page.serving.key.no-row" : "page.serving.try.refused")}</b>
                </p>
                <p>{end.detail}</p>
              </div>
            ) : (
              <Found of={end.answer} />
            )}
          </div>
          <Section title={words("page.serving.try.same")}>
            <Curl text={`curl -s ${quoted(`${location.origin}/${address}`)}`} />
          </Section>
        </div>
      </div>
    </Section>
  );
}

function Found({ of }: { of: Computed }) {
  const words = useWords();
  const number = useNumber();
  const { version, age_seconds, stale } = of.precomputed;
  return (
    <section class="card answered" aria-label={words("page.serving.key.answer")}>
      <p class="big">
        {typeof of.answer === "number" ? number(of.answer, 6) : of.answer}{" "}
        {of.lower !== undefined && of.upper !== undefined && (
          <span class="quiet">
            ({number(of.lower, 6)} … {number(of.upper, 6)})
          </span>
        )}{" "}
        {stale && <span class="badge look">{words("page.serving.computed.end.stale")}</span>}
      </p>
      <Values
        of={[
          [words("page.serving.computed.rows"), <VersionLink name={version} />],
          [words("page.serving.computed.age"), <Lasting seconds={age_seconds} />],
          [words("page.serving.release-live"), <a href={to.release(of.release)}>{words("page.serving.release", { number: of.release })}</a>],
          [
            words("page.serving.id"),
            <a href={to.prediction(of.id, of.endpoint.split("@")[0]!)}>
              <code>{of.id}</code>
            </a>,
          ],
        ]}
      />
      <details>
        <summary>JSON</summary>
        <pre class="json" tabIndex={0}>
          {JSON.stringify(of, null, 2)}
        </pre>
      </details>
    </section>
  );
}
