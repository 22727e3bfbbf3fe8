import type { Attention, GoalState, Overview } from "../src/api";
import { figure } from "../src/format";
import { AssetLink, Command, Empty, Page, Read, RunLink, Time, useKind, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { Bullet } from "./Bullet";
import { Rooms } from "./Rooms";

/** What is in production, how good it is, what needs a hand; then what is in each room. */
export function OverviewPage() {
  const say = useSay();
  const overview = useResource<Overview>("api/overview");
  return (
    <Page title={say("page.nav.overview")}>
      <Read of={overview} what={say("page.nav.overview")}>
        {value => (value.rooms.every(r => r.count === 0) ? <Nothing hasProject={value.hasProject} /> : <Whole overview={value} />)}
      </Read>
    </Page>
  );
}

function Nothing({ hasProject }: { hasProject: boolean }) {
  const say = useSay();
  if (hasProject) return <Empty>{say("page.graph.empty-project")}</Empty>;
  return (
    <div class="empty">
      <p>{say("page.overview.empty")}</p>
      <ol class="steps">
        <li><Command>kumiki make NAME --upstream</Command> {say("page.overview.empty.make")}</li>
        <li><Command>kumiki stage NAME@N</Command> {say("page.overview.empty.stage")}</li>
        <li><Command>kumiki release NAME@N</Command> {say("page.overview.empty.release")}</li>
      </ol>
    </div>
  );
}

function Whole({ overview }: { overview: Overview }) {
  const say = useSay();
  return (
    <>
      <div class="now">
        <section class="card" aria-labelledby="in-production">
          <h2 id="in-production">{say("page.overview.production")}</h2>
          <InProduction overview={overview} />
        </section>
        <section class="card" aria-labelledby="how-good">
          <h2 id="how-good">{say("page.overview.good")}</h2>
          <HowGood goals={overview.goals} />
        </section>
        <section class="card" aria-labelledby="a-hand">
          <h2 id="a-hand">{say("page.overview.hand")}</h2>
          <Hand attention={overview.attention} count={overview.attentionCount} />
        </section>
      </div>
      <h2>{say("page.overview.rooms")}</h2>
      <Rooms overview={overview} />
    </>
  );
}

const shownInProduction = 6;

function InProduction({ overview: { live, production } }: { overview: Overview }) {
  const say = useSay();
  const kind = useKind();
  if (live === null)
    return (
      <>
        <p class="big quiet">{say("page.overview.nothing")}</p>
        <p class="quiet">{say("page.production.empty")}</p>
        <Command>kumiki release --dry-run</Command>
      </>
    );
  // What answers or decides comes first: endpoints, predictions, models.
  const weight = (of: string | null) => ["endpoint", "predictions", "searchIndex", "model", "threshold"].indexOf(of ?? "");
  const sorted = [...production].sort((a, b) => (weight(a.kind) + 9) % 9 - (weight(b.kind) + 9) % 9);
  return (
    <>
      <p class="big">
        <a href={to.release(live.number)}>{say("page.release.number", { number: live.number })}</a>
      </p>
      <p class="quiet">
        {say("page.overview.since")} <Time at={live.liveAt} /> · {live.author}
        {live.restores !== null && <> · {say("page.release.restores", { number: live.restores })}</>}
      </p>
      {live.reason && <p>{live.reason}</p>}
      <ul class="names">
        {sorted.slice(0, shownInProduction).map(v => (
          <li key={v.name}>
            <VersionLink name={v.name} /> <span class="quiet">{v.kind && kind(v.kind)}</span>
          </li>
        ))}
      </ul>
      {sorted.length > shownInProduction && (
        <p>
          <a href={to.release(live.number)}>{say("page.overview.more", { count: sorted.length - shownInProduction })}</a>
        </p>
      )}
    </>
  );
}

function HowGood({ goals }: { goals: GoalState[] }) {
  const say = useSay();
  if (goals.length === 0) return <p class="quiet">{say("page.overview.no-goal")}</p>;
  return <>{goals.map(g => <Goal key={g.asset} goal={g} />)}</>;
}

function Goal({ goal }: { goal: GoalState }) {
  const say = useSay();
  const language = useLanguage();
  const reading = goal.readings[0];
  const target = reading?.target ?? goal.target;
  const unit = goal.unit ?? "";
  return (
    <div class="goal">
      <p>
        <a href={to.goal(goal.asset)}>{goal.asset}</a> <span class="quiet">{goal.measure}</span>
      </p>
      {reading === undefined || reading.value === null ? (
        <p class="big quiet">{say(reading === undefined ? "page.goal.not-measured" : reading.go ? "page.goal.go" : "page.goal.no-go")}</p>
      ) : (
        <>
          <p class="big">
            <span class={reading.met === false ? "bad" : reading.met ? "good" : ""}>
              {reading.met === null ? "" : reading.met ? "✓ " : "✕ "}
              {figure(reading.value, language)}
            </span>{" "}
            <small>{unit}</small>
          </p>
          {target !== null && reading.low !== null && reading.high !== null && (
            <Bullet low={reading.low} value={reading.value} high={reading.high} target={target} met={reading.met} />
          )}
        </>
      )}
      <p class="quiet">
        {target !== null && (
          <>
            {say(reading?.met === false ? "page.goal.missed" : reading?.met ? "page.goal.met" : "page.goal.target", {
              target: `${figure(target, language)} ${unit}`.trim(),
            })}{" "}
          </>
        )}
        {reading && reading.low !== null && reading.high !== null && (
          <>{say("page.goal.interval", { low: figure(reading.low, language), high: figure(reading.high, language) })} </>
        )}
        {reading === undefined && say("page.goal.no-report")}
      </p>
      {reading && (
        <p class="quiet">
          <a href={to.report(reading.report)} class={`badge ${reading.go ? "go" : "no-go"}`}>
            {reading.go ? "GO" : "NO-GO"}
          </a>{" "}
          <VersionLink name={reading.report} /> {say("page.goal.of")} <VersionLink name={reading.model} />{" "}
          {reading.inProduction ? say("page.goal.in-production") : say("page.goal.not-in-production")}
        </p>
      )}
    </div>
  );
}

const shownOfAttention = 4;

function Hand({ attention, count }: { attention: Attention[]; count: number }) {
  const say = useSay();
  if (count === 0) return <p class="big good">✓ {say("page.overview.fine")}</p>;
  const act = attention.filter(a => a.weight === "act").length;
  return (
    <>
      <p class="big">
        <span class={act > 0 ? "bad" : "look"}>{count}</span>{" "}
        <small class="quiet">{act > 0 ? say("page.overview.act", { count: act }) : say("page.overview.look")}</small>
      </p>
      <ul class="hand">
        {attention.slice(0, shownOfAttention).map((a, i) => (
          <li key={i}>
            <One attention={a} />
          </li>
        ))}
      </ul>
      {attention.length > shownOfAttention && (
        <details>
          <summary>{say("page.overview.more", { count: count - shownOfAttention })}</summary>
          <ul class="hand">
            {attention.slice(shownOfAttention).map((a, i) => (
              <li key={i}>
                <One attention={a} />
              </li>
            ))}
          </ul>
          {count > attention.length && <p class="note">{say("page.overview.cut", { count: attention.length })}</p>}
        </details>
      )}
    </>
  );
}

function One({ attention: a }: { attention: Attention }) {
  const say = useSay();
  return (
    <>
      <p>
        <span class={`badge ${a.weight === "act" ? "run-failed" : "stale"}`}>{say(`page.attention.${a.rule}`)}</span> {a.says.text}
      </p>
      <p class="where">
        {a.schedule !== null ? (
          <a href={to.schedule(a.schedule)}>{a.schedule}</a>
        ) : a.run !== null ? (
          <RunLink id={a.run} />
        ) : a.rule === "stale" && a.asset !== null ? (
          <AssetLink name={a.asset} />
        ) : a.version !== null ? (
          <VersionLink name={a.version} />
        ) : a.asset !== null ? (
          <AssetLink name={a.asset} />
        ) : a.rule === "staged" ? (
          <a href={to.releases}>{say("page.nav.releases")}</a>
        ) : (
          <a href={to.graph}>{say("page.nav.graph")}</a>
        )}
        {a.rule === "no-go" && a.version !== null && <a href={to.report(a.version)}>{say("page.report.open")}</a>}
        {a.mends.map(m => (
          <Command key={m}>{m}</Command>
        ))}
      </p>
    </>
  );
}
