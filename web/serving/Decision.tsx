import { useNarrow } from "../graph/Drawing";
import { Bar } from "../src/draw/Plot";
import { Table } from "../src/parts";
import { to } from "../src/routes";
import { useNumber } from "./parts";
import { domainOf, zoneAt, zonesOf } from "./scale";
import type { AsNumber, AtThreshold, Each, PartSaid, Prediction, Rule, Strictest, TopClasses } from "./types";
import { useWords } from "./words";

/** What was answered, by one model or by several. */
type Answered = Prediction | (PartSaid & { parts?: undefined });

/** How scores become answers, drawn; with what was answered, where there is something. @param small where it stands beside something else */
export function Decision({ rule, threshold, answer, small = false }: { rule: Rule; threshold: string | null; answer?: Answered; small?: boolean }) {
  switch (rule.kind) {
    case "threshold":
      return <Scale rule={rule} threshold={threshold} score={answer?.score ?? null} small={small} />;
    case "number":
      return <Bounded rule={rule} answer={answer} />;
    case "top":
      return <Classes rule={rule} answer={answer} />;
    case "strictest":
    case "each":
      return <Parts rule={rule} answer={answer} />;
  }
}

/** What each of several models decides, one beside the other, and how their answers become one. */
function Parts({ rule, answer }: { rule: Strictest | Each; answer?: Answered }) {
  const words = useWords();
  return (
    <>
      <p>{rule.kind === "each" ? words("page.serving.each") : words("page.serving.strictest", { severity: rule.severity.join(" > ") })}</p>
      <ol class="parts">
        {rule.parts.map((p, i) => {
          const said = answer?.parts?.[i];
          return (
            <li key={i} class="card">
              <p>
                <b>{p.model}</b>
                {said?.answer !== undefined && (
                  <>
                    {" → "}
                    <span class={rule.kind === "strictest" && said.answer === answer?.answer ? "badge look" : "badge"}>{said.answer}</span>
                  </>
                )}
              </p>
              <Decision rule={p.rule} threshold={said?.threshold ?? p.threshold ?? null} answer={said} small />
            </li>
          );
        })}
      </ol>
    </>
  );
}

const [top, thick] = [26, 18];

/** The scores from low to high, each stretch in the colour of its answer. */
function Scale({ rule, threshold, score, small }: { rule: AtThreshold; threshold: string | null; score: number | null; small: boolean }) {
  const words = useWords();
  const number = useNumber();
  const width = useNarrow() || small ? 360 : 720;
  const domain = domainOf(rule, score);
  const zones = zonesOf(rule, domain);
  const x = (value: number) => 8 + ((value - domain[0]) / (domain[1] - domain[0])) * (width - 16);
  const anchor = (at: number) => (at < 40 ? "start" : at > width - 40 ? "end" : "middle");
  const here = score === null ? null : zoneAt(rule, score);
  const said = (from: string, is: string) =>
    words(`page.serving.scale.${is}` as "page.serving.scale.low", { answer: from, at: number(rule.value), from: number(rule.greyFrom) });
  const bounds = rule.greyFrom < rule.value ? [rule.greyFrom, rule.value] : [rule.value];
  return (
    <figure class="chart scale">
      <svg
        viewBox={`0 0 ${width} 68`}
        role="img"
        aria-label={[...zones.map(z => said(z.answer, z.is)), score === null ? "" : words("page.serving.scale.score", { score: number(score) })].join(" ")}
      >
        {zones.map(z => (
          <rect key={z.is} class={`zone-${z.is}`} x={x(z.from)} width={Math.max(1, x(z.to) - x(z.from))} y={top} height={thick} />
        ))}
        {bounds.map(b => (
          <path key={b} class="guide-bold" d={`M${x(b)} ${top - 3}V${top + thick + 3}`} />
        ))}
        <text x={8} y={top + thick + 18}>
          {number(domain[0])}
        </text>
        <text x={width - 8} y={top + thick + 18} text-anchor="end">
          {number(domain[1])}
        </text>
        {score !== null && (
          <>
            <path class="pointer" d={`M${x(score)} ${top - 2}l-6 -9h12Z`} />
            <text class="strong" x={x(score)} y={12} text-anchor={anchor(x(score))}>
              {number(score)}
            </text>
          </>
        )}
      </svg>
      <figcaption>
        <ul class="zones-said">
          {zones.map(z => (
            <li key={z.is} class={here === z.is ? "lit" : undefined}>
              <svg width="14" height="14" aria-hidden="true">
                <rect class={`zone-${z.is}`} width="14" height="14" />
              </svg>{" "}
              <span>{said(z.answer, z.is)}</span>
            </li>
          ))}
        </ul>
        {threshold !== null && (
          <p class="quiet">
            {words("page.serving.scale.chosen", { threshold })} <a href={to.threshold(threshold)}>{words("page.serving.move")}</a>
          </p>
        )}
      </figcaption>
    </figure>
  );
}

/** A number as the model gives it, with its interval. */
function Bounded({ rule, answer }: { rule: AsNumber; answer?: Answered }) {
  const words = useWords();
  const number = useNumber();
  const [least, most] = [rule.least ?? null, rule.most ?? null];
  return (
    <>
      <p>
        {least === null && most === null
          ? words("page.serving.number")
          : words("page.serving.number.bounds", { least: least === null ? "−∞" : number(least), most: most === null ? "∞" : number(most) })}
      </p>
      {typeof answer?.answer === "number" && answer.lower !== undefined && answer.upper !== undefined && (
        <p>{words("page.serving.interval", { lower: number(answer.lower), upper: number(answer.upper) })}</p>
      )}
    </>
  );
}

/** The likeliest classes. */
function Classes({ rule, answer }: { rule: TopClasses; answer?: Answered }) {
  const words = useWords();
  const number = useNumber();
  return (
    <>
      <p>
        {words("page.serving.top", { count: rule.count })}{" "}
        {rule.atLeast > 0 && words("page.serving.top.otherwise", { share: `${number(rule.atLeast * 100, 3)}%`, otherwise: rule.otherwise })}
      </p>
      {answer?.top && (
        <Table label={words("page.serving.classes")} head={[words("page.serving.class"), words("page.serving.probability")]}>
          {answer.top.map(t => (
            <tr key={t.class}>
              <th scope="row">{t.class}</th>
              <td>
                <Bar value={t.probability} most={1} />
                {number(t.probability * 100, 3)}%
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  );
}
