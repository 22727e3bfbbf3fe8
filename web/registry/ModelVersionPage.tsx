import { useState } from "preact/hooks";
import { StatusMark } from "../experiments/parts";
import { Artifacts } from "../files/Artifacts";
import { useText } from "../files/text";
import { imagesBeside } from "../files/Viewer";
import type { Version } from "../src/api";
import { useLive } from "../src/live";
import { Hash, Page, Read, Section, Stage as Badge, Table, Time, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import "../src/views.css";
import { readVersion, useAnswer, usePaced, type Whole } from "./asking";
import { at, keptAt, stages, useCalls, valueOf, type ModelVersion, type Stage } from "./calls";
import { Described, Failed, Sure, Tags, useMayChange } from "./Editing";
import type { Column, MlModel } from "./mlmodel";
import { mostDescription } from "./ModelPage";
import "./registry.css";
import { Datasets } from "./TrackedRunPage";
import { useWords } from "./words";

export function ModelVersionPage({ name, version }: { name: string; version: string }) {
  const words = useWords();
  const whole = useAnswer(`${name} ${version}`, usePaced(useLive().revision, 2000), (language, stop) => readVersion(name, version, language, stop));
  const title = `${name} ${words("page.reg.v", { version })}`;
  return (
    <Page title={title} kind={words("page.reg.model-version")}>
      <Read of={whole} what={title}>
        {value => <Shown of={value} />}
      </Read>
    </Page>
  );
}

function Shown({ of: { version: v, storage, files, run, model } }: { of: Whole }) {
  const words = useWords();
  const may = useMayChange();
  const root = keptAt(storage);
  const number = Number(v.version);
  const tag = (key: string) => valueOf(v.tags, key) ?? valueOf(run?.data.tags, key);
  const made = tag("kumiki.version");
  const commit = tag("mlflow.source.git.commit");
  const source = tag("mlflow.source.name");
  const facts: [string, preact.ComponentChildren][] = [
    [words("page.reg.model"), <a href={to.registeredModel(v.name)}>{v.name}</a>],
    [words("page.reg.created"), <Time at={new Date(v.creation_timestamp).toISOString()} />],
    [words("page.reg.stage"), <Staged version={v} may={may} />],
    [words("page.reg.aliases"), <Aliases version={v} may={may} />],
  ];
  if (v.run_id)
    facts.push([
      words("page.reg.run"),
      run ? (
        <>
          <a href={to.trackedRun(v.run_id)}>{run.info.run_name}</a> <StatusMark status={run.info.status} />
        </>
      ) : (
        <span class="quiet">{words("page.reg.run-gone", { run: v.run_id })}</span>
      ),
    ]);
  if (made) facts.push([words("page.reg.asset-version"), <InKumiki name={made} />]);
  if (source) facts.push([words("page.tr.source"), <code>{source}</code>]);
  if (commit) facts.push([words("page.tr.commit"), <Hash of={commit} />]);
  facts.push([words("page.reg.from"), <code>{v.source}</code>]);
  if (number > 1)
    facts.push([
      words("page.reg.compare.title"),
      <a href={to.registryDiff(v.name, String(number - 1), v.version)}>{words("page.reg.compare.with", { version: number - 1 })}</a>,
    ]);
  return (
    <>
      <Values of={facts} />
      <Described
        title={words("page.reg.description")}
        text={v.description ?? ""}
        none={words("page.reg.no-description")}
        most={mostDescription}
        may={may}
        imageAt={root === null ? () => null : imagesBeside(root, "")}
        change={description => ["PATCH", "model-versions/update", { name: v.name, version: v.version, description }]}
      />
      <Model of={model} />
      {run && <Datasets of={run.inputs.dataset_inputs ?? []} />}
      {root !== null && files.includes("requirements.txt") && <Requirements root={root} />}
      <Section title={words("page.art.title")}>
        <Artifacts uri={storage} none={words("page.reg.no-files")} />
      </Section>
      <Tags
        of={v.tags ?? []}
        may={may}
        set={t => ["POST", "model-versions/set-tag", { name: v.name, version: v.version, ...t }]}
        remove={key => ["DELETE", "model-versions/delete-tag", { name: v.name, version: v.version, key }]}
      />
      {may && (
        <Sure
          label={words("page.reg.delete-version")}
          means={words("page.reg.delete-version.means", { version: v.version })}
          change={["DELETE", "model-versions/delete", { name: v.name, version: v.version }]}
          onDone={() => (location.hash = to.registeredModel(v.name))}
        />
      )}
    </>
  );
}

/** The version of an asset that a registered one is: where it stands there, and what keeps it from being released. */
function InKumiki({ name }: { name: string }) {
  const say = useSay();
  const version = useResource<Version>(`api/versions/${name.split("@").map(encodeURIComponent).join("/")}`);
  return (
    <>
      <VersionLink name={name} /> {version.state === "ready" && version.value.stages.map(s => <Badge key={s} name={s} />)}
      {version.state === "ready" && version.value.imported?.refused && (
        <span class="refused">
          <span class="bad">✕</span> {say("page.imported.refused", { why: version.value.imported.refused.text })}
        </span>
      )}
    </>
  );
}

function Staged({ version: v, may }: { version: ModelVersion; may: boolean }) {
  const words = useWords();
  const [state, call] = useCalls();
  const [archives, setArchives] = useState(false);
  if (!may) return <>{v.current_stage}</>;
  return (
    <span class="inline">
      <select
        aria-label={words("page.reg.stage")}
        value={v.current_stage}
        disabled={state.state === "asking"}
        onChange={e => {
          const stage = e.currentTarget.value as Stage;
          void call([
            "POST",
            "model-versions/transition-stage",
            {
              name: v.name,
              version: v.version,
              stage,
              archive_existing_versions: archives && (stage === "Staging" || stage === "Production"),
            },
          ]);
        }}
      >
        {stages.map(s => (
          <option key={s} value={s}>
            {s}
          </option>
        ))}
      </select>
      <label class="check">
        <input type="checkbox" checked={archives} onChange={e => setArchives(e.currentTarget.checked)} /> {words("page.reg.archive")}
      </label>
      <small class="quiet">{words("page.reg.stage.means")}</small>
      <Failed of={state} />
    </span>
  );
}

function Aliases({ version: v, may }: { version: ModelVersion; may: boolean }) {
  const words = useWords();
  const [state, call] = useCalls();
  const [written, write] = useState("");
  return (
    <span class="inline">
      {(v.aliases ?? []).map(a => (
        <span key={a}>
          <span class="badge alias">@{a}</span>
          {may && (
            <button
              type="button"
              class="small"
              aria-label={words("page.reg.alias.remove", { alias: a })}
              onClick={() => call(["DELETE", "registered-models/alias", { name: v.name, alias: a }])}
            >
              ✕
            </button>
          )}
        </span>
      ))}
      {(v.aliases ?? []).length === 0 && !may && "–"}
      {may && (
        <form
          class="inline"
          onSubmit={async e => {
            e.preventDefault();
            if (await call(["POST", "registered-models/alias", { name: v.name, alias: written.trim(), version: v.version }])) write("");
          }}
        >
          <input
            aria-label={words("page.reg.alias")}
            placeholder={words("page.reg.alias.like")}
            size={14}
            maxLength={255}
            required
            value={written}
            onInput={e => write(e.currentTarget.value)}
          />
          <button type="submit" class="small" disabled={written.trim() === ""}>
            {words("page.reg.alias.set")}
          </button>
        </form>
      )}
      <Failed of={state} />
    </span>
  );
}

function Model({ of }: { of: Whole["model"] }) {
  const words = useWords();
  if (of === null) return null;
  if ("bad" in of)
    return (
      <Section title={words("page.reg.signature")}>
        <p class="warning" role="alert">
          {words("page.reg.bad-mlmodel", { reason: of.bad })}
        </p>
      </Section>
    );
  return <Signature of={of} />;
}

function Signature({ of }: { of: MlModel }) {
  const words = useWords();
  const none = of.inputs.length + of.outputs.length + of.params.length === 0;
  return (
    <>
      <Section title={words("page.reg.signature")}>
        {none ? (
          <p class="quiet">{words("page.reg.no-signature")}</p>
        ) : (
          <div class="columns">
            <Columns title={words("page.reg.inputs")} of={of.inputs} />
            <Columns title={words("page.reg.outputs")} of={of.outputs} />
            {of.params.length > 0 && (
              <div>
                <h3>{words("page.reg.params")}</h3>
                <Table label={words("page.reg.params")} head={[words("page.reg.name"), words("page.reg.type"), words("page.reg.default")]}>
                  {of.params.map(p => (
                    <tr key={p.name}>
                      <th scope="row">{p.name}</th>
                      <td>{p.type}</td>
                      <td>
                        <code>{p.value}</code>
                      </td>
                    </tr>
                  ))}
                </Table>
              </div>
            )}
          </div>
        )}
      </Section>
      <Section title={words("page.reg.flavours")} count={of.flavours.length}>
        {of.flavours.map(f => (
          <details key={f.name} class="model">
            <summary>
              <b>{f.name}</b> <span class="quiet">{f.about.find(([n]) => n.endsWith("_version") || n === "version")?.[1] ?? ""}</span>
            </summary>
            <Values of={f.about.map(([n, value]) => [<code>{n}</code>, value])} />
          </details>
        ))}
        {of.mlflow && <p class="note">{words("page.reg.logged-by", { version: of.mlflow })}</p>}
      </Section>
    </>
  );
}

function Columns({ title, of }: { title: string; of: Column[] }) {
  const words = useWords();
  if (of.length === 0) return null;
  return (
    <div>
      <h3>{title}</h3>
      <Table label={title} head={[words("page.reg.name"), words("page.reg.type"), words("page.reg.required")]}>
        {of.map(c => (
          <tr key={c.name}>
            <th scope="row">{c.name}</th>
            <td>{c.type}</td>
            <td>{words(c.isRequired ? "page.reg.yes" : "page.reg.no")}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

function Requirements({ root }: { root: string }) {
  const words = useWords();
  const text = useText(at.file(`${root}/requirements.txt`), 0, 1 << 18);
  return (
    <Section title={words("page.reg.requirements")}>
      <Read of={text} what={words("page.reg.requirements")}>
        {value => (
          <pre class="lines" tabIndex={0} role="region" aria-label={words("page.reg.requirements")}>
            {value.text}
          </pre>
        )}
      </Read>
    </Section>
  );
}
