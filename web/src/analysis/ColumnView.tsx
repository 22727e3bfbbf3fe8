import { Bar, Bars, Plot } from "../draw/Plot";
import { SortTable } from "../draw/SortTable";
import { Table, Values } from "../parts";
import { dayNumber, dayText, useNumber } from "../report/TestReportView";
import { useWords, type WordId } from "../words";
import { useStrength } from "./strength";
import type { Analysis, Column, Pair } from "./types";

/** One column: how its values lie, its quantiles, its frequent values, what goes with it, and the target along it. */
export function ColumnView({ of, column: c }: { of: Analysis; column: Column }) {
  const words = useWords();
  const number = useNumber();
  const strength = useStrength<Pair & { other: string }>();
  const related = of.relations.pairs.filter(p => p.a === c.name || p.b === c.name).map(p => ({ other: p.a === c.name ? p.b : p.a, ...p }));
  const profile = of.target?.profiles.find(p => p.column === c.name);
  const findings = of.findings.filter(f => f.column === c.name);
  return (
    <div>
      {findings.length > 0 && (
        <ul class="findings-list">
          {findings.map((f, i) => (
            <li key={i} class={f.weight >= 70 ? "act" : f.weight >= 40 ? "look" : "note"}>
              {f.says.text}
            </li>
          ))}
        </ul>
      )}
      {c.hidden && <p class="note">{words("analysis.hidden-note")}</p>}
      {c.missing === of.rows && <p class="note">{words("analysis.all-missing")}</p>}
      <div class="plots">
        {c.number && (
          <Bars title={words("analysis.histogram", { column: c.name })} edges={c.number.histogram.edges} counts={c.number.histogram.counts} x={c.name} />
        )}
        {c.date && (
          <Plot
            title={words("analysis.rows-of-by", { column: c.name, unit: words(`analysis.unit-${c.date.histogram.unit}` as WordId) })}
            x=""
            y={words("analysis.rows")}
            xText={dayText}
            fromZero
            lines={[{ name: words("analysis.rows"), step: true, points: c.date.histogram.from.map((f, i) => [dayNumber(f), c.date!.histogram.rows[i]!]) }]}
          />
        )}
        {profile && of.target && <Profile of={profile} target={of.target} />}
      </div>
      {c.number && (
        <>
          <Table
            label={words("page.analysis.quantiles")}
            head={[
              words("analysis.least"),
              "1%",
              "5%",
              "25%",
              words("analysis.median"),
              "75%",
              "95%",
              "99%",
              words("analysis.greatest"),
              words("analysis.mean"),
              words("analysis.std"),
            ]}
            numbers={[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}
          >
            <tr>
              {[
                c.number.min,
                c.number.quantiles.p1,
                c.number.quantiles.p5,
                c.number.quantiles.p25,
                c.number.quantiles.p50,
                c.number.quantiles.p75,
                c.number.quantiles.p95,
                c.number.quantiles.p99,
                c.number.max,
                c.number.mean,
                c.number.std,
              ].map((v, i) => (
                <td key={i} class="number">
                  {number(v)}
                </td>
              ))}
            </tr>
          </Table>
          <Values
            of={[
              [words("analysis.zeros"), number(c.number.zeros)],
              [words("analysis.negatives"), number(c.number.negatives)],
              [words("analysis.infinite"), number(c.number.infinite + c.number.notANumber)],
            ]}
          />
        </>
      )}
      {c.text && (
        <Values
          of={[
            [words("analysis.lengths"), `${number(c.text.minLength)} … ${number(c.text.maxLength)} (${words("analysis.mean")} ${number(c.text.meanLength)})`],
            [words("analysis.blank"), number(c.text.empty)],
          ]}
        />
      )}
      {c.date && c.date.gapCount > 0 && (
        <Table label={words("analysis.gaps")} head={[words("analysis.after"), words("analysis.before"), words("analysis.days-missing")]} numbers={[2]}>
          {c.date.gaps.map(g => (
            <tr key={g.after}>
              <td>{g.after}</td>
              <td>{g.before}</td>
              <td class="number">{number(g.days)}</td>
            </tr>
          ))}
        </Table>
      )}
      {(c.top?.length ?? 0) > 0 && (
        <details open={c.kind === "category" || c.kind === "truth"}>
          <summary>{words("analysis.top", { column: c.name })}</summary>
          <Table
            label={words("analysis.top", { column: c.name })}
            head={[words("analysis.value"), words("analysis.rows"), words("analysis.share")]}
            numbers={[1]}
          >
            {c.top!.map(t => (
              <tr key={t.value}>
                <th scope="row">{t.value === "" ? words("analysis.blank-value") : t.value}</th>
                <td class="number">{number(t.rows)}</td>
                <td>
                  <Bar value={t.share} most={c.top![0]!.share} />
                  {number(t.share * 100)}%
                </td>
              </tr>
            ))}
          </Table>
        </details>
      )}
      {related.length > 0 && (
        <details>
          <summary>{words("analysis.relations")}</summary>
          <SortTable
            label={words("analysis.relations")}
            rows={related}
            rowKey={p => p.other}
            first={{ by: "value", down: true }}
            columns={[
              { id: "other", head: words("analysis.column"), value: p => p.other },
              ...strength,
            ]}
          />
        </details>
      )}
    </div>
  );
}

function Profile({ of, target }: { of: NonNullable<Analysis["target"]>["profiles"][number]; target: NonNullable<Analysis["target"]> }) {
  const words = useWords();
  const number = useNumber();
  const title =
    of.measure === "share"
      ? words("analysis.share-by", { target: target.column, class: target.positive ?? "", column: of.column })
      : words("analysis.mean-by", { target: target.column, column: of.column });
  const places = of.points.map((p, i) => p.label !== undefined ? i : ((p.from ?? 0) + (p.to ?? p.from ?? 0)) / 2);
  const label = (i: number) => of.points[i]?.label ?? "";
  const isNamed = of.points[0]?.label !== undefined;
  return (
    <div>
      <Plot
        title={title}
        x={isNamed ? "" : of.column}
        y=""
        fromZero
        xTicks={isNamed ? () => places : undefined}
        xText={isNamed ? x => label(Math.round(x)).slice(0, 10) : undefined}
        lines={[{ name: target.column, points: of.points.map((p, i) => [places[i]!, p.value]), dots: isNamed }]}
        bands={[{ name: words("testing.interval"), points: of.points.map((p, i) => [places[i]!, p.low, p.high]) }]}
      />
      <details>
        <summary>{words("page.draw.numbers")}</summary>
        <Table label={title} head={[of.column, words("analysis.rows"), target.column, words("testing.interval")]} numbers={[1, 2]}>
          {of.points.map((p, i) => (
            <tr key={i}>
              <th scope="row">{p.label ?? (p.from === p.to ? number(p.from) : `${number(p.from)} … ${number(p.to)}`)}</th>
              <td class="number">{number(p.rows)}</td>
              <td class="number">{number(p.value)}</td>
              <td>
                {number(p.low)} … {number(p.high)}
              </td>
            </tr>
          ))}
        </Table>
      </details>
    </div>
  );
}
