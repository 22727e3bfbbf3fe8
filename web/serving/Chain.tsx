import { VersionLink } from "../src/parts";
import { Models, Resting, useMs, useNumber } from "./parts";
import type { Endpoint, Fallback } from "./types";
import { useWords } from "./words";

/** Who answers, and who does in its place where it cannot be asked, in the order they are tried. */
export function Chain({ of }: { of: Endpoint }) {
  const words = useWords();
  const number = useNumber();
  const { rows, remembered, fallbacks } = of.counts;
  const inPlace = Object.values(fallbacks).reduce((a, b) => a + b, 0);
  const share = (count: number) => (rows === 0 ? "" : words("page.serving.chain.rows", { count: number(count), share: `${number((count / rows) * 100, 3)}%` }));
  return (
    <>
      <ol class="chain">
        <li class="card">
          <p class="quiet">{words("page.serving.chain.model")}</p>
          <p>
            <Models of={of.endpoint} /> {of.endpoint.resting && <Resting />}
          </p>
          <p class="quiet">{share(rows - inPlace - remembered)}</p>
        </li>
        {of.fallbacks.map((f, i) => (
          <li key={i} class="card">
            <Step of={f} />
            <p class="quiet">{share(fallbacks[f.name] ?? 0)}</p>
          </li>
        ))}
      </ol>
      <p class="note">{words(of.fallbacks.length === 0 ? "page.serving.chain.none" : "page.serving.chain.more")}</p>
    </>
  );
}

function Step({ of: { name, model, resting, plan } }: { of: Fallback }) {
  const words = useWords();
  const number = useNumber();
  const ms = useMs();
  const said = (answer?: string | null, value?: number | null) => answer ?? (value === null || value === undefined ? "–" : number(value));
  switch (plan.kind) {
    case "model":
      return (
        <>
          <p class="quiet">{words("page.serving.chain.smaller")}</p>
          <p>
            {model === null ? plan.decision.model : <VersionLink name={model} />} {resting && <Resting />}
          </p>
        </>
      );
    case "rule":
      return (
        <>
          <p class="quiet">{words("page.serving.chain.rule")}</p>
          <p>
            <code>{name.replace(/^rule /, "")}</code> → <b>{said(plan.answer, plan.number)}</b>
          </p>
        </>
      );
    case "last":
      return (
        <>
          <p class="quiet">{words("page.serving.chain.last")}</p>
          <p>{words("page.serving.chain.last.age", { age: ms(plan.seconds * 1000) })}</p>
        </>
      );
    case "constant":
      return (
        <>
          <p class="quiet">{words("page.serving.chain.constant")}</p>
          <p>
            <b>{said(plan.answer, plan.number)}</b>
          </p>
        </>
      );
  }
}
