import { Plot } from "../draw/Plot";
import { AssetLink, Read, Section, Table } from "../parts";
import { dayNumber, useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import { figureName, useWords } from "../words";
import { pathOf } from "./asking";
import type { ViewOf } from "./BoardPage";
import { dayTicks, monthText, useDays } from "./days";
import type { Goal } from "./types";

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
        if (g.weeks.length === 0) return <p class="empty">{words("page.board.nothing")}</p>;
        const name = figureName(words, g.figure);
        const missed = (value: number) => g.target !== null && (g.lowerIsBetter ? value > g.target : value < g.target);
        const mean = g.weeks.reduce((sum, w) => sum + w.value * w.rows, 0) / g.weeks.reduce((sum, w) => sum + w.rows, 0);
        const last = g.weeks.at(-1)!;
        return (
          <>
            {board.goal && <p class="note">{board.goal.problem} <AssetLink name={g.asset} /></p>}
            <div class="tiles">
              <div class="tile"><span>{words("page.board.last-week", { week: days(last.week) })}</span><b>{number(last.value)} {g.unit}</b>{g.target !== null && <em>{missed(last.value) ? <span class="bad">✕ {words("page.board.missed")}</span> : <span class="good">✓ {words("page.board.reached")}</span>}</em>}</div>
              <div class="tile"><span>{words("testing.goal-target")}{g.measure && `: ${g.measure}`}</span><b>{g.target === null ? "–" : `${number(g.target)} ${g.unit}`}</b></div>
              {g.target !== null && <div class="tile"><span>{words("page.board.held")}</span><b>{g.held} / {g.weeks.length}</b></div>}
              <div class="tile"><span>{words("analysis.mean")}</span><b>{number(mean)} {g.unit}</b></div>
            </div>
            <Plot title={`${name}, ${words("page.board.weekly")}`} x="" y={g.unit} xText={monthText} xTicks={dayTicks} fromZero height={320}
              lines={[{ name, points: g.weeks.map(w => [dayNumber(w.week), w.value]) }, ...(g.weeks.some(w => w.baseline !== null) ? [{ name: words("page.board.baseline"), points: g.weeks.flatMap(w => w.baseline === null ? [] : [[dayNumber(w.week), w.baseline] as [number, number]]), colour: 2 }] : [])]}
              marks={g.target === null ? [] : [{ name: words("testing.goal-target"), y: g.target }]} />
            <Table label={title} head={[words("analysis.unit-week"), name, ...(board.span.hasBaseline ? [words("page.board.baseline")] : []), words("page.board.rows"), words("analysis.result")]} numbers={[1, 2, 3]}>
              {[...g.weeks].reverse().map(w => (
                <tr key={w.week}>
                  <th scope="row"><button type="button" class="open" onClick={() => open({ ...asking, tab: "errors", group: "row", from: w.week, to: w.week, offset: 0, sort: "mae", down: true })}>{days(w.week)}</button></th>
                  <td class="number">{number(w.value)}</td>{board.span.hasBaseline && <td class="number">{number(w.baseline)}</td>}<td class="number">{number(w.rows)}</td>
                  <td>{g.target === null ? "" : missed(w.value) ? <span class="bad">✕ {words("page.board.missed")}</span> : <span class="good">✓ {words("page.board.reached")}</span>}</td>
                </tr>
              ))}
            </Table>
          </>
        );
      }}</Read>
    </Section>
  );
}
