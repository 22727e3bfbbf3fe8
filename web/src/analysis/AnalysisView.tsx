import { useState } from "preact/hooks";
import { Bar, Plot, Spark } from "../draw/Plot";
import { SortTable } from "../draw/SortTable";
import { Section, Table, VersionLink } from "../parts";
import { Pages } from "../report/Pages";
import { dayNumber, dayText, useNumber } from "../report/TestReportView";
import type { Answer } from "../report/types";
import { useWords, type WordId } from "../words";
import { ColumnView } from "./ColumnView";
import { measureName, useStrength } from "./strength";
import type { Analysis, Column, Pair } from "./types";

/** What is in a dataset: first what to look at, leak suspects before all; then the columns, each of which opens. */
export function AnalysisView({ of: { version, pages, report } }: { of: Answer<Analysis> }) {
  const words = useWords();
  const number = useNumber();
  const [open, setOpen] = useState<string | null>(null);
  const show = (column: string) => {
    setOpen(column);
    requestAnimationFrame(() => document.querySelector("#columns tr.here")?.scrollIntoView({ block: "start" }));
  };
  const missing = report.columns.reduce((sum, c) => sum + c.missing, 0) / Math.max(1, report.rows * report.columns.length);
  return (
    <>
      <div class="tiles">
        <div class="tile">
          <span>{words("analysis.rows")}</span>
          <b>{number(report.rows)}</b>
        </div>
        <div class="tile">
          <span>{words("analysis.columns")}</span>
          <b>{number(report.columns.length)}</b>
        </div>
        <div class="tile">
          <span>{words("analysis.missing")}</span>
          <b>{number(missing * 100)}%</b>
        </div>
        <div class="tile">
          <span>{words("analysis.duplicates")}</span>
          <b>{number(report.duplicateRows)}</b>
        </div>
      </div>
      <p class="note">
        {words("page.analysis.of")} {report.dataset} · <VersionLink name={version} /> ·{" "}
        {report.exact ? words("analysis.legend-exact") : words("page.analysis.drawn", { rows: number(report.sampleRows) })}
      </p>

      <Section title={words("analysis.findings")} count={report.findings.length}>
        {report.findings.length === 0 ? (
          <p>{words("analysis.nothing-found")}</p>
        ) : (
          <ol class="findings-list">
            {report.findings.map((f, i) => {
              const weight = f.weight >= 70 ? "act" : f.weight >= 40 ? "look" : "note";
              return (
                <li key={i} class={weight}>
                  <span class={`badge ${weight}`}>
                    {words(weight === "act" ? "page.analysis.act" : weight === "look" ? "page.analysis.look" : "page.analysis.note")}
                  </span>{" "}
                  {f.says.text}
                  {f.column && (
                    <>
                      {" "}
                      <button type="button" class="open" onClick={() => show(f.column!)}>
                        {words("page.analysis.show", { column: f.column })}
                      </button>
                    </>
                  )}
                </li>
              );
            })}
          </ol>
        )}
      </Section>

      {report.expectations.length > 0 && (
        <Section title={words("analysis.expectations")}>
          <Table label={words("analysis.expectations")} head={[words("analysis.expectation"), words("analysis.result"), words("analysis.says")]}>
            {report.expectations.map(e => (
              <tr key={e.name}>
                <th scope="row">{e.name}</th>
                <td>{e.held ? <span class="good">✓ {words("analysis.held")}</span> : <span class="bad">✕ {words("analysis.broken")}</span>}</td>
                <td class="sentence">{e.says.text}</td>
              </tr>
            ))}
          </Table>
        </Section>
      )}

      <div id="columns">
        <Section title={words("analysis.columns")} count={report.columns.length}>
          <Columns of={report} open={open} onOpen={setOpen} />
        </Section>
      </div>
      <Target of={report} onOpen={show} />
      <Relations of={report} onOpen={show} />
      <Coverage of={report} />
      <Pages version={version} pages={pages} />
    </>
  );
}

