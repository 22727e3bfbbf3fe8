import { useEffect, useRef, useState } from "preact/hooks";
import type { Project } from "../src/api";
import { Plot } from "../src/draw/Plot";
import { clockTime } from "../src/format";
import { Bytes, Lasting, Page, Read, Section, Table, Time } from "../src/parts";
import { useChange, useResource } from "../src/resource";
import { useLanguage } from "../src/texts";
import "../src/views.css";
import { everyMs, Rooms, Tile, useNumber } from "./parts";
import { Streams } from "./QueuesPage";
import "./serving.css";
import type { DeadLetter, QueueDetail, QueuedMessage } from "./types";
import { useWords } from "./words";

/** One queue: how full it is and was, how quickly it moves, what lies in it, and its dead letters. */
export function QueuePage({ name }: { name: string }) {
  const words = useWords();
  const queue = useResource<QueueDetail>(`api/queues/${encodeURIComponent(name)}`, { every: everyMs * 2 });
  return (
    <Page title={name} kind={words("page.serving.queue")}>
      <Rooms here="queues" />
      <Read of={queue} what={name}>
        {value => <Whole of={value} />}
      </Read>
    </Page>
  );
}

function Whole({ of: { queue, past, streams, broker } }: { of: QueueDetail }) {
  const words = useWords();
  const number = useNumber();
  const language = useLanguage();
  const rate = (value: number | null) => (value === null ? "–" : number(value, 3));
  const at = (m: { at: string }) => Date.parse(m.at);
  const xText = (x: number) => clockTime(new Date(x).toISOString(), language);
  return (
    <>
      <div class="tiles">
        <Tile name={words("page.serving.queue.ready")} value={number(queue.ready)}>
          {queue.held === null ? "" : words("page.serving.queue.held-too", { count: number(queue.held) })}
        </Tile>
        <Tile name={words("page.serving.queue.oldest")} value={queue.ageSeconds === null ? "–" : <Lasting seconds={queue.ageSeconds} />} />
        <Tile name={words("page.serving.queue.dead")} value={number(queue.dead)} bad={queue.dead > 0} />
        <Tile name={words("page.serving.queue.put-rate")} value={rate(queue.putRate)}>
          {queue.put === null ? "" : words("page.serving.queue.in-all", { count: number(queue.put) })}
        </Tile>
        <Tile name={words("page.serving.queue.taken-rate")} value={rate(queue.takenRate)}>
          {queue.taken === null ? "" : words("page.serving.queue.in-all", { count: number(queue.taken) })}
        </Tile>
        <Tile name={words("page.serving.queue.done-rate")} value={rate(queue.doneRate)}>
          {queue.done === null ? "" : words("page.serving.queue.in-all", { count: number(queue.done) })}
        </Tile>
      </div>
      {past.length > 1 ? (
        <div class="plots after">
          <Plot
            title={words("page.serving.queue.plot.depth")}
            x={words("page.serving.time")}
            y={words("page.serving.queue.messages")}
            fromZero
            xText={xText}
            lines={[
              { name: words("page.serving.queue.ready"), points: past.map(m => [at(m), m.ready]) },
              { name: words("page.serving.queue.held"), points: past.map(m => [at(m), m.held]) },
              { name: words("page.serving.queue.dead"), points: past.map(m => [at(m), m.dead]), colour: 5 },
            ]}
          />
          {past.some(m => m.put !== null) && (
            <Plot
              title={words("page.serving.queue.plot.rates")}
              x={words("page.serving.time")}
              y={words("page.serving.per-second")}
              fromZero
              xText={xText}
              lines={(["put", "taken", "done"] as const).map(what => ({
                name: words(`page.serving.queue.${what}`),
                points: past.flatMap(m => (m[what] === null ? [] : [[at(m), m[what]] as [number, number]])),
              }))}
            />
          )}
        </div>
      ) : (
        <p class="note">{words("page.serving.past.soon")}</p>
      )}
      {streams.length > 0 && (
        <Section title={words("page.serving.streams")} count={streams.length}>
          <Streams of={streams} />
        </Section>
      )}
      <Dead name={queue.name} count={queue.dead} />
      {broker === null && <Messages name={queue.name} />}
    </>
  );
}

function Body({ of }: { of: { body: string | null; bytes: number; isCut: boolean } }) {
  const words = useWords();
  return of.body === null ? (
    <span class="quiet">{words("page.serving.queue.hidden")}</span>
  ) : (
    <code class="body" tabIndex={0}>
      {of.body}
      {of.isCut && "…"}
    </code>
  );
}

const atOnce = 20;

