import type { ComponentChildren } from "preact";
import { Bullet } from "../overview/Bullet";
import type { GoalReading } from "../src/api";
import { dayTicks, monthText, useDays } from "../src/board/days";
import { BoardWeeks } from "../src/board/GoalView";
import { NoForecasts } from "../src/board/NoForecasts";
import type { Board, Goal } from "../src/board/types";
import { Plot } from "../src/draw/Plot";
import { AssetLink, Empty, Page, Read, Section, Table, Time, useKind, Values, VersionLink } from "../src/parts";
import { useNumber } from "../src/report/TestReportView";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import "../src/views.css";
import { figureName, useWords } from "../src/words";
import { daysUntil, ethicsQuestions, type GoalAnswer, type GoalPoint, type Statement } from "./types";

/** What a project is for and how one will know: what the goal states, and whether it is met, in the newest report and over time. */
export function GoalPage({ name }: { name: string }) {
  const kind = useKind();
  const goal = useResource<GoalAnswer>(`api/goals/${encodeURIComponent(name)}`);
  return <Page title={name} kind={kind("goal")}><Read of={goal} what={name}>{value => <Whole goal={value} />}</Read></Page>;
}

type Line = [ComponentChildren, ComponentChildren];

function Whole({ goal }: { goal: GoalAnswer }) {
  const words = useWords();
  const say = useSay();
  const number = useNumber();
  const { statement: s } = goal;
  const unit = s.unit ?? "";
  const line = (name: string, value: ComponentChildren): Line[] =>
    value === null || value === undefined || value === false || value === "" ? [] : [[name, value]];
  const list = (of?: string[]) => (of && of.length > 0 ? <ul class="plain">{of.map(o => <li key={o}>{o}</li>)}</ul> : null);
  return (
    <>
      {s.problem && <p class="lead">{s.problem}</p>}
      {goal.version === null && <Empty command={`kumiki make ${goal.asset}`}>{words("page.plan.not-made")}</Empty>}
      {goal.freshness === "stale" && goal.stale.length > 0 && (
        <p class="warning">
          {words("page.plan.stale")} {goal.stale.map(r => r.text).join(" ")} <AssetLink name={goal.asset} />
        </p>
      )}
      <Values
        of={[
          ...line(words("page.plan.measure"), s.measure),
          ...line(
            words("page.plan.figure"),
            s.figure && (
              <>
                {figureName(words, figureId(s.figure))}
                {s.at !== null && s.at !== undefined && <> ({number(s.at)})</>}{" "}
                <span class="quiet">{words(s.better === "Higher" ? "page.plan.higher" : "page.plan.lower")}</span>
              </>
            ),
          ),
          ...line(
            words("testing.goal-target"),
            s.target !== null && s.target !== undefined && (
              <b>
                {number(s.target)} {unit}
              </b>
            ),
          ),
          ...line(words("testing.today"), s.today !== null && s.today !== undefined && `${number(s.today)} ${unit}`),
          ...line(words("page.plan.owner"), s.owner ?? <span class="bad">{words("page.plan.no-owner")}</span>),
          ...line(words("page.plan.stakeholders"), s.stakeholders?.join(", ")),
          ...line(words("page.plan.review"), s.reviewOn ? <Review on={s.reviewOn} /> : <span class="quiet">{words("page.plan.no-review")}</span>),
          ...line(
            words("testing.card-version"),
            goal.version && (
              <>
                <VersionLink name={goal.version} /> · <Time at={goal.madeAt} />{" "}
                {goal.inProduction && <span class="badge production">{say("page.stage.production")}</span>}
              </>
            ),
          ),
        ]}
      />

      <Section title={words("page.plan.met")}>
        {goal.readings.length === 0 ? (
          <p class="quiet">{say("page.goal.no-report")}</p>
        ) : (
          <div class="cards">
            {goal.readings.slice(0, 12).map(r => (
              <div key={r.report} class="card">
                <Reading of={r} unit={unit} target={s.target ?? null} />
              </div>
            ))}
          </div>
        )}
      </Section>

      {goal.time.length > 0 && <OverTime of={goal.time} unit={unit} measure={s.measure ?? ""} />}
      {goal.boards.map(b => (
        <OnBoard key={b} name={b} />
      ))}

      {s.costs && <CostTable of={s.costs} person={s.personCost ?? null} />}
      <EthicsScreen of={s.ethics ?? {}} open={goal.openEthics.length} />
      <Section title={words("page.plan.about")}>
        <Values
          of={[
            ...line(words("page.plan.given"), s.framing?.input),
            ...line(words("page.plan.answers"), s.framing?.output),
            ...line(words("page.plan.objective"), s.framing?.objective),
            ...line(words("page.plan.worth"), s.worth && words("page.plan.worth-of", { decisions: number(s.worth.decisions), period: s.worth.period })),
            ...line(words("page.plan.may-cost"), s.worth && s.worth.value !== null && `${number(s.worth.value)} ${unit}`),
            ...line(words("page.plan.running"), s.worth && `${number(s.worth.running)} ${unit}`),
            ...line(words("page.plan.person"), s.personCost !== null && s.personCost !== undefined && !s.costs && `${number(s.personCost)} ${unit}`),
            ...line(words("page.plan.constraints"), list(s.constraints)),
            ...line(words("page.plan.resources"), list(s.resources)),
            ...line(words("testing.card-use"), s.intendedUse ?? words("testing.card-unsaid")),
            ...line(words("testing.card-limits"), s.limits ?? words("testing.card-unsaid")),
          ]}
        />
      </Section>
      <p class="after">
        {say("page.asset")}: <AssetLink name={goal.asset} />
      </p>
    </>
  );
}

