import { useMemo, useState } from "preact/hooks";
import { Plot } from "../draw/Plot";
import { Page, Read, Section, Table, Values, VersionLink } from "../parts";
import { useNumber } from "../report/TestReportView";
import { useResource } from "../resource";
import "../views.css";
import { useWords } from "../words";
import { cheapest, decide, placeOf, type Among } from "./money";

/** A threshold that can be moved over the rows it was chosen on, to see what deciding there would do. It only looks. */
export function ThresholdPage({ asset, number }: { asset: string; number: string }) {
  const words = useWords();
  const name = `${asset}@${number}`;
  const among = useResource<Among>(`api/versions/${encodeURIComponent(asset)}/${encodeURIComponent(number)}/thresholds`);
  return <Page title={name} kind={words("testing.threshold")}><Read of={among} what={name}>{value => <Moving among={value} />}</Read></Page>;
}

function Moving({ among }: { among: Among }) {
  const words = useWords();
  const number = useNumber();
  const chosen = placeOf(among.points, among.choice.value);
  const best = useMemo(() => cheapest(among), [among]);
  const [at, setAt] = useState(chosen);
  const here = Math.min(at, among.points.length - 1);
  const [now, then] = [decide(among, among.points[here]!), decide(among, among.points[chosen]!)];
  const costs = among.choice.costs;
  const unit = costs?.unit ?? words("page.threshold.wrong");
  const [high = "", low = ""] = costs?.truths ?? [words("page.threshold.high"), words("page.threshold.low")];
  const [above = "", below = ""] = costs?.decisions ?? [words("page.threshold.above"), words("page.threshold.below")];
  const cost = (truth: number, decision: number) => costs ? costs.costs[truth]![decision]! : truth === decision ? 0 : 1;
  const x = (place: number) => among.points[place]!.value;
  // The first point is above every score; a step beyond the highest score would squeeze the rest of the axis.
  const drawn = among.points.map((_, i) => i);
  const difference = now.perDecision - then.perDecision;
  const last = among.points.length - 1;
  const percent = (value: number | null) => value === null ? "–" : `${number(value * 100)}%`;
  return (
    <>
      <p class="lead">{words("page.threshold.lead", { rows: number(among.rows), part: among.part })}</p>
      <Values of={[
        [words("testing.model"), <VersionLink name={among.model} />], [words("page.threshold.of"), <VersionLink name={among.threshold} />],
        [words("page.threshold.rule"), <code>{among.choice.rule}</code>], [words("page.threshold.chosen"), number(among.choice.value)],
        ...(among.choice.greyFrom < among.choice.value ? [[words("page.threshold.grey"), words("page.threshold.grey-zone", { from: number(among.choice.greyFrom), to: number(among.choice.value), rows: number(among.choice.reviewed) })] as [string, string]] : []),
      ]} />
      <div class="slider">
        <label for="threshold">{words("testing.threshold")}: <b>{number(x(here))}</b> {here === chosen ? <span class="badge production">{words("page.threshold.is-chosen")}</span> : here === best ? <span class="badge staging">{words("page.threshold.is-cheapest")}</span> : null}</label>
        {/* From the lowest threshold on the left to the highest on the right; the arrow keys go one step. */}
        <input id="threshold" type="range" min={0} max={last} step={1} value={last - here} aria-valuetext={words("page.threshold.value-text", { threshold: number(x(here)), cost: number(now.perDecision), unit })} onInput={e => setAt(last - Number(e.currentTarget.value))} />
        <div class="buttons">
          <button type="button" disabled={here === chosen} onClick={() => setAt(chosen)}>{words("page.threshold.to-chosen")}</button>
          <button type="button" disabled={here === best} onClick={() => setAt(best)}>{words("page.threshold.to-cheapest")}</button>
          <button type="button" disabled={here === last} onClick={() => setAt(Math.min(last, here + 1))}>− {words("page.threshold.lower")}</button>
          <button type="button" disabled={here === 0} onClick={() => setAt(Math.max(0, here - 1))}>+ {words("page.threshold.higher")}</button>
        </div>
      </div>
      <div class="tiles" role="status" aria-live="polite">
        <div class="tile"><span>{words("page.threshold.per-decision")}</span><b>{number(now.perDecision)} {unit}</b><em>{here === chosen ? words("page.threshold.as-chosen") : words(difference > 0 ? "page.threshold.dearer" : "page.threshold.cheaper", { by: number(Math.abs(difference)), unit })}</em></div>
        <div class="tile"><span>{words("page.threshold.all-rows", { rows: number(among.rows) })}</span><b>{number(now.cost)} {unit}</b></div>
        <div class="tile"><span>{words("page.threshold.share", { decision: above })}</span><b>{percent(now.shareAbove)}</b><em>{number(now.hits + now.alarms)} / {number(among.rows)}</em></div>
        <div class="tile"><span>{words("page.threshold.precision")}</span><b>{percent(now.precision)}</b><em>{words("page.threshold.chosen")}: {percent(then.precision)}</em></div>
        <div class="tile"><span>{words("page.threshold.recall")}</span><b>{percent(now.recall)}</b><em>{words("page.threshold.chosen")}: {percent(then.recall)}</em></div>
      </div>
      <Section title={words("testing.confusion")}>
        <div class="table-box" tabIndex={0} role="region" aria-label={words("testing.confusion")}>
          <table class="cells">
            <thead><tr><th scope="col">{words("testing.truth")} ↓ {words("testing.decision")} →</th><th scope="col">{above}</th><th scope="col">{below}</th></tr></thead>
            <tbody>
              <tr><th scope="row">{high}</th><Cell count={now.hits} each={cost(0, 0)} unit={unit} was={then.hits} right /><Cell count={now.misses} each={cost(0, 1)} unit={unit} was={then.misses} /></tr>
              <tr><th scope="row">{low}</th><Cell count={now.alarms} each={cost(1, 0)} unit={unit} was={then.alarms} /><Cell count={now.passes} each={cost(1, 1)} unit={unit} was={then.passes} right /></tr>
            </tbody>
          </table>
        </div>
      </Section>
      <Section title={words("page.threshold.curves")}>
        <div class="plots">
          <Plot title={words("testing.cost-curve")} x={words("testing.threshold")} y={unit} lines={[{ name: words("page.threshold.per-decision"), points: drawn.map(i => [x(i), decide(among, among.points[i]!).perDecision]) }]}
            marks={[{ name: words("page.threshold.chosen"), x: x(chosen) }, ...(here === chosen ? [] : [{ name: words("page.threshold.here"), x: x(here) }])]} />
          <Plot title={words("testing.precision-recall")} x={words("testing.threshold")} y="" fromZero
            lines={[{ name: words("page.threshold.precision"), points: drawn.flatMap(i => among.points[i]!.above === 0 ? [] : [[x(i), decide(among, among.points[i]!).precision!] as [number, number]]) }, { name: words("page.threshold.recall"), points: among.highs === 0 ? [] : drawn.map(i => [x(i), decide(among, among.points[i]!).recall!]) }]}
            marks={[{ name: words("page.threshold.here"), x: x(here) }]} />
        </div>
        <details><summary>{words("page.draw.numbers")}</summary>
          <Table label={words("page.threshold.curves")} head={[words("testing.threshold"), words("page.threshold.per-decision"), words("page.threshold.precision"), words("page.threshold.recall"), words("page.threshold.share", { decision: above })]} numbers={[0, 1, 2, 3, 4]}>
            {drawn.filter((_, i) => i % Math.ceil(drawn.length / 40) === 0 || i === chosen).map(i => {
              const d = decide(among, among.points[i]!);
              return <tr key={i}><td class="number">{number(x(i))}</td><td class="number">{number(d.perDecision)}</td><td class="number">{percent(d.precision)}</td><td class="number">{percent(d.recall)}</td><td class="number">{percent(d.shareAbove)}</td></tr>;
            })}
          </Table>
        </details>
      </Section>
      <p class="note">{words("page.threshold.only-looks")}</p>
    </>
  );
}

function Cell({ count, each, unit, was, right = false }: { count: number; each: number; unit: string; was: number; right?: boolean }) {
  const words = useWords();
  const number = useNumber();
  return <td class={right ? "right" : "wrong"}><b>{number(count)}</b><em>× {number(each)} = {number(count * each)} {unit}</em>{was !== count && <em>{words("page.threshold.chosen")}: {number(was)}</em>}</td>;
}
