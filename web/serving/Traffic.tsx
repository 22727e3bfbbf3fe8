import { useNarrow } from "../graph/Drawing";
import { ticks } from "../runs/charts";
import { Plot } from "../src/draw/Plot";
import { clockTime } from "../src/format";
import { Section, Table } from "../src/parts";
import { useLanguage } from "../src/texts";
import { drawn, quantile, rates, type Look, type Quantile } from "./latency";
import { Shares, Tile, useMs, useNumber } from "./parts";
import type { Counts, Fallback, LatencyBin } from "./types";
import { useWords, type WordId } from "./words";

/** What was asked since the server began, and what became of it. */
export function Traffic({ counts, looks, fallbacks }: { counts: Counts; looks: Look[]; fallbacks: Fallback[] }) {
  const words = useWords();
  const number = useNumber();
  const ms = useMs();
  const language = useLanguage();
  const faults = Object.entries(counts.faults);
  const failed = faults.reduce((sum, [, count]) => sum + count, 0);
  const [p50, p99] = [quantile(counts.latency, 0.5), quantile(counts.latency, 0.99)];
  const told = (q: Quantile | null) => (q === null ? "–" : `${q.over ? "> " : ""}${ms(q.ms)}`);
  const each = rates(looks);
  const now = each.at(-1);
  const inPlace = Object.values(counts.fallbacks).reduce((a, b) => a + b, 0);
  const answers = Object.entries(counts.answers).sort((a, b) => b[1] - a[1]);
  return (
    <>
      <Section title={words("page.serving.traffic")}>
        <div class="tiles">
          <Tile name={words("page.serving.requests")} value={number(counts.requests)}>
            {words("page.serving.rows", { rows: number(counts.rows) })}
          </Tile>
          <Tile name={words("page.serving.errors")} value={number(failed)} bad={failed > 0}>
            {counts.requests + failed === 0 ? "" : `${number((failed / (counts.requests + failed)) * 100, 3)}%`}
          </Tile>
          <Tile name={words("page.serving.per-second")} value={now === undefined ? "–" : number(now.answered, 3)}>
            {words("page.serving.just-now")}
          </Tile>
          <Tile name="p50" value={told(p50)} />
          <Tile name="p99" value={told(p99)} />
          {inPlace > 0 && (
            <Tile name={words("page.serving.in-place")} value={`${number((inPlace / Math.max(1, counts.rows)) * 100, 3)}%`}>
              {words("page.serving.rows", { rows: number(inPlace) })}
            </Tile>
          )}
          {counts.remembered > 0 && (
            <Tile name={words("page.serving.remembered")} value={number(counts.remembered)}>
              {words("page.serving.remembered.more")}
            </Tile>
          )}
        </div>
        {counts.requests + failed === 0 && <p class="note">{words("page.serving.quiet")}</p>}
      </Section>
      {counts.requests > 0 && (
        <>
          <div class="plots after">
            <Latency bins={counts.latency} p50={p50} p99={p99} told={told} />
            {each.length > 1 && each.some(r => r.answered + r.failed > 0) && (
              <Plot
                title={words("page.serving.rate")}
                x={words("page.serving.time")}
                y={words("page.serving.per-second")}
                fromZero
                xText={at => clockTime(new Date(at).toISOString(), language)}
                lines={[
                  { name: words("page.serving.answered"), points: each.map(r => [r.at, r.answered]) },
                  { name: words("page.serving.errors"), points: each.map(r => [r.at, r.failed]), colour: 5 },
                ]}
              />
            )}
          </div>
          <details>
            <summary>{words("page.serving.numbers")}</summary>
            <Table label={words("page.serving.latency")} head={[words("page.serving.up-to"), words("page.serving.count")]} numbers={[0, 1]}>
              {counts.latency.map((b, i) => (
                <tr key={i}>
                  <th scope="row" class="number">
                    {b.upToMs === null ? "∞" : ms(b.upToMs)}
                  </th>
                  <td class="number">{number(b.count)}</td>
                </tr>
              ))}
            </Table>
          </details>
        </>
      )}
      <div class="columns">
        {answers.length > 0 && (
          <Section title={words("page.serving.answered-what")}>
            <Shares
              label={words("page.serving.answered-what")}
              head={words("page.serving.answer")}
              of={answers}
              whole={answers.reduce((sum, [, count]) => sum + count, 0)}
            />
          </Section>
        )}
        {faults.length > 0 && (
          <Section title={words("page.serving.errors")}>
            <Shares
              label={words("page.serving.errors")}
              head={words("page.serving.kind")}
              of={faults.sort((a, b) => b[1] - a[1]).map(([kind, count]) => [words(`page.serving.fault.${kind.replaceAll("_", "-")}` as WordId), count])}
              whole={failed}
            />
          </Section>
        )}
        {fallbacks.length > 0 && counts.rows > 0 && (
          <Section title={words("page.serving.in-place")}>
            <Shares
              label={words("page.serving.in-place")}
              head={words("page.serving.kind")}
              of={fallbacks.map(f => [f.name, counts.fallbacks[f.name] ?? 0])}
              whole={counts.rows}
            />
          </Section>
        )}
      </div>
    </>
  );
}

