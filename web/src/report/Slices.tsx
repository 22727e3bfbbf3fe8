import { useState } from "preact/hooks";
import { Bars } from "../draw/Plot";
import { SortTable, type Col } from "../draw/SortTable";
import { Read, Section, Table } from "../parts";
import { useResource } from "../resource";
import { useWords, figureName } from "../words";
import { useNumber } from "./TestReportView";
import type { Errors, Rows, Slice, TestReport } from "./types";

/** Parts of the test rows, the weak ones that were found and those the author named; a slice opens to its errors and its worst rows. */
export function Slices({ version, of }: { version: string; of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  const [open, setOpen] = useState<string | null>(null);
  const { slices } = of;
  const loss = figureName(words, slices.loss);
  const columns = (list: string): Col<Slice>[] => [
    {
      id: "name",
      head: words("testing.slice"),
      value: s => s.name,
      cell: s =>
        s.errors ? (
          <button type="button" class="open" aria-expanded={open === list + s.name} onClick={() => setOpen(o => (o === list + s.name ? null : list + s.name))}>
            {s.name}
          </button>
        ) : (
          <>
            {s.name} <span class="quiet">{words("testing.too-small")}</span>
          </>
        ),
    },
    { id: "rows", head: words("testing.rows"), number: true, value: s => s.rows, cell: s => number(s.rows) },
    {
      id: "loss",
      head: loss,
      number: true,
      value: s => s.loss,
      cell: s => <span class={(s.effect ?? 0) >= 0.2 && (s.pAdjusted ?? 1) <= 0.05 ? "worse" : undefined}>{number(s.loss)}</span>,
    },
    {
      id: "interval",
      head: words("testing.interval"),
      number: true,
      value: s => s.high,
      cell: s => (s.low === undefined ? "–" : `${number(s.low)} … ${number(s.high)}`),
    },
    { id: "rest", head: words("testing.rest"), number: true, value: s => s.rest, cell: s => number(s.rest) },
    { id: "effect", head: words("testing.effect"), number: true, value: s => s.effect, cell: s => number(s.effect) },
    { id: "p", head: words("testing.chance"), number: true, value: s => s.pAdjusted, cell: s => number(s.pAdjusted) },
    { id: "truth", head: words("testing.truth"), number: true, value: s => s.truthMean, cell: s => number(s.truthMean) },
    { id: "predicted", head: words("testing.predicted"), number: true, value: s => s.predictedMean, cell: s => number(s.predictedMean) },
    ...(slices.declared.concat(slices.found).some(s => s.costPerDecision !== undefined)
      ? [
          {
            id: "cost",
            head: `${figureName(words, "cost_per_decision")} (${of.goalCheck?.unit ?? ""})`,
            number: true,
            value: (s: Slice) => s.costPerDecision,
            cell: (s: Slice) => number(s.costPerDecision),
          },
        ]
      : []),
  ];
  const errors = (slice: Slice) => slice.errors && <SliceErrors version={version} of={of} name={slice.name} errors={slice.errors} />;
  return (
    <Section title={words("testing.slices")}>
      <p class="note">
        {words("testing.slices-how", { tried: number(slices.tried), rows: number(of.sampling.sliceRows), smallest: number(slices.smallest), loss })}{" "}
        {words("page.report.slices-open")}
      </p>
      {slices.found.length === 0 ? (
        <p>{words("testing.no-weak-slice")}</p>
      ) : (
        <>
          <h3>{words("testing.weak-slices")}</h3>
          <SortTable
            label={words("testing.weak-slices")}
            rows={slices.found}
            rowKey={s => `found ${s.name}`}
            first={{ by: "effect", down: true }}
            columns={columns("found ")}
            here={open}
            below={errors}
          />
        </>
      )}
      {slices.declared.length > 0 && (
        <>
          <h3 class="after">{words("testing.declared-slices")}</h3>
          <SortTable
            label={words("testing.declared-slices")}
            rows={slices.declared}
            rowKey={s => `named ${s.name}`}
            first={{ by: "loss", down: true }}
            columns={columns("named ")}
            here={open}
            below={errors}
          />
        </>
      )}
      {slices.all && (
        <details>
          <summary>{words("page.report.worst-all")}</summary>
          <SliceErrors version={version} of={of} name={words("page.report.all-rows")} errors={slices.all} />
        </details>
      )}
    </Section>
  );
}

function SliceErrors({ version, of, name, errors }: { version: string; of: TestReport; name: string; errors: Errors }) {
  const words = useWords();
  const number = useNumber();
  const { slices } = of;
  const loss = figureName(words, slices.loss);
  const path = `api/versions/${version.split("@").map(encodeURIComponent).join("/")}/report/rows?at=${errors.worst.map(w => w.row).join(",")}`;
  const rows = useResource<Rows>(path);
  const truth = (value: number) => of.task === "Binary" || of.task === "Classes" ? of.classes[value] ?? number(value) : number(value);
  return (
    <div class="slice-errors">
      {slices.lossEdges && (
        <Bars
          title={words("page.report.errors-of", { loss, slice: name })}
          edges={slices.lossEdges}
          counts={errors.counts}
          behind={slices.all && slices.all !== errors ? { name: words("page.report.all-rows"), counts: slices.all.counts } : undefined}
          x={loss}
        />
      )}
      <h3 class="after">{words("page.report.worst", { count: errors.worst.length })}</h3>
      <Read of={rows} what={words("testing.rows")}>
        {({ columns, rows: found }) => (
          <Table
            label={words("page.report.worst", { count: errors.worst.length })}
            head={[words("page.report.row"), loss, words("testing.truth"), words("testing.predicted"), ...columns]}
            numbers={[1, 2, 3]}
          >
            {errors.worst.map(w => (
              <tr key={w.row}>
                <th scope="row">{number(w.row + 1)}</th>
                <td class="number">{number(w.loss)}</td>
                <td class="number">{truth(w.truth)}</td>
                <td class="number">{number(w.predicted)}</td>
                {columns.map((c, i) => (
                  <td key={c}>
                    <Cell of={found.find(r => r.row === w.row)?.values[i] ?? "–"} />
                  </td>
                ))}
              </tr>
            ))}
          </Table>
        )}
      </Read>
    </div>
  );
}

/** A value as the data has it; of a number with many digits the first few, and all of them on pointing. */
function Cell({ of }: { of: string }) {
  const number = useNumber();
  return /^-?\d+\.\d{5,}(E[-+]?\d+)?$/i.test(of) ? <span title={of}>{number(Number(of))}</span> : <>{of}</>;
}
