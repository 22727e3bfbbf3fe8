import { useMemo } from "preact/hooks";
import { Plot, type Line } from "../src/draw/Plot";
import { figure } from "../src/format";
import { useLanguage, useSay } from "../src/texts";
import { finite, ticks, type ChartOf } from "./charts";

const wholeSteps = (low: number, high: number) => ticks(low, high, 6).filter(Number.isInteger);

/** Metric series over their steps as lines; the figures beside them say the same in words. */
export function Chart({ title, series }: ChartOf) {
  const say = useSay();
  const language = useLanguage();
  const lines = useMemo(
    () =>
      series.map<Line>(s => {
        const points = finite(s);
        const last = points.at(-1);
        return {
          name: s.name,
          points: points.map(p => [p.step, p.value]),
          note: last && (
            <>
              <b>{figure(last.value, language)}</b>{" "}
              <span class="quiet">{say("page.chart.at", { step: last.step, low: figure(Math.min(...points.map(p => p.value)), language) })}</span>
            </>
          ),
        };
      }),
    [series, language],
  );
  return <Plot title={title} label={say("page.chart", { name: title })} lines={lines} x={say("page.chart.step")} y="" xTicks={wholeSteps} height={220} small />;
}
