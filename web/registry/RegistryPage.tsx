import { useEffect, useState } from "preact/hooks";
import { Page, Section, Table, Time } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { at, quoted, type RegisteredModel } from "./calls";
import "./registry.css";
import { useWords } from "./words";

/** What is looked for as the protocol's filter: a word is part of a name, and what is a filter already stays one. */
export function filterOf(written: string): string | null {
  const text = written.trim();
  if (text === "") return "";
  if (/^(tags?\.|name\s*(=|!=|i?like\b))/i.test(text)) return text;
  const part = quoted(`%${text}%`);
  return part === null ? null : `name ILIKE ${part}`;
}

export function RegistryPage() {
  const words = useWords();
  const [written, write] = useState("");
  const [order, setOrder] = useState("last_updated_timestamp DESC");
  const [asked, ask] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => ask(written), 250);
    return () => clearTimeout(timer);
  }, [written]);
  const filter = filterOf(asked);
  return (
    <Page title={words("page.reg.title")}>
      <p class="lead">{words("page.reg.lead")}</p>
      <div class="filters">
        <label>
          {words("page.reg.find")}{" "}
          <input type="search" value={written} class="wide" placeholder={words("page.reg.find.like")} onInput={e => write(e.currentTarget.value)} />
        </label>
        <label>
          {words("page.reg.order")}
          <select value={order} onChange={e => setOrder(e.currentTarget.value)}>
            <option value="last_updated_timestamp DESC">{words("page.reg.order.newest")}</option>
            <option value="name ASC">{words("page.reg.order.name")}</option>
          </select>
        </label>
      </div>
      {filter === null ? (
        <p class="failed" role="alert">
          {words("page.reg.both-quotes")}
        </p>
      ) : (
        <Models key={`${filter} ${order}`} filter={filter} order={order} />
      )}
    </Page>
  );
}

function Models({ filter, order }: { filter: string; order: string }) {
  const words = useWords();
  const [tokens, setTokens] = useState<(string | undefined)[]>([undefined]);
  return (
    <Section title={words("page.reg.models")}>
      {tokens.map((token, i) => (
        <Part
          key={token ?? ""}
          filter={filter}
          order={order}
          token={token}
          part={i}
          isLast={i === tokens.length - 1}
          onMore={next => setTokens(t => [...t, next])}
        />
      ))}
    </Section>
  );
}

function Part({
  filter,
  order,
  token,
  part,
  isLast,
  onMore,
}: {
  filter: string;
  order: string;
  token: string | undefined;
  part: number;
  isLast: boolean;
  onMore: (next: string) => void;
}) {
  const words = useWords();
  const found = useResource<{ registered_models?: RegisteredModel[]; next_page_token?: string }>(at.models(filter, order, token));
  if (found.state === "loading")
    return (
      <p role="status" class="loading">
        {words("page.reg.reading")}
      </p>
    );
  if (found.state === "failed")
    return (
      <div role="alert" class="failed">
        <p>{found.reason}</p>
        <button type="button" onClick={found.retry}>
          {words("page.reg.again")}
        </button>
      </div>
    );
  const models = found.value.registered_models ?? [];
  if (part === 0 && models.length === 0) return filter === "" ? <None /> : <p class="quiet">{words("page.reg.none-found")}</p>;
  return (
    <>
      <Table
        label={part === 0 ? words("page.reg.models") : words("page.reg.part", { what: words("page.reg.models"), part: part + 1 })}
        head={["page.reg.model", "page.reg.newest", "page.reg.aliases", "page.reg.stages", "page.tags", "page.reg.updated"].map(id => words(id as "page.tags"))}
      >
        {models.map(m => (
          <Line key={m.name} model={m} />
        ))}
      </Table>
      {isLast && found.value.next_page_token && (
        <button type="button" class="after-text" onClick={() => onMore(found.value.next_page_token!)}>
          {words("page.reg.more")}
        </button>
      )}
    </>
  );
}

function Line({ model: m }: { model: RegisteredModel }) {
  const words = useWords();
  const newest = (m.latest_versions ?? []).reduce<number>((most, v) => Math.max(most, Number(v.version)), 0);
  return (
    <tr>
      <th scope="row">
        <a href={to.registeredModel(m.name)}>{m.name}</a>
        {m.description && <span class="first-line quiet">{m.description.split("\n")[0]!.slice(0, 90)}</span>}
      </th>
      <td>{newest > 0 ? <a href={to.registered(m.name, String(newest))}>{words("page.reg.v", { version: newest })}</a> : "–"}</td>
      <td>
        {(m.aliases ?? []).length === 0
          ? "–"
          : m.aliases!.map(a => (
              <a key={a.alias} class="badge alias" href={to.registered(m.name, a.version)}>
                @{a.alias} → {a.version}
              </a>
            ))}
      </td>
      <td>
        {(m.latest_versions ?? [])
          .filter(v => v.current_stage !== "None")
          .map(v => (
            <span key={v.current_stage} class={`badge stage-${v.current_stage.toLowerCase()}`}>
              {v.current_stage} {v.version}
            </span>
          ))}
      </td>
      <td class="sentence">
        {(m.tags ?? []).slice(0, 6).map(t => (
          <span key={t.key} class="badge">
            {t.key}
            {t.value && `: ${t.value.slice(0, 40)}`}
          </span>
        ))}
      </td>
      <td>
        <Time at={new Date(m.last_updated_timestamp).toISOString()} />
      </td>
    </tr>
  );
}

function None() {
  const words = useWords();
  return (
    <div class="empty">
      <p>{words("page.reg.empty")}</p>
      <pre class="sample" tabIndex={0} aria-label={words("page.reg.sample")}>{`import mlflow

mlflow.set_tracking_uri("${location.origin}")
with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model",
                             registered_model_name="demand")`}</pre>
    </div>
  );
}