function Columns({ of, open, onOpen }: { of: Analysis; open: string | null; onOpen: (column: string | null) => void }) {
  const words = useWords();
  const number = useNumber();
  const places = new Map(of.columns.map((c, i) => [c.name, i]));
  return (
    <SortTable
      label={words("analysis.columns")}
      rows={of.columns}
      rowKey={c => c.name}
      first={{ by: "place", down: false }}
      here={open}
      below={c => <ColumnView of={of} column={c} />}
      columns={[
        {
          id: "column",
          head: words("analysis.column"),
          value: c => c.name,
          cell: c => (
            <button type="button" class="open" aria-expanded={open === c.name} onClick={() => onOpen(open === c.name ? null : c.name)}>
              {c.name}
            </button>
          ),
        },
        { id: "place", head: words("page.analysis.place"), number: true, value: c => places.get(c.name)! + 1 },
        { id: "type", head: words("analysis.type"), value: c => c.type, cell: c => <code>{c.type}</code> },
        {
          id: "missing",
          head: words("analysis.missing"),
          number: true,
          value: c => c.missing,
          cell: c =>
            c.missing === 0 ? (
              "0"
            ) : (
              <>
                <Bar value={c.missingShare} most={1} />
                {number(c.missing)} ({number(c.missingShare * 100)}%)
              </>
            ),
        },
        {
          id: "distinct",
          head: words("analysis.distinct"),
          number: true,
          value: c => c.distinct.count,
          cell: c => `${c.distinct.exact ? "" : "≈ "}${number(c.distinct.count)}`,
        },
        { id: "values", head: words("analysis.range"), value: c => rangeOf(c, number), cell: c => rangeOf(c, number) },
        {
          id: "spark",
          head: words("page.analysis.shape"),
          value: c => countsOf(c).length,
          cell: c =>
            c.hidden ? (
              words("analysis.hidden")
            ) : countsOf(c).length > 0 ? (
              <Spark counts={countsOf(c)} label={words("analysis.histogram", { column: c.name })} />
            ) : (
              "–"
            ),
        },
      ]}
    />
  );
}

function countsOf(column: Column): number[] {
  return column.number?.histogram.counts ?? column.date?.histogram.rows ?? column.top?.map(t => t.rows) ?? [];
}

function rangeOf(column: Column, number: (value: number) => string): string {
  if (column.number) return `${number(column.number.min)} … ${number(column.number.max)}`;
  if (column.date) return `${column.date.min} … ${column.date.max}`;
  return column.top?.slice(0, 3).map(t => t.value === "" ? "∅" : t.value.slice(0, 20)).join(", ") ?? "–";
}

function Target({ of: { target }, onOpen }: { of: Analysis; onOpen: (column: string) => void }) {
  const words = useWords();
  const number = useNumber();
  if (!target || target.columns.length === 0) return null;
  const reasons: Record<string, WordId> = {
    copy: "page.analysis.leak-copy",
    predicts: "page.analysis.leak-predicts",
    missing: "page.analysis.leak-missing",
    identifier: "page.analysis.leak-identifier",
  };
  return (
    <Section title={words("analysis.target", { column: target.column })}>
      <SortTable
        label={words("analysis.tells", { column: target.column })}
        rows={target.columns}
        rowKey={c => c.column}
        first={{ by: "value", down: true }}
        columns={[
          {
            id: "column",
            head: words("analysis.column"),
            value: c => c.column,
            cell: c => (
              <button type="button" class="open" onClick={() => onOpen(c.column)}>
                {c.column}
              </button>
            ),
          },
          { id: "measure", head: words("analysis.measure"), value: c => measureName(c.measure) },
          {
            id: "value",
            head: words("analysis.value"),
            number: true,
            value: c => c.value,
            cell: c => (
              <>
                <Bar value={c.value} most={1} />
                {number(c.value)}
              </>
            ),
          },
          {
            id: "leak",
            head: words("page.analysis.suspect"),
            value: c => target.leaks.find(l => l.column === c.column)?.reason,
            cell: c => {
              const leak = target.leaks.find(l => l.column === c.column);
              return leak ? <span class="badge act">{words(reasons[leak.reason] ?? "page.analysis.leak-predicts")}</span> : "";
            },
          },
        ]}
      />
    </Section>
  );
}

function Relations({ of: { relations }, onOpen }: { of: Analysis; onOpen: (column: string) => void }) {
  const words = useWords();
  const strength = useStrength<Pair>();
  const strongest = [...relations.pairs].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, 30);
  if (strongest.length === 0) return null;
  return (
    <Section title={words("analysis.strongest")}>
      <SortTable
        label={words("analysis.strongest")}
        rows={strongest}
        rowKey={p => `${p.a} ${p.b}`}
        first={{ by: "value", down: true }}
        columns={[
          {
            id: "a",
            head: words("analysis.column"),
            value: p => p.a,
            cell: p => (
              <button type="button" class="open" onClick={() => onOpen(p.a)}>
                {p.a}
              </button>
            ),
          },
          {
            id: "b",
            head: words("page.analysis.with"),
            value: p => p.b,
            cell: p => (
              <button type="button" class="open" onClick={() => onOpen(p.b)}>
                {p.b}
              </button>
            ),
          },
          ...strength,
        ]}
      />
    </Section>
  );
}

function Coverage({ of: { coverage } }: { of: Analysis }) {
  const words = useWords();
  const periods = coverage?.week ?? coverage?.month ?? coverage?.day;
  if (!coverage || !periods || periods.from.length < 2) return null;
  const unit = words(`analysis.unit-${periods.unit}` as WordId);
  return (
    <Section title={words("analysis.coverage", { column: coverage.column })}>
      <Plot
        title={words("analysis.rows-by", { unit })}
        x=""
        y={words("analysis.rows")}
        xText={dayText}
        fromZero
        lines={[{ name: words("analysis.rows"), points: periods.from.map((f, i) => [dayNumber(f), periods.rows[i]!]), step: true }]}
      />
    </Section>
  );
}
