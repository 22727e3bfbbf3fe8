import { useState } from "preact/hooks";
import { Page, Read, Section, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { Chain } from "./Chain";
import { Decision } from "./Decision";
import { Fields } from "./Fields";
import { looked, type Look } from "./latency";
import { everyMs, Resting } from "./parts";
import { Computed } from "./Computed";
import { Predictions } from "./Predictions";
import "./serving.css";
import { Traffic } from "./Traffic";
import { TryIt } from "./TryIt";
import { TryKey } from "./TryKey";
import type { Endpoint } from "./types";
import { useWords } from "./words";

const tabs = ["now", "predictions", "try", "fields"] as const;
type Tab = (typeof tabs)[number];

/** One endpoint: which versions answer and by what decision, what it was asked, a form to ask it with, and its description for programs. */
export function EndpointPage({ name, tab }: { name: string; tab: string }) {
  const words = useWords();
  const endpoint = useResource<Endpoint>(`api/endpoints/${encodeURIComponent(name)}`, { every: everyMs });
  const here: Tab = tabs.find(t => t === tab) ?? "now";
  return (
    <Page title={name} kind={words("page.serving.endpoint")}>
      <nav class="tabs" aria-label={words("page.serving.tabs")}>
        {tabs.map(t => (
          <a key={t} href={to.endpoint(name, t === "now" ? "" : t)} aria-current={t === here ? "page" : undefined}>
            {words(`page.serving.tab.${t}`)}
          </a>
        ))}
      </nav>
      <Read of={endpoint} what={name}>
        {value =>
          here === "try" ? (
            <>
              {value.precomputed?.version && <TryKey name={name} of={value.precomputed} />}
              <TryIt name={name} of={value} />
            </>
          ) : here === "predictions" ? (
            <Predictions name={name} />
          ) : here === "fields" ? (
            <Fields name={name} of={value} />
          ) : (
            <Now of={value} />
          )
        }
      </Read>
    </Page>
  );
}

function Now({ of }: { of: Endpoint }) {
  const words = useWords();
  const [looks] = useState<{ all: Look[]; last: Endpoint | null }>({ all: [], last: null });
  // Each answer of the server is one look more; drawing the same one again adds none.
  if (looks.last !== of) {
    looks.all = looked(looks.all, of.counts, Date.now());
    looks.last = of;
  }
  const { version, model, threshold, parts, resting } = of.endpoint;
  return (
    <>
      <Values
        of={[
          [words("page.serving.release-live"), <a href={to.release(of.release)}>{words("page.serving.release", { number: of.release })}</a>],
          [words("page.serving.col.endpoint"), <VersionLink name={version} />],
          ...(parts ?? [{ model, threshold: null }]).map(
            (p, i) =>
              [
                words("page.serving.col.model"),
                <>
                  <VersionLink name={p.model} /> {p.threshold !== null && <VersionLink name={p.threshold} />} {i === 0 && resting && <Resting />}
                </>,
              ] as [string, preact.JSX.Element],
          ),
          ...(threshold === null ? [] : [[words("page.serving.col.threshold"), <VersionLink name={threshold} />] as [string, preact.JSX.Element]]),
          [
            words("page.serving.takes"),
            <code>
              {of.input} → {of.output}
            </code>,
          ],
        ]}
      />
      <Section title={words("page.serving.decision")}>
        <Decision rule={of.decision.rule} threshold={threshold} />
      </Section>
      <Section title={words("page.serving.fallbacks")}>
        <Chain of={of} />
      </Section>
      {of.precomputed && (
        <Section title={words("page.serving.computed")}>
          <Computed of={of.precomputed} />
        </Section>
      )}
      <Traffic counts={of.counts} looks={looks.all} fallbacks={of.fallbacks} />
    </>
  );
}
