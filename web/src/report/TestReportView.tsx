import { Bars, Plot, type Line } from "../draw/Plot";
import { figure as written } from "../format";
import { Section, Table, Values, VersionLink } from "../parts";
import { to } from "../routes";
import { useLanguage, useSay } from "../texts";
import { useWords, figureName, type WordId, type Words } from "../words";
import { Importance } from "./Importance";
import { Pages } from "./Pages";
import { Slices } from "./Slices";
import type { Answer, Curve, Measured, TestReport } from "./types";

/** A number of a report: four digits are enough to decide by. */
export function useNumber(): (value: number | null | undefined) => string {
  const language = useLanguage();
  return value => value === null || value === undefined ? "–" : written(Number(value.toPrecision(Math.abs(value) >= 1e4 ? 6 : 4)), language);
}

export function TestReportView({ of: { version, pages, report } }: { of: Answer<TestReport> }) {
  const words = useWords();
  const say = useSay();
  return (
    <>
      <Verdict of={report} />
      <Values
        of={[
          [words("testing.model"), <VersionLink name={report.model} />],
          ...(report.threshold
            ? [
                [
                  words("testing.threshold"),
                  <>
                    <VersionLink name={report.threshold} /> · <a href={to.threshold(report.threshold)}>{say("page.threshold.open")}</a>
                  </>,
                ] as [string, preact.JSX.Element],
              ]
            : []),
          ...(report.goal ? [[words("testing.card-goal"), <VersionLink name={report.goal} />] as [string, preact.JSX.Element]] : []),
          [words("testing.card-data"), <VersionLink name={report.data} />],
          [words("page.report.holds"), <VersionLink name={version} />],
        ]}
      />
      <Checks of={report} />
      <Figures of={report} />
      <Decisions of={report} />
      <Curves of={report} />
      <Slices version={version} of={report} />
      <Importance of={report} />
      <Input of={report} />
      <Process of={report} />
      <Pages version={version} pages={pages} />
    </>
  );
}

