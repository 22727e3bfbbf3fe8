import type { Automation, Project, Schedule, ScheduleList } from "../src/api";
import { AssetLink, Command, Empty, Page, Read, Section, Table, Time, Values } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { to } from "../src/routes";
import { duration } from "../src/format";
import { useLanguage, useSay } from "../src/texts";
import { OneOccurrence } from "./Occurrence";

/** What the server does without a person: when it is next, what became of the last time, and how automatic each model is. */
export function SchedulesPage() {
  const say = useSay();
  const schedules = useResource<ScheduleList>("api/schedules");
  return (
    <Page title={say("page.nav.schedules")}>
      <Read of={schedules} what={say("page.nav.schedules")}>
        {({ schedules, automation }) => (
          <>
            {schedules.length === 0 ? (
              <Empty>
                {say("page.schedules.empty")} <code>class Weekly(Model model) : Schedule</code>
              </Empty>
            ) : (
              schedules.map(s => (
                <section key={s.name} class="card schedule">
                  <h2>
                    <a href={to.schedule(s.name)}>{s.name}</a>
                  </h2>
                  <State schedule={s} />
                </section>
              ))
            )}
            {automation.length > 0 && (
              <Section title={say("page.automation")}>
                <AutomationTable of={automation} />
              </Section>
            )}
          </>
        )}
      </Read>
    </Page>
  );
}

/** A schedule as it stands, with what a person may ask of it. */
export function State({ schedule: s }: { schedule: Schedule }) {
  const say = useSay();
  const language = useLanguage();
  const project = useResource<Project>("api/project");
  return (
    <>
      {s.alerts
        .filter(a => a.closed === null)
        .map(a => (
          <div key={a.number} role="alert" class="failed">
            <p>{a.says.text}</p>
            <p class="quiet">
              <Time at={a.at} />
            </p>
          </div>
        ))}
      <Values
        of={[
          [
            say("page.schedule.next"),
            s.pausedAt !== null ? (
              <span class="look">
                {say("page.schedule.paused", { by: s.pausedBy ?? "" })} <Time at={s.pausedAt} />
              </span>
            ) : (
              <b>
                <Time at={s.next} />
              </b>
            ),
          ],
          [
            say("page.schedule.when"),
            <>
              <code>{s.cron}</code> {s.zone}
            </>,
          ],
          [say("page.schedule.make"), <Names of={s.make} />],
          ...(s.newData.length === 0 ? [] : [[say("page.schedule.new-data"), <Names of={s.newData} />] as [string, preact.JSX.Element]]),
          [
            say("page.schedule.release"),
            s.release === "byPerson"
              ? say("page.schedule.by-person")
              : s.release === "atOnce"
                ? say("page.schedule.at-once")
                : say("page.schedule.after-hold", { hold: duration(s.holdSeconds ?? 0, language) }),
          ],
          ...(s.afterwards.length === 0 ? [] : [[say("page.schedule.afterwards"), <Names of={s.afterwards} />] as [string, preact.JSX.Element]]),
        ]}
      />
      {project.state === "ready" && project.value.mayMake && <Ask schedule={s} />}
      {s.open.map(o => (
        <OneOccurrence key={o.number} of={o} />
      ))}
      {s.last !== null && (
        <>
          <h3>{say("page.schedule.last")}</h3>
          <OneOccurrence of={s.last} />
        </>
      )}
    </>
  );
}

function Names({ of }: { of: string[] }) {
  return <>{of.map((n, i) => <span key={n}>{i > 0 && ", "}<AssetLink name={n} /></span>)}</>;
}

function Ask({ schedule: s }: { schedule: Schedule }) {
  const say = useSay();
  const path = `api/schedules/${encodeURIComponent(s.name)}`;
  const [ran, run] = useChange(`${path}/run`);
  const [paused, pause] = useChange(`${path}/${s.pausedAt === null ? "pause" : "resume"}`);
  const [cancelled, cancel] = useChange(`${path}/cancel`);
  const asked = [ran, paused, cancelled];
  const busy = asked.some(a => a.state === "asking");
  return (
    <div class="make">
      <button type="button" class="main" disabled={busy || s.open.length > 0} onClick={() => run({})}>{say("page.schedule.run")}</button>
      <button type="button" disabled={busy} onClick={() => pause({})}>{say(s.pausedAt === null ? "page.schedule.pause" : "page.schedule.resume")}</button>
      {s.open.length > 0 && <button type="button" class="danger" disabled={busy} onClick={() => cancel({})}>{say("page.schedule.cancel")}</button>}
      {asked.map((a, i) => a.state === "failed" && <p key={i} role="alert" class="bad">{a.reason}</p>)}
    </div>
  );
}

export function AutomationTable({ of }: { of: Automation[] }) {
  const say = useSay();
  return (
    <Table
      label={say("page.automation")}
      head={[say("page.kind.model"), say("page.automation.stage"), say("page.nav.schedules"), say("page.automation.missing")]}
      numbers={[1]}
    >
      {of.map(a => (
        <tr key={a.model}>
          <th scope="row">
            <AssetLink name={a.model} />
          </th>
          <td class="number">{a.stage}</td>
          <td>
            {a.schedules.map(n => (
              <a key={n} href={to.schedule(n)}>
                {n}{" "}
              </a>
            ))}
          </td>
          <td class="sentence">
            {a.missing.text}{" "}
            {a.mends.map(m => (
              <Command key={m}>{m}</Command>
            ))}
          </td>
        </tr>
      ))}
    </Table>
  );
}
