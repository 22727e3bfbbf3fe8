import { useMemo } from "preact/hooks";
import { Plot, type Line } from "../src/draw/Plot";
import { bytes, clockTime } from "../src/format";
import { Empty, Page, Read } from "../src/parts";
import { useResource } from "../src/resource";
import { useLanguage } from "../src/texts";
import "../src/views.css";
import { everyMs, Rooms, Tile, useMs, useNumber } from "./parts";
import "./serving.css";
import type { Operations, PastMoment } from "./types";
import { useWords, type WordId } from "./words";

/** What this server did within the hour, from its own memory. */
export function OperationsPage() {
  const words = useWords();
  const past = useResource<Operations>("api/operations", { live: false, every: everyMs * 2 });
  return (
    <Page title={words("page.serving.operations")}>
      <Rooms here="operations" />
      <Read of={past} what={words("page.serving.operations")}>
        {value =>
          value.moments.length === 0 ? (
            <Empty command={`curl ${location.origin}/metrics`}>{words("page.serving.past.soon")}</Empty>
          ) : (
            <Hour of={value} />
          )
        }
      </Read>
    </Page>
  );
}

/** A chart: its title, its unit, and its lines. */
interface Chart {
  title: WordId;
  unit: WordId;
  lines: { name: WordId; of: (m: PastMoment) => number | null; colour?: number }[];
  /** Whether it is worth drawing. */
  when?: (all: PastMoment[]) => boolean;
}

const mebi = 1024 * 1024;
const charts: Chart[] = [
  {
    title: "page.serving.past.endpoints",
    unit: "page.serving.per-second",
    lines: [
      { name: "page.serving.answered", of: m => m.endpoints.answered },
      { name: "page.serving.errors", of: m => m.endpoints.failed, colour: 5 },
      { name: "page.serving.past.instead", of: m => m.endpoints.instead },
      { name: "page.serving.past.lookups", of: m => m.endpoints.lookups },
    ],
  },
  {
    title: "page.serving.past.endpoint-time",
    unit: "page.serving.past.ms",
    lines: [
      { name: "page.serving.past.p50", of: m => m.endpoints.p50Ms },
      { name: "page.serving.past.p99", of: m => m.endpoints.p99Ms },
    ],
    when: all => all.some(m => m.endpoints.p50Ms !== null),
  },
  {
    title: "page.serving.past.models",
    unit: "page.serving.per-second",
    lines: [
      { name: "page.serving.answered", of: m => m.models.answered },
      { name: "page.serving.errors", of: m => m.models.failed, colour: 5 },
      { name: "page.serving.past.refused", of: m => m.models.refused },
    ],
  },
  {
    title: "page.serving.past.model-time",
    unit: "page.serving.past.ms",
    lines: [
      { name: "page.serving.past.p50", of: m => m.models.p50Ms },
      { name: "page.serving.past.p99", of: m => m.models.p99Ms },
    ],
    when: all => all.some(m => m.models.p50Ms !== null),
  },
  {
    title: "page.serving.past.waiting",
    unit: "page.serving.past.requests",
    lines: [
      { name: "page.serving.past.wait", of: m => m.waiting },
      { name: "page.serving.past.run", of: m => m.running },
    ],
    when: all => all.some(m => m.waiting + m.running > 0),
  },
  {
    title: "page.serving.past.queues",
    unit: "page.serving.queue.messages",
    lines: [
      { name: "page.serving.queue.ready", of: m => m.queueReady },
      { name: "page.serving.queue.dead", of: m => m.queueDead, colour: 5 },
    ],
    when: all => all.some(m => m.queueReady + m.queueDead > 0),
  },
  {
    title: "page.serving.past.memory",
    unit: "page.serving.past.mib",
    lines: [
      { name: "page.serving.past.process", of: m => m.memoryBytes / mebi },
      { name: "page.serving.past.heap", of: m => m.heapBytes / mebi },
      { name: "page.serving.past.of-models", of: m => m.modelBytes / mebi },
    ],
  },
  { title: "page.serving.past.processors", unit: "page.serving.past.busy", lines: [{ name: "page.serving.past.process", of: m => m.processors }] },
];

function Hour({ of: { moments, processors } }: { of: Operations }) {
  const words = useWords();
  const number = useNumber();
  const ms = useMs();
  const language = useLanguage();
  const now = moments.at(-1)!;
  const drawn = useMemo(
    () =>
      charts
        .filter(c => c.when?.(moments) ?? true)
        .map(c => ({
          ...c,
          drawn: c.lines.map(
            (l): Line => ({
              name: words(l.name),
              colour: l.colour,
              points: moments.map(m => [Date.parse(m.at), l.of(m) ?? NaN]),
            }),
          ),
        })),
    [moments, language],
  );
  return (
    <>
      <p class="lead">{words("page.serving.past.lead")}</p>
      <div class="tiles">
        <Tile name={words("page.serving.past.asked")} value={number(now.endpoints.answered, 3)}>
          {words("page.serving.per-second")}
        </Tile>
        <Tile name={words("page.serving.errors")} value={number(now.endpoints.failed, 3)} bad={now.endpoints.failed > 0}>
          {words("page.serving.per-second")}
        </Tile>
        <Tile name="p99" value={now.endpoints.p99Ms === null ? "–" : ms(now.endpoints.p99Ms)} />
        <Tile name={words("page.serving.queue.ready")} value={number(now.waiting)} />
        <Tile name={words("page.serving.past.memory")} value={bytes(now.memoryBytes, language)} />
        <Tile name={words("page.serving.past.busy")} value={number(now.processors, 2)}>
          {words("page.serving.past.of-processors", { count: processors })}
        </Tile>
      </div>
      <div class="plots after">
        {drawn.map(c => (
          <Plot
            key={c.title}
            title={words(c.title)}
            x={words("page.serving.time")}
            y={words(c.unit)}
            fromZero
            xText={x => clockTime(new Date(x).toISOString(), language)}
            lines={c.drawn}
          />
        ))}
      </div>
    </>
  );
}
