import { useState } from "preact/hooks";
import { AssetLink, Page, Read, Section, Table, Time, Values } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { at, quoted, useCalls, valueOf, type ModelVersion, type RegisteredModel } from "./calls";
import { Described, Failed, Rename, Sure, Tags, useMayChange } from "./Editing";
import "./registry.css";
import { useWords } from "./words";

export const mostDescription = 5000;

export function ModelPage({ name }: { name: string }) {
  const words = useWords();
  const model = useResource<{ registered_model: RegisteredModel }>(at.model(name));
  return (
    <Page title={name} kind={words("page.reg.model")}>
      <Read of={model} what={name}>
        {value => <Whole model={value.registered_model} />}
      </Read>
    </Page>
  );
}

function Whole({ model: m }: { model: RegisteredModel }) {
  const words = useWords();
  const may = useMayChange();
  const asset = valueOf(m.tags, "kumiki.asset");
  const facts: [string, preact.ComponentChildren][] = [
    [words("page.reg.created"), <Time at={new Date(m.creation_timestamp).toISOString()} />],
    [words("page.reg.updated"), <Time at={new Date(m.last_updated_timestamp).toISOString()} />],
  ];
  if (asset) facts.push([words("page.reg.asset"), <AssetLink name={asset} />]);
  return (
    <>
      <Values of={facts} />
      {may && (
        <p class="after-text">
          <Rename
            name={m.name}
            change={name => ["POST", "registered-models/rename", { name: m.name, new_name: name }]}
            onDone={name => (location.hash = to.registeredModel(name))}
          />
        </p>
      )}
      <Described
        title={words("page.reg.description")}
        text={m.description ?? ""}
        none={words("page.reg.no-description")}
        most={mostDescription}
        may={may}
        imageAt={() => null}
        change={description => ["PATCH", "registered-models/update", { name: m.name, description }]}
      />
      <Aliases model={m} may={may} />
      <Versions model={m} />
      <Tags
        of={m.tags ?? []}
        may={may}
        set={tag => ["POST", "registered-models/set-tag", { name: m.name, ...tag }]}
        remove={key => ["DELETE", "registered-models/delete-tag", { name: m.name, key }]}
      />
      {may && (
        <Sure
          label={words("page.reg.delete")}
          means={words("page.reg.delete.means", { name: m.name })}
          change={["DELETE", "registered-models/delete", { name: m.name }]}
          onDone={() => (location.hash = to.registry)}
        />
      )}
    </>
  );
}

