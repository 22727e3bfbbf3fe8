import { useState } from "preact/hooks";
import { post, Refusal, type Project } from "../src/api";
import { Bar } from "../src/draw/Plot";
import { Bytes, Empty, Page, Read, Section, Table, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import "../src/views.css";
import { everyMs, Rooms, useMs, useNumber } from "./parts";
import "./serving.css";
import type { ModelInMemory, Servable, Serving } from "./types";
import { useWords } from "./words";

/** The models that this server holds, what they take and how they do; and those it could load. */
export function ServingPage() {
  const words = useWords();
  const serving = useResource<Serving>("api/serving", { every: everyMs });
  return (
    <Page title={words("page.serving.memory")}>
      <Rooms here="serving" />
      <Read of={serving} what={words("page.serving.memory")}>
        {value => <InMemory of={value} />}
      </Read>
      <Loadable loaded={serving.state === "ready" ? serving.value.models : []} />
    </Page>
  );
}

function InMemory({ of }: { of: Serving }) {
  const words = useWords();
  const number = useNumber();
  const ms = useMs();
  const share = of.mostBytes === 0 ? 0 : of.bytes / of.mostBytes;
  const names = [...new Set(of.models.map(m => m.version.split("@")[0]!))];
  return (
    <>
      <p>
        <b>
          <Bytes of={of.bytes} />
        </b>{" "}
        {words("page.serving.of-most")} <Bytes of={of.mostBytes} /> <span class="quiet">({number(share * 100, 2)}%)</span>
      </p>
      <svg
        class="memory"
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
        role="img"
        aria-label={words("page.serving.memory.share", { share: `${number(share * 100, 2)}%` })}
      >
        <rect class="zone-low" width="100" height="8" />
        <rect class={share > 0.9 ? "zone-full" : "zone-high"} width={Math.max(of.bytes > 0 ? 0.4 : 0, Math.min(100, share * 100))} height="8" />
      </svg>
      <p class="note">{words("page.serving.memory.note")}</p>
      {of.models.length === 0 ? (
        <div class="after">
          <Empty command={`curl -X POST ${location.origin}/v2/repository/models/NAME/load`}>{words("page.serving.memory.empty")}</Empty>
        </div>
      ) : (
        <Section title={words("page.serving.models")} count={of.models.length}>
          <Table
            label={words("page.serving.models")}
            head={(["model", "bytes", "batches", "waiting", "running", "answered", "errors", "rows-a-run", "mean", "mean-run"] as const)
              .map(c => words(`page.serving.col.${c}`))
              .concat("")}
            numbers={[3, 4, 5, 6, 7, 8, 9]}
          >
            {of.models.map(m => (
              <tr key={m.version}>
                <th scope="row">
                  <VersionLink name={m.version} />
                </th>
                <td>
                  <Bar value={m.bytes} most={of.bytes} />
                  <Bytes of={m.bytes} />
                </td>
                <td>
                  {m.batches ? words("page.serving.batches", { rows: number(m.batchRows) }) : <span class="quiet">{words("page.serving.batches.not")}</span>}
                </td>
                <td class="number">
                  {number(m.queued)} / {number(m.queue)}
                </td>
                <td class="number">{number(m.running)}</td>
                <td class="number">{number(m.answered)}</td>
                <td class="number">{m.failed === 0 ? "0" : <span class="bad">{number(m.failed)}</span>}</td>
                <td class="number">{m.runs === 0 ? "–" : number(m.rows / m.runs, 3)}</td>
                <td class="number">{m.meanMs === null ? "–" : ms(m.meanMs)}</td>
                <td class="number">{m.meanRunMs === null ? "–" : ms(m.meanRunMs)}</td>
                <td>{names.length > 0 && <Move name={m.version.split("@")[0]!} verb="unload" label={m.version} />}</td>
              </tr>
            ))}
          </Table>
          <p class="note">{words("page.serving.unload.note")}</p>
        </Section>
      )}
    </>
  );
}

/** Every version that could be served and is not in memory. */
function Loadable({ loaded }: { loaded: ModelInMemory[] }) {
  const words = useWords();
  const index = useResource<Servable[]>("v2/repository/index", { body: {}, every: everyMs * 2 });
  const held = new Set(loaded.map(m => m.version));
  return (
    <Section title={words("page.serving.loadable")}>
      <Read of={index} what={words("page.serving.loadable")}>
        {all => {
          const rest = all.filter(s => !held.has(`${s.name}@${s.version}`));
          return all.length === 0 ? (
            <Empty command="kumiki models import NAME FILE.onnx">{words("page.serving.loadable.empty")}</Empty>
          ) : rest.length === 0 ? (
            <p class="quiet">{words("page.serving.loadable.none")}</p>
          ) : (
            <Rest of={rest} all={all} />
          );
        }}
      </Read>
    </Section>
  );
}

const atOnce = 50;

function Rest({ of, all }: { of: Servable[]; all: Servable[] }) {
  const words = useWords();
  const [shown, show] = useState(atOnce);
  const first = new Set<string>();
  return (
    <>
      <Table label={words("page.serving.loadable")} head={[words("page.serving.col.model"), words("page.serving.col.state"), ""]}>
        {of.slice(0, shown).map(s => {
          const isFirst = !first.has(s.name);
          first.add(s.name);
          const others = all.filter(a => a.name === s.name).length;
          return (
            <tr key={`${s.name}@${s.version}`}>
              <th scope="row">
                <VersionLink name={`${s.name}@${s.version}`} />
              </th>
              <td class="sentence">{s.reason === "" ? words("page.serving.not-in-memory") : s.reason}</td>
              <td>{isFirst && <Move name={s.name} verb="load" label={others > 1 ? s.name : `${s.name}@${s.version}`} />}</td>
            </tr>
          );
        })}
      </Table>
      {of.length > shown && (
        <button type="button" onClick={() => show(n => n + atOnce)}>
          {words("page.serving.more", { count: of.length - shown })}
        </button>
      )}
      <p class="note">{words("page.serving.load.note")}</p>
    </>
  );
}

/** A button that loads or unloads a model; it does nothing where the server only shows. */
function Move({ name, verb, label }: { name: string; verb: "load" | "unload"; label: string }) {
  const words = useWords();
  const say = useSay();
  const language = useLanguage();
  const project = useResource<Project>("api/project");
  const [state, set] = useState<"idle" | "asking" | { failed: string }>("idle");
  const mayChange = project.state === "ready" && project.value.mayChange;
  const move = async () => {
    set("asking");
    try {
      await post(`v2/repository/models/${encodeURIComponent(name)}/${verb}`, {}, language);
      set("idle");
    } catch (error) {
      set({ failed: error instanceof Refusal ? error.message : say("page.no-answer") });
    }
  };
  return (
    <>
      <button
        type="button"
        class="small"
        disabled={!mayChange || state === "asking"}
        title={project.state === "ready" && !mayChange ? words("page.serving.read-only") : undefined}
        aria-label={words(`page.serving.${verb}.what`, { model: label })}
        onClick={() => void move()}
      >
        {words(`page.serving.${verb}`)}
      </button>
      {typeof state === "object" && (
        <span class="bad refused" role="alert">
          {state.failed}
        </span>
      )}
    </>
  );
}