function Verdict({ of: { verdict, goalCheck: goal, ...report } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  const failed = verdict.checks.filter(c => !c.held);
  return (
    <>
      <div class={`verdict ${verdict.go ? "go" : "no-go"}`} role="status">
        <strong>{verdict.go ? "GO" : "NO-GO"}</strong>
        {verdict.go ? (
          <p>{words("page.report.go", { checks: verdict.checks.length })}</p>
        ) : (
          <>
            <p>{words("page.report.no-go", { failed: failed.length, checks: verdict.checks.length })}</p>
            <ul>
              {failed.map(c => (
                <li key={c.name}>{c.says.text}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      {goal && (
        <>
          <p class="note">{goal.problem}</p>
          <div class="tiles">
            <div class="tile">
              <span>{goal.measure}</span>
              <b>
                {number(goal.figure.value)} {goal.unit}
              </b>
              <em>
                {words("testing.interval")} {number(goal.figure.low)} … {number(goal.figure.high)}
              </em>
            </div>
            <div class="tile">
              <span>{words("testing.goal-target")}</span>
              <b>
                {number(goal.target)} {goal.unit}
              </b>
            </div>
            {goal.today !== undefined && (
              <div class="tile">
                <span>{words("testing.today")}</span>
                <b>
                  {number(goal.today)} {goal.unit}
                </b>
              </div>
            )}
            {goal.perPeriod && (
              <div class="tile">
                <span>{words("testing.per-period", { period: goal.period ?? "" })}</span>
                <b>
                  {number(goal.perPeriod.value)} {goal.unit}
                </b>
                <em>
                  {number(goal.perPeriod.low)} … {number(goal.perPeriod.high)}
                  {goal.value !== undefined && <> · {words("page.report.may-cost", { value: number(goal.value) })}</>}
                </em>
              </div>
            )}
          </div>
        </>
      )}
      <p class="note">
        {words("testing.lead", {
          data: report.data,
          target: report.target,
          rows: number(report.input.parts.find(p => p.name === "test")?.rows),
          resamples: number(report.sampling.resamples),
        })}
      </p>
    </>
  );
}

function Checks({ of }: { of: TestReport }) {
  const words = useWords();
  const ordered = [...of.verdict.checks].sort((a, b) => Number(a.held) - Number(b.held));
  return (
    <Section title={words("page.report.checks")} count={ordered.length}>
      <Table label={words("page.report.checks")} head={[words("page.report.check"), words("analysis.result"), words("analysis.says")]}>
        {ordered.map(c => (
          <tr key={c.name}>
            <th scope="row">{c.name}</th>
            <td>{c.held ? <span class="good">✓ {words("analysis.held")}</span> : <span class="bad">✕ {words("analysis.broken")}</span>}</td>
            <td class="sentence">{c.says.text}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}

const kinds: Record<string, WordId> = {
  model: "testing.model",
  random: "testing.lots",
  zeroRule: "testing.zero-rule",
  rule: "testing.rule",
  existing: "testing.existing",
  people: "testing.people",
};

/** Which side of 0 the interval of a difference lies on: the model is better, worse, or it cannot be told. */
export function sideOf(difference: Measured | undefined, better: "lower" | "higher" | undefined): "better" | "worse" | "open" {
  if (!difference || !better || difference.low === null || difference.high === null) return "open";
  const [low, high] = better === "lower" ? [-difference.high, -difference.low] : [difference.low, difference.high];
  return low > 0 ? "better" : high < 0 ? "worse" : "open";
}

function Figures({ of: { output } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  const [model, ...others] = output.contestants;
  if (!model) return null;
  return (
    <Section title={words("testing.output")}>
      <p class="note">{words("page.report.figures-how")}</p>
      <Table
        label={words("testing.contestants-caption")}
        head={[
          words("testing.figure"),
          words("testing.model"),
          words("testing.interval"),
          ...others.map(o => `${o.name} (${words(kinds[o.kind] ?? "testing.rule")})`),
        ]}
      >
        {model.figures.map(f => (
          <tr key={f.name}>
            <th scope="row">
              {figureName(words, f.name)} <span class="quiet">{f.better === "lower" ? "↓" : f.better === "higher" ? "↑" : ""}</span>
            </th>
            <td>
              <b>{number(f.value)}</b>
            </td>
            <td>{f.low === null ? "–" : `${number(f.low)} … ${number(f.high)}`}</td>
            {others.map(o => {
              const [own, difference] = [o.figures.find(x => x.name === f.name), o.differences.find(x => x.name === f.name)];
              const side = sideOf(difference, f.better);
              return (
                <td key={o.name} title={difference && `${words("testing.difference")}: ${number(difference.low)} … ${number(difference.high)}`}>
                  {own ? number(own.value) : "–"} {own && difference && <Side is={side} words={words} />}
                </td>
              );
            })}
          </tr>
        ))}
      </Table>
      {output.noExisting && <p class="note">{output.noExisting}</p>}
      {output.zeroTruths ? <p class="note">{words("testing.zero-truths", { rows: number(output.zeroTruths) })}</p> : null}
    </Section>
  );
}

function Side({ is, words }: { is: "better" | "worse" | "open"; words: Words }) {
  return is === "better" ? (
    <span class="good">✓ {words("page.report.side-better")}</span>
  ) : is === "worse" ? (
    <span class="bad">✕ {words("page.report.side-worse")}</span>
  ) : (
    <span class="quiet">≈ {words("page.report.side-open")}</span>
  );
}

function Decisions({ of: { output } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  const confusion = output.confusion;
  return (
    <>
      {confusion && (
        <Section
          title={confusion.threshold === undefined ? words("testing.confusion") : words("testing.confusion-at", { threshold: number(confusion.threshold) })}
        >
          <Table
            label={words("testing.confusion")}
            head={[`${words("testing.truth")} ↓ ${words("testing.decision")} →`, ...confusion.decisions]}
            numbers={confusion.decisions.map((_, i) => i + 1)}
          >
            {confusion.truths.map((truth, t) => (
              <tr key={truth}>
                <th scope="row">{truth}</th>
                {confusion.cells[t]!.map((cell, d) => (
                  <td key={d} class="number">
                    {number(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </Table>
        </Section>
      )}
      {output.byClass.length > 0 && (
        <Section title={words("testing.by-class")}>
          <Table
            label={words("testing.by-class")}
            head={[words("testing.class"), words("testing.rows"), figureName(words, "precision"), figureName(words, "recall"), "F1"]}
            numbers={[1, 2, 3, 4]}
          >
            {output.byClass.map(c => (
              <tr key={c.name}>
                <th scope="row">{c.name}</th>
                <td class="number">{number(c.rows)}</td>
                <td class="number">{number(c.precision)}</td>
                <td class="number">{number(c.recall)}</td>
                <td class="number">{number(c.f1)}</td>
              </tr>
            ))}
          </Table>
        </Section>
      )}
    </>
  );
}

const lineOf = (name: string, curve: Curve): Line => ({
  name,
  points: curve.xs.flatMap((x, i) => (x === null || curve.ys[i] === null || curve.ys[i] === undefined ? [] : [[x, curve.ys[i]!] as [number, number]])),
});

export const dayNumber = (iso: string): number => Date.parse(iso) / 86_400_000;
export const dayText = (day: number): string => new Date(Math.round(day) * 86_400_000).toISOString().slice(0, 10);

function Curves({ of: { output, slices, ...report } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  const { roc, precisionRecall, costCurve, calibration, residuals, byTime } = output;
  if (!roc && !residuals && byTime.length === 0) return null;
  const loss = figureName(words, slices.loss);
  return (
    <Section title={words("page.report.curves")}>
      <div class="plots">
        {calibration && calibration.bins.length > 0 && (
          <Plot
            title={words("testing.calibration", { ece: number(calibration.ece) })}
            x={words("testing.predicted")}
            y={words("testing.observed")}
            fromZero
            lines={[
              { name: words("testing.model"), points: calibration.bins.map(b => [b.predicted, b.observed]) },
              {
                name: words("page.report.right"),
                points: [
                  [0, 0],
                  [calibration.bins.at(-1)!.predicted, calibration.bins.at(-1)!.predicted],
                ],
                colour: 2,
              },
            ]}
            bands={[{ name: words("testing.interval"), points: calibration.bins.map(b => [b.predicted, b.low, b.high]) }]}
          />
        )}
        {costCurve && (
          <Plot
            title={words("testing.cost-curve")}
            x={words("testing.threshold")}
            y={report.goalCheck?.unit ?? ""}
            lines={[lineOf(words("testing.model"), costCurve)]}
            marks={output.confusion?.threshold !== undefined ? [{ name: words("page.threshold.chosen"), x: output.confusion.threshold }] : []}
          />
        )}
        {roc && (
          <Plot
            title={words("testing.roc")}
            x={figureName(words, roc.x)}
            y={figureName(words, roc.y)}
            lines={[
              lineOf(words("testing.model"), roc),
              {
                name: words("testing.coin"),
                points: [
                  [0, 0],
                  [1, 1],
                ],
                colour: 2,
              },
            ]}
          />
        )}
        {precisionRecall && (
          <Plot
            title={words("testing.precision-recall")}
            x={figureName(words, "recall")}
            y={figureName(words, "precision")}
            lines={[lineOf(words("testing.model"), precisionRecall)]}
            fromZero
          />
        )}
        {residuals && residuals.bins.length > 0 && (
          <Plot
            title={words("testing.residuals")}
            x={words("testing.predicted")}
            y={words("testing.residual-counts")}
            lines={[{ name: words("analysis.median"), points: residuals.bins.map(b => [b.predicted, b.middle]) }]}
            bands={[{ name: "5 … 95 %", points: residuals.bins.map(b => [b.predicted, b.low, b.high]) }]}
            marks={[{ name: "0", y: 0 }]}
          />
        )}
        {residuals && residuals.counts.length > 0 && (
          <Bars title={words("testing.residual-counts")} edges={residuals.edges} counts={residuals.counts} x={words("testing.residual-counts")} />
        )}
        {byTime.length > 1 && (
          <Plot
            title={words("testing.by-time", { loss })}
            x=""
            y={loss}
            xText={dayText}
            lines={[{ name: loss, points: byTime.map(t => [dayNumber(t.from), t.loss]) }]}
            bands={[{ name: words("testing.interval"), points: byTime.map(t => [dayNumber(t.from), t.low, t.high]) }]}
          />
        )}
      </div>
      {calibration?.slope !== undefined && (
        <p class="note">
          {words("testing.slope")} {number(calibration.slope)} · {words("testing.intercept")} {number(calibration.intercept)}
        </p>
      )}
    </Section>
  );
}

function Input({ of: { input } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  return (
    <Section title={words("testing.input")}>
      {input.leaks.length > 0 && (
        <ul class="findings-list">
          {input.leaks.map(l => (
            <li key={l.name + l.says.text} class={l.held === false ? "act" : undefined}>
              {l.held === false ? <span class="bad">✕ </span> : l.held ? <span class="good">✓ </span> : ""}
              {l.says.text}
            </li>
          ))}
        </ul>
      )}
      <Table
        label={words("testing.split")}
        head={[words("testing.part"), words("testing.rows"), words("testing.target-mean"), words("testing.split")]}
        numbers={[1, 2]}
      >
        {input.parts.map(p => (
          <tr key={p.name}>
            <th scope="row">{p.name}</th>
            <td class="number">{number(p.rows)}</td>
            <td class="number">{number(p.targetMean)}</td>
            <td>{input.split[`split.${p.name}`] ?? ""}</td>
          </tr>
        ))}
      </Table>
      <details>
        <summary>{words("testing.columns-caption")}</summary>
        <Table
          label={words("testing.columns-caption")}
          head={[
            words("testing.column"),
            words("analysis.type"),
            words("testing.missing-train"),
            words("testing.missing-test"),
            words("testing.train-range"),
            words("testing.test-range"),
            words("testing.unseen"),
            words("testing.outside"),
          ]}
          numbers={[2, 3, 6, 7]}
        >
          {input.columns.map(c => (
            <tr key={c.name}>
              <th scope="row">{c.name}</th>
              <td>{c.kind}</td>
              <td class="number">{number((c.missing.train ?? 0) * 100)}%</td>
              <td class="number">{number((c.missing.test ?? 0) * 100)}%</td>
              <td>{c.trainMin === undefined ? "–" : `${number(c.trainMin)} … ${number(c.trainMax)}`}</td>
              <td>{c.testMin === undefined ? "–" : `${number(c.testMin)} … ${number(c.testMax)}`}</td>
              <td class="number">{number(c.unseen)}</td>
              <td class="number">{number(c.outside)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </Section>
  );
}

function Process({ of: { process } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  const groups = new Map<string, Line[]>();
  for (const curve of process.curves.filter(c => c.steps.length > 1)) {
    const [title = "", part = ""] = curve.name.split(".");
    groups.set(title, [
      ...(groups.get(title) ?? []),
      { name: part || title, points: curve.steps.flatMap((s, i) => (curve.values[i] === null ? [] : [[s, curve.values[i]!] as [number, number]])) },
    ]);
  }
  return (
    <Section title={words("testing.process")}>
      <Values
        of={[
          [words("testing.algorithm"), process.algorithm],
          ...Object.entries(process.parameters).map(([n, v]) => [<code>{n}</code>, <code>{v}</code>] as [preact.JSX.Element, preact.JSX.Element]),
          [words("testing.seconds"), number(process.cost.wallSeconds)],
          [words("testing.megabytes"), number(process.cost.peakMegabytes)],
          ...process.folds.map(
            f => [`${figureName(words, f.figure)}, ${words("testing.folds")}`, `${number(f.mean)} (${number(f.low)} … ${number(f.high)})`] as [string, string],
          ),
        ]}
      />
      {groups.size > 0 && (
        <div class="plots">
          {[...groups].map(([title, lines]) => (
            <Plot key={title} title={words("testing.curve", { metric: figureName(words, title) })} x={words("testing.round")} y="" lines={lines} />
          ))}
        </div>
      )}
    </Section>
  );
}
