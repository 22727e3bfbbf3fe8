import { Bar } from "../draw/Plot";
import type { Col } from "../draw/SortTable";
import { useNumber } from "../report/TestReportView";
import { useWords } from "../words";
import type { Pair } from "./types";

const measures: Record<string, string> = { rocAuc: "ROC AUC", rSquared: "R²", cramersV: "Cramér V", pearson: "Pearson r", correlationRatio: "η" };
export const measureName = (measure: string): string => measures[measure] ?? measure;

/** How strongly two columns go together, by which measure. */
export function useStrength<T extends Pair>(): Col<T>[] {
  const words = useWords();
  const number = useNumber();
  return [
    { id: "measure", head: words("analysis.measure"), value: p => measureName(p.measure) },
    {
      id: "value",
      head: words("page.analysis.strength"),
      number: true,
      value: p => Math.abs(p.value),
      cell: p => (
        <>
          <Bar value={Math.abs(p.value)} most={1} />
          {number(p.value)}
        </>
      ),
    },
    { id: "spearman", head: "Spearman ρ", number: true, value: p => p.spearman, cell: p => number(p.spearman) },
  ];
}
