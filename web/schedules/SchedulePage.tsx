import { useState } from "preact/hooks";
import type { OccurrenceList, Schedule } from "../src/api";
import { Page, Read, Section } from "../src/parts";
import { useResource } from "../src/resource";
import { useSay } from "../src/texts";
import { OneOccurrence } from "./Occurrence";
import { AutomationTable, State } from "./SchedulesPage";

export function SchedulePage({ name }: { name: string }) {
  const say = useSay();
  const [pages, setPages] = useState<(number | null)[]>([null]);
  const path = `api/schedules/${encodeURIComponent(name)}`;
  const schedule = useResource<Schedule>(path);
  return (
    <Page title={name} kind={say("page.schedule")}>
      <Read of={schedule} what={name}>
        {value => (
          <>
            <State schedule={{ ...value, last: null }} />
            <Section title={say("page.schedule.history")}>
              {pages.map((before, i) => (
                <Some key={before} path={path} before={before} last={i === pages.length - 1} onMore={next => setPages(p => [...p, next])} />
              ))}
            </Section>
            {value.models.length > 0 && (
              <Section title={say("page.automation")}>
                <AutomationTable of={value.models} />
              </Section>
            )}
          </>
        )}
      </Read>
    </Page>
  );
}

function Some({ path, before, last, onMore }: { path: string; before: number | null; last: boolean; onMore: (next: number) => void }) {
  const say = useSay();
  const list = useResource<OccurrenceList>(`${path}/occurrences${before === null ? "" : `?before=${before}`}`);
  return (
    <Read of={list} what={say("page.schedule.history")}>
      {({ occurrences, next }) => occurrences.length === 0 && before === null ? <p class="quiet">{say("page.schedule.never")}</p> : (
        <>
          <ol class="releases">{occurrences.map(o => <li key={o.number}><OneOccurrence of={o} /></li>)}</ol>
          {last && next !== null && <button type="button" onClick={() => onMore(next)}>{say("page.older")}</button>}
        </>
      )}
    </Read>
  );
}