function Messages({ name }: { name: string }) {
  const words = useWords();
  const number = useNumber();
  const [most, more] = useState(atOnce);
  const list = useResource<{ messages: QueuedMessage[] }>(`api/queues/${encodeURIComponent(name)}/messages?limit=${most}`, { every: everyMs * 2 });
  return (
    <Section title={words("page.serving.queue.front")}>
      <Read of={list} what={words("page.serving.queue.front")}>
        {({ messages }) =>
          messages.length === 0 ? (
            <p class="quiet">{words("page.serving.queue.nothing")}</p>
          ) : (
            <>
              <Table
                label={words("page.serving.queue.front")}
                head={(["key", "put-at", "deliveries", "bytes", "body"] as const).map(c => words(`page.serving.queue.${c}`))}
                numbers={[2, 3]}
              >
                {messages.map(m => (
                  <tr key={m.key}>
                    <th scope="row">
                      <code>{m.key}</code>
                    </th>
                    <td>
                      <Time at={m.putAt} /> {m.hiddenUntil !== null && <span class="badge">{words("page.serving.queue.is-held")}</span>}
                    </td>
                    <td class="number">{number(m.deliveries)}</td>
                    <td class="number">
                      <Bytes of={m.bytes} />
                    </td>
                    <td>
                      <Body of={m} />
                    </td>
                  </tr>
                ))}
              </Table>
              {messages.length === most && most < 200 && (
                <button type="button" class="after" onClick={() => more(n => Math.min(200, n * 2))}>
                  {words("page.serving.queue.more")}
                </button>
              )}
              <p class="note">{words("page.serving.queue.front.note")}</p>
            </>
          )
        }
      </Read>
    </Section>
  );
}

type Act = "put-back" | "drop";
/** @param key null: all */
type Asked = { act: Act; key: string | null };

function Dead({ name, count }: { name: string; count: number }) {
  const words = useWords();
  const number = useNumber();
  const path = `api/queues/${encodeURIComponent(name)}/dead`;
  const [most, more] = useState(atOnce);
  const [asked, ask] = useState<Asked | null>(null);
  const list = useResource<{ letters: DeadLetter[] }>(`${path}?limit=${most}`, { every: everyMs * 2 });
  const project = useResource<Project>("api/project");
  const mayChange = project.state === "ready" && project.value.mayChange;
  const why = project.state === "ready" && !mayChange ? words("page.serving.read-only") : undefined;
  const button = (act: Act, key: string | null, label: string) => (
    <button
      type="button"
      class="small"
      disabled={!mayChange}
      title={why}
      aria-label={key === null ? undefined : words(`page.serving.queue.${act}.what`, { key })}
      onClick={() => ask({ act, key })}
    >
      {label}
    </button>
  );
  return (
    <Section title={words("page.serving.queue.letters")} count={count}>
      <Read of={list} what={words("page.serving.queue.letters")}>
        {({ letters }) =>
          letters.length === 0 ? (
            <p class="quiet">{words("page.serving.queue.no-letters")}</p>
          ) : (
            <>
              <p class="desk">
                {button("put-back", null, words("page.serving.queue.put-back.all"))} {button("drop", null, words("page.serving.queue.drop.all"))}
              </p>
              {asked?.key === null && <Sure asked={asked} path={path} count={count} onEnd={() => ask(null)} />}
              <Table
                label={words("page.serving.queue.letters")}
                head={[...(["key", "died-at", "reason", "deliveries", "body"] as const).map(c => words(`page.serving.queue.${c}`)), ""]}
                numbers={[3]}
              >
                {letters.map(d => (
                  <tr key={d.key}>
                    <th scope="row">
                      <code>{d.key}</code>
                    </th>
                    <td>
                      <Time at={d.diedAt} />
                    </td>
                    <td class="sentence bad">{d.reason.text}</td>
                    <td class="number">{number(d.deliveries)}</td>
                    <td>
                      <Body of={d} />
                    </td>
                    <td>
                      {asked?.key === d.key ? (
                        <Sure asked={asked} path={path} count={1} onEnd={() => ask(null)} />
                      ) : (
                        <>
                          {button("put-back", d.key, words("page.serving.queue.put-back"))} {button("drop", d.key, words("page.serving.queue.drop"))}
                        </>
                      )}
                    </td>
                  </tr>
                ))}
              </Table>
              {letters.length === most && most < 200 && (
                <button type="button" class="after" onClick={() => more(n => Math.min(200, n * 2))}>
                  {words("page.serving.queue.more")}
                </button>
              )}
            </>
          )
        }
      </Read>
    </Section>
  );
}

/** Asks once more before it is done, and says what came of it. */
function Sure({ asked: { act, key }, path, count, onEnd }: { asked: Asked; path: string; count: number; onEnd: () => void }) {
  const words = useWords();
  const number = useNumber();
  const [state, send] = useChange<{ count: number }>(`${path}/${act}`);
  const yes = useRef<HTMLButtonElement>(null);
  useEffect(() => yes.current?.focus(), []); // what was pressed is gone: the keyboard goes on here
  const go = async () => {
    if ((await send(key === null ? { all: true } : { keys: [key] })) !== null) onEnd();
  };
  return (
    <div class="sure" role="group" aria-label={words(`page.serving.queue.${act}`)}>
      <p>{key === null ? words(`page.serving.queue.${act}.sure-all`, { count: number(count) }) : words(`page.serving.queue.${act}.sure`, { key })}</p>
      <p class="desk">
        <button
          type="button"
          class={act === "drop" ? "small danger" : "small main"}
          disabled={state.state === "asking"}
          ref={yes}
          onClick={() => void go()}
        >
          {words(`page.serving.queue.${act}.yes`)}
        </button>
        <button type="button" class="small" onClick={onEnd}>
          {words("page.serving.queue.no")}
        </button>
      </p>
      {state.state === "failed" && (
        <p class="bad" role="alert">
          {state.reason}
        </p>
      )}
    </div>
  );
}
