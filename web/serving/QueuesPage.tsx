import { Empty, Lasting, Page, Read, Section, Table, Time } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { everyMs, Rooms, useNumber } from "./parts";
import "./serving.css";
import type { QueueList, StreamLine } from "./types";
import { useWords } from "./words";

/** The queues between applications and models, and the streams that work on them. */
export function QueuesPage() {
  const words = useWords();
  const list = useResource<QueueList>("api/queues", { every: everyMs * 2 });
  return (
    <Page title={words("page.serving.queues")}>
      <Rooms here="queues" />
      <Read of={list} what={words("page.serving.queues")}>
        {value => <All list={value} />}
      </Read>
    </Page>
  );
}

function All({ list }: { list: QueueList }) {
  const words = useWords();
  return (
    <>
      {list.trouble !== null && <p class="warning">{list.trouble.text}</p>}
      {list.queues.length === 0 && list.streams.length === 0 && list.trouble === null ? (
        <Empty command={list.broker === null ? "kumiki queue put applications rows.jsonl --key id" : "kumiki stream ENDPOINT --from QUEUE --to QUEUE"}>
          {list.broker === null ? words("page.serving.queues.empty") : words("page.serving.queues.empty-broker", { host: list.broker })}
        </Empty>
      ) : (
        <>
          {list.broker !== null && <p class="note">{words("page.serving.queues.broker", { host: list.broker })}</p>}
          {list.queues.length > 0 && <Queues list={list} />}
          <Section title={words("page.serving.streams")} count={list.streams.length}>
            {list.streams.length === 0 ? (
              <Empty command={`kumiki stream ENDPOINT --from ${list.queues[0]?.name ?? "QUEUE"} --to answers`}>{words("page.serving.streams.empty")}</Empty>
            ) : (
              <Streams of={list.streams} />
            )}
          </Section>
        </>
      )}
    </>
  );
}

function Queues({ list }: { list: QueueList }) {
  const words = useWords();
  const number = useNumber();
  const told = (value: number | null, digits = 4) => (value === null ? "–" : number(value, digits));
  return (
    <Table
      label={words("page.serving.queues")}
      head={(["queue", "ready", "held", "oldest", "dead", "put-rate", "taken-rate", "done-rate"] as const).map(c => words(`page.serving.queue.${c}`))}
      numbers={[1, 2, 3, 4, 5, 6, 7]}
    >
      {list.queues.map(q => (
        <tr key={q.name}>
          <th scope="row">
            <a href={to.queue(q.name)}>{q.name}</a>
          </th>
          <td class="number">{number(q.ready)}</td>
          <td class="number">{told(q.held)}</td>
          <td class="number">{q.ageSeconds === null ? "–" : <Lasting seconds={q.ageSeconds} />}</td>
          <td class="number">{q.dead === 0 ? "0" : <span class="bad">{number(q.dead)}</span>}</td>
          <td class="number">{told(q.putRate, 3)}</td>
          <td class="number">{told(q.takenRate, 3)}</td>
          <td class="number">{told(q.doneRate, 3)}</td>
        </tr>
      ))}
    </Table>
  );
}

const looks = { runs: "good", waits: "look", silent: "bad", ended: "" } as const;

/** Streams, each with what it has done and how it fares. */
export function Streams({ of }: { of: StreamLine[] }) {
  const words = useWords();
  const number = useNumber();
  return (
    <Table
      label={words("page.serving.streams")}
      head={(["endpoint", "way", "state", "answered", "rate", "dead", "again", "since", "last"] as const).map(c => words(`page.serving.stream.${c}`))}
      numbers={[3, 4, 5, 6]}
    >
      {of.map(s => (
        <tr key={s.id}>
          <th scope="row">
            <a href={to.endpoint(s.endpoint)}>{s.endpoint}</a>
          </th>
          <td>
            <a href={to.queue(s.from)}>{s.from}</a> → <a href={to.queue(s.to)}>{s.to}</a>
          </td>
          <td>
            <span class={looks[s.state] === "look" ? "badge look" : looks[s.state]}>{words(`page.serving.stream.is.${s.state}`)}</span>
            {s.state === "silent" && (
              <>
                <br />
                <span class="quiet">
                  <Time at={s.seen} />
                </span>
              </>
            )}
          </td>
          <td class="number">{number(s.answered)}</td>
          <td class="number">{s.rate === null || s.state === "ended" || s.state === "silent" ? "–" : number(s.rate, 3)}</td>
          <td class="number">{s.dead === 0 ? "0" : <span class="bad">{number(s.dead)}</span>}</td>
          <td class="number">{number(s.again)}</td>
          <td>
            <Time at={s.began} />
            <br />
            <span class="quiet">
              {s.machine}, {s.process}
            </span>
          </td>
          <td class="sentence">{s.waits?.text ?? s.failure?.text ?? "–"}</td>
        </tr>
      ))}
    </Table>
  );
}