function Aliases({ model: m, may }: { model: RegisteredModel; may: boolean }) {
  const words = useWords();
  const [state, call] = useCalls();
  const [written, write] = useState({ alias: "", version: "" });
  const aliases = m.aliases ?? [];
  return (
    <Section title={words("page.reg.aliases")} count={aliases.length}>
      {aliases.length === 0 ? (
        <p class="quiet">{words("page.reg.no-aliases", { name: m.name })}</p>
      ) : (
        <ul class="aliases">
          {aliases.map(a => (
            <li key={a.alias}>
              <span class="badge alias">@{a.alias}</span> → <a href={to.registered(m.name, a.version)}>{words("page.reg.v", { version: a.version })}</a>{" "}
              {may && (
                <button
                  type="button"
                  class="small"
                  aria-label={words("page.reg.alias.remove", { alias: a.alias })}
                  onClick={() => call(["DELETE", "registered-models/alias", { name: m.name, alias: a.alias }])}
                >
                  ✕
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {may && (
        <form
          class="inline adding"
          onSubmit={async e => {
            e.preventDefault();
            if (await call(["POST", "registered-models/alias", { name: m.name, alias: written.alias.trim(), version: written.version.trim() }]))
              write({ alias: "", version: "" });
          }}
        >
          <input
            aria-label={words("page.reg.alias")}
            placeholder={words("page.reg.alias.like")}
            required
            maxLength={255}
            value={written.alias}
            onInput={e => write({ ...written, alias: e.currentTarget.value })}
          />
          <input
            aria-label={words("page.reg.version")}
            placeholder={words("page.reg.version")}
            required
            inputMode="numeric"
            size={8}
            value={written.version}
            onInput={e => write({ ...written, version: e.currentTarget.value })}
          />
          <button type="submit" disabled={written.alias.trim() === "" || written.version.trim() === ""}>
            {words("page.reg.alias.set")}
          </button>
        </form>
      )}
      <Failed of={state} />
    </Section>
  );
}

function Versions({ model: m }: { model: RegisteredModel }) {
  const words = useWords();
  const [tokens, setTokens] = useState<(string | undefined)[]>([undefined]);
  const [pair, choose] = useState<string[]>([]);
  const named = quoted(m.name);
  const tick = (version: string) => choose(p => (p.includes(version) ? p.filter(v => v !== version) : [...p.slice(-1), version]));
  const [left, right] = [...pair].sort((a, b) => Number(a) - Number(b));
  return (
    <Section title={words("page.reg.versions")}>
      {named === null ? (
        <p class="failed" role="alert">
          {words("page.reg.both-quotes")}
        </p>
      ) : (
        tokens.map((token, i) => (
          <Part
            key={token ?? ""}
            filter={`name = ${named}`}
            token={token}
            model={m}
            part={i}
            isLast={i === tokens.length - 1}
            pair={pair}
            onTick={tick}
            onMore={next => setTokens(t => [...t, next])}
          />
        ))
      )}
      <p class="after-text" role="status">
        {left !== undefined && right !== undefined ? (
          <a class="button main" href={to.registryDiff(m.name, left, right)}>
            {words("page.reg.compare", { left, right })}
          </a>
        ) : (
          <span class="quiet">{words("page.reg.compare.how")}</span>
        )}
      </p>
    </Section>
  );
}

function Part({
  filter,
  token,
  model: m,
  part,
  isLast,
  pair,
  onTick,
  onMore,
}: {
  filter: string;
  token: string | undefined;
  model: RegisteredModel;
  part: number;
  isLast: boolean;
  pair: string[];
  onTick: (version: string) => void;
  onMore: (next: string) => void;
}) {
  const words = useWords();
  const found = useResource<{ model_versions?: ModelVersion[]; next_page_token?: string }>(at.versions(filter, token));
  return (
    <Read of={found} what={words("page.reg.versions")}>
      {value =>
        (value.model_versions ?? []).length === 0 ? (
          <p class="quiet">{words("page.reg.no-versions")}</p>
        ) : (
          <>
            <Table
              label={part === 0 ? words("page.reg.versions") : words("page.reg.part", { what: words("page.reg.versions"), part: part + 1 })}
              head={[
                "",
                words("page.reg.version"),
                words("page.reg.created"),
                words("page.reg.stage"),
                words("page.reg.aliases"),
                words("page.reg.run"),
                words("page.reg.description"),
              ]}
            >
              {value.model_versions!.map(v => (
                <tr key={v.version}>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={words("page.reg.choose", { version: v.version })}
                      checked={pair.includes(v.version)}
                      onChange={() => onTick(v.version)}
                    />
                  </td>
                  <th scope="row">
                    <a href={to.registered(m.name, v.version)}>{words("page.reg.v", { version: v.version })}</a>
                  </th>
                  <td>
                    <Time at={new Date(v.creation_timestamp).toISOString()} />
                  </td>
                  <td>{v.current_stage === "None" ? "–" : <span class={`badge stage-${v.current_stage.toLowerCase()}`}>{v.current_stage}</span>}</td>
                  <td>
                    {(v.aliases ?? []).map(a => (
                      <span key={a} class="badge alias">
                        @{a}
                      </span>
                    ))}
                  </td>
                  <td>{v.run_id ? <a href={to.trackedRun(v.run_id)}>{v.run_id.slice(0, 8)}</a> : "–"}</td>
                  <td class="sentence">{(v.description ?? "").split("\n")[0]!.slice(0, 120)}</td>
                </tr>
              ))}
            </Table>
            {isLast && value.next_page_token && (
              <button type="button" class="after-text" onClick={() => onMore(value.next_page_token!)}>
                {words("page.reg.more")}
              </button>
            )}
          </>
        )
      }
    </Read>
  );
}
