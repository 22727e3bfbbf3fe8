import { figure } from "../src/format";
import { useLanguage, useSay } from "../src/texts";
import { extent, finite, ticks, type ChartOf } from "./charts";

const [width, height, left, right, top, bottom] = [560, 220, 52, 12, 10, 26];

/** Metric series over their steps as lines; the figures beside them say the same in words. */
export function Chart({ title, series }: ChartOf) {
  const say = useSay();
  const language = useLanguage();
  const lines = series.map(s => ({ name: s.name, points: finite(s), count: s.count }));
  const all = lines.flatMap(l => l.points);
  const [x0, x1] = extent(all.map(p => p.step));
  const [y0, y1] = extent(all.map(p => p.value));
  const x = (step: number) => left + ((step - x0) / (x1 - x0)) * (width - left - right);
  const y = (value: number) => height - bottom - ((value - y0) / (y1 - y0)) * (height - top - bottom);
  return (
    <figure class="chart">
      <h3>{title}</h3>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={say("page.chart", { name: title })}>
        {ticks(y0, y1, 4).map(t => (
          <g key={t}>
            <path class="grid" d={`M${left} ${y(t)}H${width - right}`} />
            <text x={left - 6} y={y(t) + 4} text-anchor="end">
              {figure(t, language)}
            </text>
          </g>
        ))}
        {ticks(x0, x1, 6)
          .filter(Number.isInteger)
          .map(t => (
            <text key={t} x={x(t)} y={height - 8} text-anchor="middle">
              {figure(t, language)}
            </text>
          ))}
        {lines.map((l, i) => (
          <path
            key={l.name}
            class={`line l${i % 5}`}
            d={l.points.map((p, j) => `${j === 0 ? "M" : "L"}${x(p.step).toFixed(1)} ${y(p.value).toFixed(1)}`).join("")}
          />
        ))}
        {lines.map(
          (l, i) => l.points.length === 1 && <circle key={l.name} class={`dot l${i % 5}`} r="3" cx={x(l.points[0]!.step)} cy={y(l.points[0]!.value)} />,
        )}
      </svg>
      <figcaption>
        {lines.map((l, i) => (
          <span key={l.name}>
            <svg width="22" height="8" aria-hidden="true">
              <path class={`line l${i % 5}`} d="M1 4H21" />
            </svg>{" "}
            {l.name}{" "}
            {l.points.length > 0 && (
              <>
                <b>{figure(l.points.at(-1)!.value, language)}</b>{" "}
                <span class="quiet">
                  {say("page.chart.at", { step: l.points.at(-1)!.step, low: figure(Math.min(...l.points.map(p => p.value)), language) })}
                </span>
              </>
            )}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