/** MeanAbsoluteError → mean-absolute-error, the name its words have. */
function figureId(figure: string): string {
  const short: Record<string, string> = { MeanAbsoluteError: "mae", RootMeanSquaredError: "rmse", WeightedAbsolutePercentageError: "wape" };
  return short[figure] ?? figure.replace(/(?!^)([A-Z])/g, "-$1").toLowerCase();
}

function Review({ on }: { on: string }) {
  const words = useWords();
  const days = useDays();
  const left = daysUntil(on, new Date());
  return (
    <>
      {days(on)}{" "}
      {left < 0 ? (
        <span class="badge stale">{words("page.plan.overdue", { days: -left })}</span>
      ) : (
        <span class="quiet">{words("page.plan.in-days", { days: left })}</span>
      )}
    </>
  );
}

function Met({ of }: { of: GoalReading }) {
  const words = useWords();
  if (of.met === null) return null;
  return of.met ? <span class="good">✓ {words("page.board.reached")}</span> : <span class="bad">✕ {words("page.board.missed")}</span>;
}

function Reading({ of: r, unit, target }: { of: GoalReading; unit: string; target: number | null }) {
  const say = useSay();
  const words = useWords();
  const number = useNumber();
  const aim = r.target ?? target;
  return (
    <>
      <p><VersionLink name={r.model} /> <span class="quiet">{say(r.inProduction ? "page.goal.in-production" : "page.goal.not-in-production")}</span></p>
      <p class="big">{r.value === null ? (r.go ? say("page.goal.go") : say("page.goal.no-go")) : <>{number(r.value)} <small>{unit}</small></>}</p>
      {aim !== null && r.value !== null && r.low !== null && r.high !== null && <Bullet low={r.low} value={r.value} high={r.high} target={aim} met={r.met} />}
      <p>
        <Met of={r} /> {aim !== null && <span class="quiet">{words("testing.goal-target")} {number(aim)} {unit}</span>}
        {r.low !== null && r.high !== null && <span class="quiet"> · {words("testing.interval")} {number(r.low)} … {number(r.high)}</span>}
      </p>
      <p><a href={to.report(r.report)} class={`badge ${r.go ? "go" : "no-go"}`}>{r.go ? "GO" : "NO-GO"}</a> <VersionLink name={r.report} /></p>
    </>
  );
}

const dayOf = (at: string) => Date.parse(at) / 86_400_000;

