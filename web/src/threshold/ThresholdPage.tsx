import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { Plot, type Line } from "../draw/Plot";
import { Page, Read, Section, Table, Values, VersionLink } from "../parts";
import { useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import "../views.css";
import { useWords } from "../words";
import { cheapest, cheapestZone, decide, placeOf, type Among, type Decided } from "./money";

/** A threshold that can be moved over the rows it was chosen on, to see what deciding there would do. It only looks. */
export function ThresholdPage({ asset, number }: { asset: string; number: string }) {
  const words = useWords();
  const name = `${asset}@${number}`;
  const among = useResource<Among>(`api/versions/${encodeURIComponent(asset)}/${encodeURIComponent(number)}/thresholds`);
  return <Page title={name} kind={words("testing.threshold")}><Read of={among} what={name}>{value => <Moving among={value} />}</Read></Page>;
}

/** Places among the points, which fall: the lower bound's is the larger one. */
interface Bounds { upper: number; lower: number }

function Moving({ among }: { among: Among }) {
  const words = useWords();
  const number = useNumber();
  const { choice, points } = among;
  const hasZone = choice.greyFrom < choice.value;
  const chosen = useMemo<Bounds>(() => ({ upper: placeOf(points, choice.value), lower: placeOf(points, choice.greyFrom) }), [among]);
  const [zone, setZone] = useState(hasZone);
  const [at, setAt] = useState(chosen);
  const [typed, setTyped] = useState(String(choice.reviewCost ? choice.reviewCost : among.personCost ?? 0));
  const isCost = /^\d+(\.\d*)?$/.test(typed.trim());
  const review = isCost ? Number(typed) : 0;
  const best = useMemo<Bounds>(() => {
    const [upper, lower] = zone ? cheapestZone(among, review) : [cheapest(among), 0];
    return { upper, lower: zone ? lower : upper };
  }, [among, zone, review]);

  const last = points.length - 1;
  const here: Bounds = { upper: Math.min(at.upper, last), lower: zone ? Math.min(Math.max(at.lower, at.upper), last) : Math.min(at.upper, last) };
  const is = (other: Bounds) => here.upper === other.upper && here.lower === (zone ? other.lower : other.upper);
  const now = decide(among, points[here.upper]!, points[here.lower]!, review);
  const then = decide(among, points[chosen.upper]!, points[chosen.lower]!, hasZone ? choice.reviewCost || review : 0);
  const unit = choice.costs?.unit ?? words("page.threshold.wrong");
  const above = choice.costs?.decisions[0] ?? words("page.threshold.above");
  const percent = (value: number | null) => (value === null ? "–" : `${number(value * 100)}%`);
  const difference = now.perDecision - then.perDecision;
  const toBest = () => setAt(best);
  const move = (bound: keyof Bounds, to: number) => setAt(bound === "upper" ? { upper: to, lower: zone ? here.lower : to } : { ...here, lower: to });
  const value = (place: number) => points[place]!.value;
  const text = (place: number) => words("page.threshold.value-text", { threshold: number(value(place)), cost: number(now.perDecision), unit });
  const mark = is(chosen) ? (
    <span class="badge production">{words("page.threshold.is-chosen")}</span>
  ) : is(best) ? (
    <span class="badge staging">{words("page.threshold.is-cheapest")}</span>
  ) : null;
  return (
    <>
      <p class="lead">{words("page.threshold.lead", { rows: number(among.rows), part: among.part })}</p>
      <Values
        of={[
          [words("testing.model"), <VersionLink name={among.model} />],
          [words("page.threshold.of"), <VersionLink name={among.threshold} />],
          [words("page.threshold.rule"), <code>{choice.rule}</code>],
          [words("page.threshold.chosen"), number(choice.value)],
          ...(hasZone
            ? [
                [
                  words("page.threshold.grey"),
                  words("page.threshold.grey-zone", { from: number(choice.greyFrom), to: number(choice.value), rows: number(choice.reviewed) }),
                ] as [string, string],
              ]
            : []),
        ]}
      />
      <div class="slider">
        <Handle
          id="threshold"
          place={here.upper}
          least={0}
          most={zone ? here.lower : last}
          last={last}
          text={text(here.upper)}
          onMove={to => move("upper", to)}
        >
          {zone ? words("page.threshold.upper", { decision: above }) : words("testing.threshold")}: <b>{number(value(here.upper))}</b> {mark}
        </Handle>
        {zone && <Zones here={here} last={last} />}
        {zone && (
          <Handle id="grey-from" place={here.lower} least={here.upper} most={last} last={last} text={text(here.lower)} onMove={to => move("lower", to)}>
            {words("page.threshold.lower-bound")}: <b>{number(value(here.lower))}</b>
          </Handle>
        )}
        <div class="buttons">
          <button
            type="button"
            disabled={is(chosen)}
            onClick={() => {
              setAt(chosen);
              setZone(hasZone);
            }}
          >
            {words("page.threshold.to-chosen")}
          </button>
          <button type="button" disabled={is(best)} onClick={toBest}>
            {words("page.threshold.to-cheapest")}
          </button>
          <button type="button" disabled={here.upper === (zone ? here.lower : last)} onClick={() => move("upper", here.upper + 1)}>
            − {words("page.threshold.lower")}
          </button>
          <button type="button" disabled={here.upper === 0} onClick={() => move("upper", here.upper - 1)}>
            + {words("page.threshold.higher")}
          </button>
        </div>
        <div class="buttons">
          <label class="check">
            <input type="checkbox" checked={zone} onChange={e => setZone(e.currentTarget.checked)} /> {words("page.threshold.zone")}
          </label>
          {zone && (
            <label class="inline">
              {words("page.threshold.review", { unit })}
              <input
                inputMode="decimal"
                size={9}
                value={typed}
                aria-invalid={!isCost}
                aria-describedby={isCost ? undefined : "review-wrong"}
                onInput={e => setTyped(e.currentTarget.value)}
              />
            </label>
          )}
          {zone && !isCost && (
            <span id="review-wrong" class="bad">
              {words("page.threshold.review-wrong")}
            </span>
          )}
        </div>
      </div>
      <div class="tiles" role="status" aria-live="polite">
        <Tile name={words("page.threshold.per-decision")} value={`${number(now.perDecision)} ${unit}`}>
          {is(chosen) && difference === 0
            ? words("page.threshold.as-chosen")
            : words(difference > 0 ? "page.threshold.dearer" : "page.threshold.cheaper", { by: number(Math.abs(difference)), unit })}
        </Tile>
        <Tile name={words("page.threshold.all-rows", { rows: number(among.rows) })} value={`${number(now.cost)} ${unit}`} />
        <Tile name={words("page.threshold.share", { decision: above })} value={percent(now.shareAbove)}>
          {number(now.hits + now.alarms)} / {number(among.rows)}
        </Tile>
        {zone && (
          <Tile name={words("page.threshold.share-people")} value={percent(now.shareReviewed)}>
            {number(now.reviewedHighs + now.reviewedLows)} / {number(among.rows)}
          </Tile>
        )}
        <Tile name={words("page.threshold.precision")} value={percent(now.precision)}>
          {words("page.threshold.chosen")}: {percent(then.precision)}
        </Tile>
        <Tile name={words("page.threshold.recall")} value={percent(now.recall)}>
          {words("page.threshold.chosen")}: {percent(then.recall)}
        </Tile>
      </div>
      <Outcomes among={among} now={now} then={then} zone={zone} review={review} unit={unit} />
      <Curves among={among} here={here} chosen={chosen} zone={zone} review={review} unit={unit} above={above} percent={percent} />
      {zone && <p class="note">{words("page.threshold.people-right")}</p>}
      <p class="note">{words("page.threshold.only-looks")}</p>
    </>
  );
}

/** One bound: from the lowest threshold on the left to the highest on the right; the arrow keys go one step, and it stops at the other bound. */
function Handle({ id, place, least, most, last, text, onMove, children }: {
  id: string; place: number; least: number; most: number; last: number; text: string; onMove: (place: number) => void; children: ComponentChildren;
}) {
  const moved = (input: HTMLInputElement) => {
    const to = Math.max(least, Math.min(most, last - Number(input.value)));
    input.value = String(last - to);
    onMove(to);
  };
  return (
    <>
      <label for={id}>{children}</label>
      <input id={id} type="range" min={0} max={last} step={1} value={last - place} aria-valuetext={text} onInput={e => moved(e.currentTarget)} />
    </>
  );
}

/** What becomes of scores between the two bounds, drawn between their sliders. */
function Zones({ here, last }: { here: Bounds; last: number }) {
  const x = (place: number) => ((last - place) / Math.max(1, last)) * 100;
  return (
    <svg class="zones" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="low" width="100" height="8" /><rect class="people" x={x(here.lower)} width={Math.max(0.4, x(here.upper) - x(here.lower))} height="8" />
      <rect class="high" x={x(here.upper)} width={100 - x(here.upper)} height="8" />
    </svg>
  );
}

function Tile({ name, value, children }: { name: string; value: string; children?: ComponentChildren }) {
  return <div class="tile"><span>{name}</span><b>{value}</b>{children && <em>{children}</em>}</div>;
}

interface Shown { among: Among; zone: boolean; review: number; unit: string }

/** The confusion in counts and money; with a zone, what people decide is a third outcome. */
function Outcomes({ among, now, then, zone, review, unit }: Shown & { now: Decided; then: Decided }) {
  const words = useWords();
  const costs = among.choice.costs;
  const [high = "", low = ""] = costs?.truths ?? [words("page.threshold.high"), words("page.threshold.low")];
  const [above = "", below = ""] = costs?.decisions ?? [words("page.threshold.above"), words("page.threshold.below")];
  const cost = (truth: number, decision: number) => (costs ? costs.costs[truth]![decision]! : truth === decision ? 0 : 1);
  const right = (truth: number) => Math.min(cost(truth, 0), cost(truth, 1)) + review;
  return (
    <Section title={words("testing.confusion")}>
      <div class="table-box" tabIndex={0} role="region" aria-label={words("testing.confusion")}>
        <table class="cells">
          <thead>
            <tr>
              <th scope="col">{words("testing.truth")} ↓ {words("testing.decision")} →</th><th scope="col">{above}</th>
              {zone && <th scope="col">{words("page.threshold.to-people")}</th>}<th scope="col">{below}</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">{high}</th><Cell count={now.hits} each={cost(0, 0)} unit={unit} was={then.hits} is="right" />
              {zone && <Cell count={now.reviewedHighs} each={right(0)} unit={unit} was={then.reviewedHighs} is="people" />}
              <Cell count={now.misses} each={cost(0, 1)} unit={unit} was={then.misses} is="wrong" />
            </tr>
            <tr>
              <th scope="row">{low}</th><Cell count={now.alarms} each={cost(1, 0)} unit={unit} was={then.alarms} is="wrong" />
              {zone && <Cell count={now.reviewedLows} each={right(1)} unit={unit} was={then.reviewedLows} is="people" />}
              <Cell count={now.passes} each={cost(1, 1)} unit={unit} was={then.passes} is="right" />
            </tr>
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Cell({ count, each, unit, was, is }: { count: number; each: number; unit: string; was: number; is: "right" | "wrong" | "people" }) {
  const words = useWords();
  const number = useNumber();
  return (
    <td class={is}>
      <b>{number(count)}</b><em>× {number(each)} = {number(count * each)} {unit}</em>{was !== count && <em>{words("page.threshold.chosen")}: {number(was)}</em>}
    </td>
  );
}

/** What every place of each bound would do while the other stays where it is. */
function Curves({
  among,
  here,
  chosen,
  zone,
  review,
  unit,
  above,
  percent,
}: Shown & { here: Bounds; chosen: Bounds; above: string; percent: (value: number | null) => string }) {
  const words = useWords();
  const number = useNumber();
  const { points } = among;
  const x = (place: number) => points[place]!.value;
  const all = points.map((_, i) => i);
  const uppers = zone ? all.filter(i => i <= here.lower) : all;
  const upper = (i: number) => decide(among, points[i]!, points[zone ? here.lower : i]!, review);
  const lower = (i: number) => decide(among, points[here.upper]!, points[i]!, review);
  const name = words("page.threshold.per-decision");
  const costs: Line[] = [
    { name: zone ? `${name}, ${words("page.threshold.by-upper")}` : name, points: uppers.map(i => [x(i), upper(i).perDecision]) },
    ...(zone
      ? [
          {
            name: `${name}, ${words("page.threshold.by-lower")}`,
            points: all.filter(i => i >= here.upper).map(i => [x(i), lower(i).perDecision] as [number, number]),
          },
        ]
      : []),
  ];
  const precision = uppers.flatMap(i => {
    const p = upper(i).precision;
    return p === null ? [] : [[x(i), p] as [number, number]];
  });
  const marks = [
    { name: words("page.threshold.here"), x: x(here.upper) },
    ...(zone ? [{ name: words("page.threshold.lower-bound"), x: x(here.lower) }] : []),
    ...(here.upper === chosen.upper ? [] : [{ name: words("page.threshold.chosen"), x: x(chosen.upper) }]),
  ];
  const heads = [
    words("testing.threshold"),
    name,
    words("page.threshold.precision"),
    words("page.threshold.recall"),
    words("page.threshold.share", { decision: above }),
  ];
  return (
    <Section title={words("page.threshold.curves")}>
      <div class="plots">
        <Plot title={words("testing.cost-curve")} x={words("testing.threshold")} y={unit} lines={costs} marks={marks} />
        <Plot
          title={words("testing.precision-recall")}
          x={words("testing.threshold")}
          y=""
          fromZero
          marks={marks}
          lines={[
            { name: words("page.threshold.precision"), points: precision },
            { name: words("page.threshold.recall"), points: among.highs === 0 ? [] : uppers.map(i => [x(i), upper(i).recall!]) },
          ]}
        />
      </div>
      <details>
        <summary>{words("page.draw.numbers")}</summary>
        <Table label={words("page.threshold.curves")} head={heads} numbers={[0, 1, 2, 3, 4]}>
          {uppers
            .filter(i => i % Math.ceil(uppers.length / 40) === 0 || i === chosen.upper)
            .map(i => {
              const d = upper(i);
              return (
                <tr key={i}>
                  <td class="number">{number(x(i))}</td>
                  <td class="number">{number(d.perDecision)}</td>
                  <td class="number">{percent(d.precision)}</td>
                  <td class="number">{percent(d.recall)}</td>
                  <td class="number">{percent(d.shareAbove)}</td>
                </tr>
              );
            })}
        </Table>
      </details>
    </Section>
  );
}
