import { Plot, type Line } from "../draw/Plot";
import { Read, Section, Table } from "../parts";
import { dayNumber, useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import { useWords } from "../words";
import { pathOf } from "./asking";
import type { ViewOf } from "./BoardPage";
import { dayTicks, monthText, useDays } from "./days";
import { NoForecasts } from "./NoForecasts";
import type { Actuals, Forecasts } from "./types";

/** Sales by day, week or month, all together or split by a key. */
export function SalesView({ board, asking, refine }: ViewOf) {
  const words = useWords();
  const number = useNumber();
  const days = useDays();
  const actuals = useResource<Actuals>(pathOf(board.name, "actuals", asking, { grain: asking.grain === "week" ? "" : asking.grain, by: asking.by }));
  const what = words("page.board.sales-of", { value: board.value });
  return (
    <Section title={what}>
      <div class="filters" role="group" aria-label={words("page.board.by")}>
        <label>
          {words("page.board.grain")}
          <select value={asking.grain} onChange={e => refine({ ...asking, grain: e.currentTarget.value })}>
            {(["day", "week", "month"] as const).map(g => (
              <option key={g} value={g}>
                {words(`analysis.unit-${g}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {words("page.board.split")}
          <select value={asking.by} onChange={e => refine({ ...asking, by: e.currentTarget.value })}>
            <option value="">–</option>
            {board.keys.map(k => (
              <option key={k} value={k}>
                {k}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Read of={actuals} what={what}>
        {({ points, by }) => {
          if (points.length === 0) return <p class="empty">{words("page.board.nothing")}</p>;
          const names = [...new Set(points.map(p => p.name))];
          const isPart = (p: Actuals["points"][number]) => !p.whole;
          // A period that is not over would look like a fall: it is left out of the line and stands in the table.
          const lines: Line[] = names.map((name, i) => ({
            name: name ?? (by ? words("page.board.others") : board.value),
            colour: i,
            points: points.filter(p => p.name === name && !isPart(p)).map(p => [dayNumber(p.from), p.value]),
          }));
          const froms = [...new Set(points.map(p => p.from))].reverse();
          const total = points.filter(p => !isPart(p)).reduce((sum, p) => sum + p.value, 0);
          const whole = froms.filter(f => points.some(p => p.from === f && !isPart(p)));
          return (
            <>
              <div class="tiles">
                <div class="tile">
                  <span>{words("page.board.sum")}</span>
                  <b>
                    {number(total)} {board.unit}
                  </b>
                  <em>{whole.length > 0 && `${days(whole.at(-1)!)} … ${days(whole[0]!)}`}</em>
                </div>
                <div class="tile">
                  <span>{words("page.board.mean", { grain: words(`analysis.unit-${asking.grain}` as "analysis.unit-week") })}</span>
                  <b>
                    {number(whole.length === 0 ? null : total / whole.length)} {board.unit}
                  </b>
                </div>
              </div>
              <Plot title={what} x="" y={board.unit} xText={monthText} xTicks={dayTicks} lines={lines} fromZero height={320} />
              <details open={points.length < 60}>
                <summary>{words("page.draw.numbers")}</summary>
                <Table
                  label={what}
                  head={[words(`analysis.unit-${asking.grain}` as "analysis.unit-week"), ...lines.map(l => l.name)]}
                  numbers={lines.map((_, i) => i + 1)}
                >
                  {froms.slice(0, 400).map(from => (
                    <tr key={from}>
                      <th scope="row">
                        {days(from)}
                        {points.some(p => p.from === from && isPart(p)) && <span class="quiet"> {words("page.board.part")}</span>}
                      </th>
                      {names.map(name => (
                        <td key={name ?? ""} class="number">
                          {number(points.find(p => p.from === from && p.name === name)?.value)}
                        </td>
                      ))}
                    </tr>
                  ))}
                </Table>
              </details>
            </>
          );
        }}
      </Read>
    </Section>
  );
}

/** Forecasts beside what happened, with the interval of a single series, and the weeks to come. */
export function ForecastView({ board, asking, open }: ViewOf) {
  const words = useWords();
  const number = useNumber();
  const days = useDays();
  const forecasts = useResource<Forecasts>(pathOf(board.name, "forecasts", asking));
  const actuals = useResource<Actuals>(pathOf(board.name, "actuals", asking));
  const what = words("page.board.forecast-of", { value: board.value });
  return (
    <Section title={what}>
      <Read of={forecasts} what={what}>{({ weeks }) => {
        if (weeks.length === 0) return <NoForecasts board={board} asking={asking} />;
        const over = weeks.filter(w => w.actual !== null);
        const coming = weeks.filter(w => w.actual === null);
        const single = weeks.every(w => w.series === 1);
        const mae = over.reduce((sum, w) => sum + Math.abs(w.prediction - w.actual!), 0) / over.length;
        const held = over.filter(w => w.lower !== null && w.upper !== null);
        const next = coming[0];
        // A year of what happened leads up to the forecasts; the rows of a week that is not over would look like a fall.
        const sold =
          actuals.state === "ready"
            ? actuals.value.points
                .filter(p => p.whole)
                .slice(-53)
                .map(p => [dayNumber(p.from), p.value] as [number, number])
            : [];
        const happened = sold.length > 0 ? sold : over.map(w => [dayNumber(w.week), w.actual!] as [number, number]);
        return (
          <>
            <div class="tiles">
              {next && (
                <div class="tile">
                  <span>{words("page.board.next", { week: days(next.week) })}</span>
                  <b>
                    {number(next.prediction)} {board.unit}
                  </b>
                  {next.lower !== null && (
                    <em>
                      {number(next.lower)} … {number(next.upper)}
                    </em>
                  )}
                </div>
              )}
              {over.length > 0 && (
                <div class="tile">
                  <span>{words(single ? "page.board.mae" : "page.board.mae-sum")}</span>
                  <b>
                    {number(mae)} {board.unit}
                  </b>
                  <em>{words("page.board.over-weeks", { weeks: over.length })}</em>
                </div>
              )}
              {held.length > 0 && (
                <div class="tile">
                  <span>{words("page.board.inside")}</span>
                  <b>{number((held.filter(w => w.actual! >= w.lower! && w.actual! <= w.upper!).length / held.length) * 100)}%</b>
                </div>
              )}
            </div>
            <Plot
              title={what}
              x=""
              y={board.unit}
              xText={monthText}
              xTicks={dayTicks}
              height={320}
              lines={[
                { name: words("page.board.actual"), points: happened, colour: 0 },
                { name: words("page.board.prediction"), points: weeks.map(w => [dayNumber(w.week), w.prediction]), colour: 1 },
              ]}
              bands={
                single && weeks.some(w => w.lower !== null)
                  ? [
                      {
                        name: words("page.board.interval"),
                        points: weeks.flatMap(w =>
                          w.lower === null || w.upper === null ? [] : [[dayNumber(w.week), w.lower, w.upper] as [number, number, number]],
                        ),
                        colour: 1,
                      },
                    ]
                  : []
              }
              marks={next && over.length > 0 ? [{ name: words("page.board.today"), x: (dayNumber(over.at(-1)!.week) + dayNumber(next.week)) / 2 }] : []}
            />
            {!single && <p class="note">{words("page.board.no-band")}</p>}
            <Table
              label={what}
              head={[
                words("analysis.unit-week"),
                words("page.board.actual"),
                words("page.board.prediction"),
                words("page.board.interval"),
                words("page.board.error"),
              ]}
              numbers={[1, 2, 4]}
            >
              {[...weeks]
                .reverse()
                .slice(0, 300)
                .map(w => (
                  <tr key={w.week}>
                    <th scope="row">
                      {w.actual === null ? (
                        days(w.week)
                      ) : (
                        <button
                          type="button"
                          class="open"
                          onClick={() => open({ ...asking, tab: "errors", group: "row", from: w.week, to: w.week, offset: 0, sort: "mae", down: true })}
                        >
                          {days(w.week)}
                        </button>
                      )}
                    </th>
                    <td class="number">{number(w.actual)}</td>
                    <td class="number">{number(w.prediction)}</td>
                    <td>{w.lower === null ? "–" : `${number(w.lower)} … ${number(w.upper)}`}</td>
                    <td class="number">
                      {w.actual === null ? (
                        <span class="quiet">{words("page.board.to-come")}</span>
                      ) : (
                        <Off by={w.prediction - w.actual} outside={w.lower !== null && w.upper !== null && (w.actual < w.lower || w.actual > w.upper)} />
                      )}
                    </td>
                  </tr>
                ))}
            </Table>
          </>
        );
      }}</Read>
    </Section>
  );
}

/** An error with its sign: above 0 too much was forecast. */
export function Off({ by, outside = false }: { by: number; outside?: boolean }) {
  const words = useWords();
  const number = useNumber();
  return (
    <span class={outside ? "worse" : undefined} title={words(by > 0 ? "page.board.too-much" : by < 0 ? "page.board.too-little" : "page.board.exact")}>
      {by > 0 ? "+" : ""}
      {number(by)}
      {outside && (
        <>
          {" "}
          <span class="badge act">{words("page.board.outside")}</span>
        </>
      )}
    </span>
  );
}