/** What each report said when it was made: the figure with its interval, beside the target that it was held against. */
function OverTime({ of, unit, measure }: { of: GoalPoint[]; unit: string; measure: string }) {
  const words = useWords();
  const number = useNumber();
  const title = words("page.plan.over-time");
  const models = [...new Set(of.map(p => p.reading.model.split("@")[0]!))];
  const measured = of.filter(p => p.reading.value !== null);
  // Reports made in one sitting would lie on one line: they stand by their place then, as they followed each other.
  const close = measured.length > 1 && dayOf(measured.at(-1)!.at) - dayOf(measured[0]!.at) < 1;
  const x = (p: GoalPoint) => (close ? measured.indexOf(p) + 1 : dayOf(p.at));
  return (
    <Section title={title} count={of.length}>
      {measured.length > 1 && (
        <Plot
          title={measure || title}
          x=""
          y={unit}
          height={280}
          xText={close ? v => String(Math.round(v)) : monthText}
          xTicks={close ? places : dayTicks}
          lines={[
            ...models.map((name, i) => ({
              name,
              points: measured.filter(p => p.reading.model.startsWith(`${name}@`)).map(p => [x(p), p.reading.value!] as [number, number]),
              colour: i,
            })),
            {
              name: words("testing.goal-target"),
              points: measured.flatMap(p => (p.reading.target === null ? [] : [[x(p), p.reading.target] as [number, number]])),
              colour: 3,
              step: true,
            },
          ]}
          bands={
            models.length === 1
              ? [
                  {
                    name: words("testing.interval"),
                    points: measured.flatMap(p =>
                      p.reading.low === null || p.reading.high === null ? [] : [[x(p), p.reading.low, p.reading.high] as [number, number, number]],
                    ),
                  },
                ]
              : []
          }
        />
      )}
      <Table
        label={title}
        head={[
          words("page.plan.when"),
          words("testing.model"),
          words("page.plan.value"),
          words("testing.interval"),
          words("testing.goal-target"),
          words("analysis.result"),
          words("testing.verdict"),
        ]}
        numbers={[2, 3, 4]}
      >
        {[...of]
          .reverse()
          .slice(0, 40)
          .map(({ at, reading: r }) => (
            <tr key={r.report}>
              <th scope="row">
                <Time at={at} />
              </th>
              <td>
                <VersionLink name={r.model} />
              </td>
              <td class="number">{number(r.value)}</td>
              <td class="number">{r.low === null ? "–" : `${number(r.low)} … ${number(r.high)}`}</td>
              <td class="number">{number(r.target)}</td>
              <td>
                <Met of={r} />
              </td>
              <td>
                <a href={to.report(r.report)} class={`badge ${r.go ? "go" : "no-go"}`}>
                  {r.go ? "GO" : "NO-GO"}
                </a>
              </td>
            </tr>
          ))}
      </Table>
    </Section>
  );
}

const places = (low: number, high: number) => {
  const step = Math.max(1, Math.ceil((high - low) / 8));
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => Math.ceil(low) + i * step);
};

/** The goal's figure week by week, as what was forecast became true. */
function OnBoard({ name }: { name: string }) {
  const words = useWords();
  const title = words("page.plan.on-board", { board: name });
  const board = useResource<Board>(`api/boards/${encodeURIComponent(name)}`);
  return (
    <Section title={title}>
      <Read of={board} what={title}>{b => (b.versions.forecasts === null ? <NoForecasts board={b} /> : <Weeks board={b} />)}</Read>
      <p class="after"><a href={`${to.board(name)}/goal`}>{words("page.plan.open-board")}</a></p>
    </Section>
  );
}

function Weeks({ board }: { board: Board }) {
  const goal = useResource<Goal>(`api/boards/${encodeURIComponent(board.name)}/goal`);
  return <Read of={goal} what={board.name}>{g => (g.weeks.length === 0 ? <NoForecasts board={board} /> : <BoardWeeks of={g} />)}</Read>;
}

function CostTable({ of, person }: { of: NonNullable<Statement["costs"]>; person: number | null }) {
  const words = useWords();
  const number = useNumber();
  return (
    <Section title={words("page.plan.costs")}>
      <p class="note">
        {words("page.plan.costs-of", { unit: of.unit })}
        {person !== null && <> {words("page.plan.person-of", { cost: number(person), unit: of.unit })}</>}
      </p>
      <div class="table-box" tabIndex={0} role="region" aria-label={words("page.plan.costs")}>
        <table class="cells">
          <thead>
            <tr>
              <th scope="col">
                {words("testing.truth")} ↓ {words("testing.decision")} →
              </th>
              {of.decisions.map(d => (
                <th key={d} scope="col">
                  {d}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.truths.map((truth, t) => {
              const least = Math.min(...of.costs[t]!);
              return (
                <tr key={truth}>
                  <th scope="row">{truth}</th>
                  {of.costs[t]!.map((cost, d) => (
                    <td key={d} class={cost > least ? "wrong" : "right"}>
                      <b>{number(cost)}</b>
                      {of.hurts?.[t]?.[d] && <em>{words("page.plan.hurts", { who: of.hurts[t]![d]! })}</em>}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function EthicsScreen({ of, open }: { of: NonNullable<Statement["ethics"]>; open: number }) {
  const words = useWords();
  return (
    <Section title={words("testing.card-ethics")}>
      <p class="note">
        {open === 0 ? (
          <span class="good">✓ {words("page.plan.ethics-all")}</span>
        ) : (
          <span class="bad">✕ {words("page.plan.ethics-open", { open, of: ethicsQuestions.length })}</span>
        )}
      </p>
      <dl class="questions">
        {ethicsQuestions.map(q => (
          <div key={q}>
            <dt>{words(`page.plan.ethics-${q.toLowerCase() as Lowercase<typeof q>}`)}</dt>
            <dd>{of[q]?.trim() ? of[q] : <span class="bad">{words("page.plan.ethics-unanswered")}</span>}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
