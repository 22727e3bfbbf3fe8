import { Bar } from "../draw/Plot";
import { SortTable } from "../draw/SortTable";
import { Section } from "../parts";
import { useWords, figureName } from "../words";
import { useNumber } from "./TestReportView";
import type { TestReport } from "./types";

/** What the answers hang on: by how much each column moves the score, and how much worse it gets without it. */
export function Importance({ of: { importance: i, sampling } }: { of: TestReport }) {
  const words = useWords();
  const number = useNumber();
  if (i.shap.length + i.permutation.length === 0) return null;
  const columns = [...new Set([...i.shap.map(s => s.column), ...i.permutation.map(p => p.column)])].map(column => ({
    column,
    shap: i.shap.find(s => s.column === column),
    harm: i.permutation.find(p => p.column === column),
  }));
  const mostHarm = Math.max(0, ...i.permutation.map(p => p.high));
  const loss = figureName(words, i.loss);
  return (
    <Section title={words("testing.importance")}>
      <p class="note">
        {words("testing.importance-how", {
          shap: number(sampling.shapRows),
          repeats: sampling.permutationRepeats,
          rows: number(sampling.permutationRows),
          part: i.part,
          loss,
        })}
      </p>
      <SortTable
        label={words("testing.importance")}
        rows={columns}
        rowKey={c => c.column}
        first={{ by: i.shap.length > 0 ? "shap" : "harm", down: true }}
        columns={[
          { id: "column", head: words("testing.column"), value: c => c.column },
          {
            id: "shap",
            head: words("testing.shap"),
            number: true,
            value: c => c.shap?.mean,
            cell: c =>
              c.shap && (
                <>
                  <Bar value={c.shap.share} most={Math.max(...i.shap.map(s => s.share))} />
                  {number(c.shap.share * 100)}%
                </>
              ),
          },
          {
            id: "harm",
            head: words("testing.permutation", { loss }),
            number: true,
            value: c => c.harm?.harm,
            cell: c =>
              c.harm && (
                <>
                  <Bar value={c.harm.harm} most={mostHarm} low={c.harm.low} high={c.harm.high} />
                  {number(c.harm.harm)} ({number(c.harm.low)} … {number(c.harm.high)})
                </>
              ),
          },
        ]}
      />
      {i.unused.length > 0 && <p class="note">{words("testing.unused", { columns: i.unused.join(", ") })}</p>}
      {i.unstable.length > 0 && <p class="note">{words("testing.unstable", { columns: i.unstable.join(", ") })}</p>}
    </Section>
  );
}
