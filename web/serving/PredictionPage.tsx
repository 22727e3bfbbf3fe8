import { Bar } from "../src/draw/Plot";
import { Page, Read, Section, Table, Time, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { quoted } from "./asking";
import { Decision } from "./Decision";
import { Rooms, useMs, useNumber } from "./parts";
import { Said } from "./Predictions";
import "./serving.css";
import { partsOf, ruleOf, stepsOf, versionsOf } from "./trace";
import type { LoggedOne, Rule } from "./types";
import { useWords } from "./words";

/** One prediction from the request to the decision, with what it took, what made it, and what became of it. */
export function PredictionPage({ id, endpoint }: { id: string; endpoint: string }) {
  const words = useWords();
  const one = useResource<LoggedOne>(`api/predictions/${encodeURIComponent(id)}${endpoint === "" ? "" : `?endpoint=${encodeURIComponent(endpoint)}`}`, {
    every: 5000,
  });
  return (
    <Page title={id} kind={words("page.serving.id")}>
      <Rooms here="predictions" />
      <Read of={one} what={id}>
        {value => <Whole one={value} />}
      </Read>
    </Page>
  );
}

function Whole({ one }: { one: LoggedOne }) {
  const words = useWords();
  const ms = useMs();
  const p = one.prediction;
  const version = p.version === null ? null : `${p.endpoint}@${p.version}`;
  return (
    <>
      <p class="big">
        <Said of={p} />
      </p>
      {p.errorText !== null && <p class="bad">{p.errorText}</p>}
      <Values
        of={[
          [words("page.serving.log.at"), <Time at={p.at} />],
          [
            words("page.serving.col.endpoint"),
            <>
              <a href={to.endpoint(p.endpoint)}>{p.endpoint}</a>
              {version !== null && (
                <>
                  {" "}
                  <VersionLink name={version} short />
                </>
              )}
            </>,
          ],
          ...(p.release === null
            ? []
            : [
                [words("page.serving.release-live"), <a href={to.release(p.release)}>{words("page.serving.release", { number: p.release })}</a>] as [
                  string,
                  preact.JSX.Element,
                ],
              ]),
          ...versionsOf(p.models).map(m => [words("page.serving.col.model"), <VersionLink name={m} />] as [string, preact.JSX.Element]),
          ...versionsOf(p.threshold).map(t => [words("page.serving.col.threshold"), <VersionLink name={t} />] as [string, preact.JSX.Element]),
          ...(p.arm === null || p.arm === "" ? [] : [[words("page.serving.log.arm"), p.arm] as [string, string]]),
          ...(p.device === null ? [] : [[words("page.serving.log.device"), <code>{p.device}</code>] as [string, preact.JSX.Element]]),
          ...(p.traceId === null || p.traceId === "" ? [] : [[words("page.serving.log.trace"), <code>{p.traceId}</code>] as [string, preact.JSX.Element]]),
        ]}
      />
      <Section title={words("page.serving.trace")}>
        <Table
          label={words("page.serving.trace")}
          head={[words("page.serving.trace.step"), words("page.serving.log.took"), words("page.serving.share")]}
          numbers={[1]}
        >
          {stepsOf(p).map(s => (
            <tr key={s.is}>
              <th scope="row">{words(`page.serving.trace.${s.is}`)}</th>
              <td class="number">{ms(s.us / 1000)}</td>
              <td>{s.is !== "whole" && <Bar value={s.us} most={p.latencyUs} />}</td>
            </tr>
          ))}
        </Table>
      </Section>
      <Section title={`1 · ${words("page.serving.trace.request")}`}>
        {p.inputs === null ? <p class="quiet">{words("page.serving.trace.no-inputs")}</p> : <Inputs json={p.inputs} />}
        <p class="note">{words("page.serving.trace.personal")}</p>
      </Section>
      <Section title={`2 · ${words("page.serving.trace.features")}`} count={Object.keys(one.features).length}>
        <Named
          of={one.features}
          none={words(p.models === null || p.models === "" ? "page.serving.trace.no-features" : "page.serving.trace.pictures")}
          label={words("page.serving.trace.features")}
          missing={words("page.serving.trace.missing")}
        />
      </Section>
      <Section title={`3 · ${words("page.serving.score")}`}>
        <Named of={one.scores} none={words("page.serving.trace.no-scores")} label={words("page.serving.score")} missing="–" />
      </Section>
      <Section title={`4 · ${words("page.serving.decision")}`}>
        {version === null ? (
          <p>
            <Said of={p} />
          </p>
        ) : (
          <Decided version={version} one={one} />
        )}
      </Section>
      <Section title={`5 · ${words("page.serving.log.outcome")}`} count={one.outcomes.length}>
        {one.outcomes.length === 0 ? (
          <div class="empty">
            <p>{words("page.serving.trace.no-outcome")}</p>
            <pre
              class="sample"
              tabIndex={0}
              aria-label="curl"
            >{`curl -s ${location.origin}/api/endpoints/${encodeURIComponent(p.endpoint)}/outcomes \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(JSON.stringify({ id: p.id, value: 1 }))}`}</pre>
          </div>
        ) : (
          <Table label={words("page.serving.log.outcome")} head={(["outcome", "at", "noted", "note"] as const).map(c => words(`page.serving.log.${c}`))}>
            {one.outcomes.map((o, i) => (
              <tr key={i}>
                <th scope="row">
                  {o.label ?? o.value} {o.counts && <span class="badge staging">{words("page.serving.trace.counts")}</span>}
                </th>
                <td>
                  <Time at={o.at} />
                </td>
                <td>
                  <Time at={o.noted} />
                </td>
                <td class="sentence">{o.note}</td>
              </tr>
            ))}
          </Table>
        )}
      </Section>
    </>
  );
}

/** The decision on the scale of the very version that made it. */
function Decided({ version, one }: { version: string; one: LoggedOne }) {
  const words = useWords();
  const p = one.prediction;
  const plan = useResource<{ decision: { rule: Partial<Rule> & { kind: Rule["kind"] } } }>(to.file(version, "endpoint.json"), { live: false });
  const score = typeof p.score === "number" ? p.score : undefined;
  return (
    <>
      <p>
        <Said of={p} />
      </p>
      {p.fallback !== null ? (
        <p class="note">{words("page.serving.trace.instead")}</p>
      ) : (
        plan.state === "ready" &&
        p.error === null && (
          <Decision
            rule={ruleOf(plan.value.decision.rule)}
            threshold={versionsOf(p.threshold)[0] ?? null}
            answer={{ id: p.id, answer: p.decision, score, parts: partsOf(ruleOf(plan.value.decision.rule), one.scores), endpoint: version, release: p.release ?? 0 }}
          />
        )
      )}
    </>
  );
}

function Named({ of, none, label, missing }: { of: Record<string, string | null>; none: string; label: string; missing: string }) {
  const words = useWords();
  const number = useNumber();
  const all = Object.entries(of);
  if (all.length === 0) return <p class="quiet">{none}</p>;
  return (
    <Table label={label} head={[words("page.serving.field.name"), words("page.serving.trace.value")]}>
      {all.map(([name, value]) => (
        <tr key={name}>
          <th scope="row">
            <code>{name}</code>
          </th>
          <td>{value === null ? <span class="null">{missing}</span> : /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(value) ? number(Number(value), 6) : value}</td>
        </tr>
      ))}
    </Table>
  );
}

function Inputs({ json }: { json: string }) {
  let shown = json;
  try {
    shown = JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    // shown as it was logged
  }
  return (
    <pre class="json" tabIndex={0}>
      {shown}
    </pre>
  );
}
