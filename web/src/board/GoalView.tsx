import type { ComponentChildren } from "preact";
import { Plot } from "../draw/Plot";
import { Read, Section, Table } from "../parts";
import { dayNumber, useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import { to } from "../routes";
import { figureName, useWords } from "../words";
import { pathOf } from "./asking";
import type { ViewOf } from "./BoardPage";
import { dayTicks, monthText, useDays } from "./days";
import { NoForecasts } from "./NoForecasts";
import type { Goal } from "./types";

const missed = (g: Goal, value: number) => g.target !== null && (g.lowerIsBetter ? value > g.target : value < g.target);

function Reached({ goal, value }: { goal: Goal; value: number }) {
  const words = useWords();
  if (goal.target === null) return null;
  return missed(goal, value) ? <span class="bad">✕ {words("page.board.missed")}</span> : <span class="good">✓ {words("page.board.reached")}</span>;
}

/** The goal's figure week by week, beside its target and what people would say without a model. */
export function GoalView({ board, asking, open }: ViewOf) {
  const words = useWords();
  const number = useNumber();
  const days = useDays();
  const goal = useResource<Goal>(pathOf(board.name, "goal", asking));
  const title = words("page.board.goal-title");
  return (
    <Section title={title}>
      <Read of={goal} what={title}>{g => {
        if (g.weeks.length === 0) return <NoForecasts board={board} asking={asking} />;
        const week = (w: Goal["weeks"][number]) => (
          <button
            type="button"
            class="open"
            onClick={() => open({ ...asking, tab: "errors", group: "row", from: w.week, to: w.week, offset: 0, sort: "mae", down: true })}
          >
            {days(w.week)}
          </button>
        );
        return (
          <>
            {board.goal && (
              <p class="note">
                {board.goal.problem} {g.asset && <a href={to.goal(g.asset)}>{g.asset}</a>}
              </p>
            )}
            <BoardWeeks of={g} />
            <Table
              label={title}
              head={[
                words("analysis.unit-week"),
                figureName(words, g.figure),
                ...(board.span.hasBaseline ? [words("page.board.baseline")] : []),
                words("page.board.rows"),
                words("analysis.result"),
              ]}
              numbers={[1, 2, 3]}
            >
              {[...g.weeks].reverse().map(w => (
                <tr key={w.week}>
                  <th scope="row">{week(w)}</th>
                  <td class="number">{number(w.value)}</td>
                  {board.span.hasBaseline && <td class="number">{number(w.baseline)}</td>}
                  <td class="number">{number(w.rows)}</td>
                  <td>
                    <Reached goal={g} value={w.value} />
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

/** Tiles and the curve of a goal over the weeks that are known; there is one at least. */
export function BoardWeeks({ of: g }: { of: Goal }) {
  const words = useWords();
  const number = useNumber();
  const days = useDays();
  const name = figureName(words, g.figure);
  const mean = g.weeks.reduce((sum, w) => sum + w.value * w.rows, 0) / g.weeks.reduce((sum, w) => sum + w.rows, 0);
  const last = g.weeks.at(-1)!;
  const tile = (what: ComponentChildren, value: ComponentChildren, more?: ComponentChildren) => (
    <div class="tile">
      <span>{what}</span>
      <b>{value}</b>
      {more && <em>{more}</em>}
    </div>
  );
  const baseline = g.weeks.flatMap(w => (w.baseline === null ? [] : [[dayNumber(w.week), w.baseline] as [number, number]]));
  return (
    <>
      <div class="tiles">
        {tile(
          words("page.board.last-week", { week: days(last.week) }),
          <>
            {number(last.value)} {g.unit}
          </>,
          g.target !== null && <Reached goal={g} value={last.value} />,
        )}
        {tile(
          <>
            {words("testing.goal-target")}
            {g.measure && `: ${g.measure}`}
          </>,
          g.target === null ? "–" : `${number(g.target)} ${g.unit}`,
        )}
        {g.target !== null && tile(words("page.board.held"), `${g.held} / ${g.weeks.length}`)}
        {tile(
          words("analysis.mean"),
          <>
            {number(mean)} {g.unit}
          </>,
        )}
      </div>
      <Plot
        title={`${name}, ${words("page.board.weekly")}`}
        x=""
        y={g.unit}
        xText={monthText}
        xTicks={dayTicks}
        fromZero
        height={320}
        lines={[
          { name, points: g.weeks.map(w => [dayNumber(w.week), w.value]) },
          ...(baseline.length > 0 ? [{ name: words("page.board.baseline"), points: baseline, colour: 2 }] : []),
        ]}
        marks={g.target === null ? [] : [{ name: words("testing.goal-target"), y: g.target }]}
      />
    </>
  );
}