const [left, right, top, bottom] = [52, 12, 38, 38];

/** How long requests took, in the server's own bins, each drawn equally wide. */
function Latency({ bins, p50, p99, told }: { bins: LatencyBin[]; p50: Quantile | null; p99: Quantile | null; told: (q: Quantile | null) => string }) {
  const words = useWords();
  const number = useNumber();
  const ms = useMs();
  const narrow = useNarrow();
  const [width, height] = [narrow ? 360 : 640, 260];
  const [from, until] = drawn(bins);
  const shown = bins.slice(from, until);
  const most = Math.max(1, ...shown.map(b => b.count));
  const x = (at: number) => left + ((at - from) / (until - from)) * (width - left - right);
  const y = (count: number) => height - bottom - (count / most) * (height - top - bottom);
  const every = Math.ceil(shown.length / (narrow ? 4 : 8));
  const marks = [
    ["p50", p50],
    ["p99", p99],
  ] as const;
  const close = p50 !== null && p99 !== null && Math.abs(x(p99.at) - x(p50.at)) < 110;
  return (
    <figure class="chart plot">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`${words("page.serving.latency")}: p50 ${told(p50)}, p99 ${told(p99)}`}>
        {ticks(0, most, 3)
          .filter(Number.isInteger)
          .map(t => (
            <g key={t}>
              <path class="grid" d={`M${left} ${y(t)}H${width - right}`} />
              <text x={left - 6} y={y(t) + 4} text-anchor="end">
                {number(t)}
              </text>
            </g>
          ))}
        {shown.map((b, i) => (
          <rect key={i} class="bin" x={x(from + i) + 1} width={x(1) - x(0) - 2} y={y(b.count)} height={height - bottom - y(b.count)}>
            <title>{`≤ ${b.upToMs === null ? "∞" : ms(b.upToMs)}: ${number(b.count)}`}</title>
          </rect>
        ))}
        {shown.slice(0, -1).map(
          (b, i) =>
            (i + 1) % every === 0 &&
            b.upToMs !== null && (
              <text key={i} x={x(from + i + 1)} y={height - bottom + 16} text-anchor="middle">
                {number(b.upToMs)}
              </text>
            ),
        )}
        <text x={width - right} y={height - 5} text-anchor="end">
          {words("page.serving.in-ms")}
        </text>
        {marks.map(
          ([name, q], i) =>
            q && (
              <g key={name}>
                <path class="mark" d={`M${x(q.at)} ${top - 4}V${height - bottom}`} />
                <text
                  class="strong"
                  x={x(q.at)}
                  y={i === 0 && close ? 12 : top - 8}
                  text-anchor={x(q.at) > width - 90 ? "end" : "start"}
                >{`${name} ${told(q)}`}</text>
              </g>
            ),
        )}
      </svg>
      <figcaption>
        <b class="plot-title">{words("page.serving.latency")}</b>
      </figcaption>
    </figure>
  );
}
