import { useState } from "preact/hooks";
import { Drawing, useNarrow } from "../graph/Drawing";
import type { Version } from "../src/api";
import { figure } from "../src/format";
import { AssetLink, Bytes, Hash, Page, Read, RunLink, Section, Stage, Table, Time, useKind, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useLanguage, useSay, type TextId } from "../src/texts";
import { TableRows } from "./Rows";
import { Schema } from "./Schema";
import { StageButton } from "./StageButton";

export function VersionPage({ asset, number }: { asset: string; number: string }) {
  const kind = useKind();
  const name = `${asset}@${number}`;
  const version = useResource<Version>(`api/versions/${encodeURIComponent(asset)}/${encodeURIComponent(number)}`);
  return (
    <Page title={name} kind={version.state === "ready" ? kind(version.value.kind) : undefined}>
      <Read of={version} what={name}>{value => <Whole version={value} asset={asset} />}</Read>
    </Page>
  );
}

const filesAtOnce = 50;

function Whole({ version: v, asset }: { version: Version; asset: string }) {
  const [files, setFiles] = useState(filesAtOnce);
  const say = useSay();
  const language = useLanguage();
  const number = Number(v.name.split("@")[1]);
  return (
    <>
      <Values
        of={[
          [say("page.asset"), <AssetLink name={asset} />],
          [
            say("page.stages"),
            <>
              {v.stages.length === 0 ? "–" : v.stages.map(s => <Stage key={s} name={s} />)} {!v.stages.includes("staging") && <StageButton version={v.name} />}
            </>,
          ],
          [
            say("page.made"),
            <>
              <Time at={v.madeAt} />
              {v.run && (
                <>
                  {" "}
                  · <RunLink id={v.run.id} />
                </>
              )}
            </>,
          ],
          ...(v.files.some(f => f.path === "report.json")
            ? [[say("page.report"), <a href={to.report(v.name)}>{say("page.report.open")}</a>] as [string, preact.JSX.Element]]
            : []),
          ...(v.kind === "threshold" && v.facts["threshold.rows"] !== undefined
            ? [[say("page.threshold"), <a href={to.threshold(v.name)}>{say("page.threshold.open")}</a>] as [string, preact.JSX.Element]]
            : []),
          ...(v.kind === "goal" ? [[say("page.kind.goal"), <a href={to.goal(asset)}>{say("page.goal.open")}</a>] as [string, preact.JSX.Element]] : []),
          ...(v.imported
            ? [
                [
                  say("page.imported"),
                  <>
                    <a href={to.registered(v.imported.model, String(v.imported.number))}>
                      {v.imported.model} {v.imported.number}
                    </a>{" "}
                    · {v.imported.flavors.join(", ")}
                    {v.imported.checkedBy && <span class="quiet"> · {v.imported.checkedBy}</span>}
                  </>,
                ] as [string, preact.JSX.Element],
              ]
            : []),
          [say("page.content"), <Hash of={v.content} />],
          ...(v.previous === null
            ? []
            : [
                [say("page.compare"), <a href={to.diff(v.previous, v.name)}>{say("page.compare.with", { version: v.previous })}</a>] as [
                  string,
                  preact.JSX.Element,
                ],
              ]),
          ...(v.newest === number ? [] : [[say("page.newest"), <VersionLink name={`${asset}@${v.newest}`} />] as [string, preact.JSX.Element]]),
        ]}
      />

      {v.imported?.refused && (
        <p class="note">
          <span class="bad">✕</span> {say("page.imported.refused", { why: v.imported.refused.text })}
        </p>
      )}

      {Object.keys(v.metrics).length > 0 && (
        <Section title={say("page.metrics")}>
          <div class="tiles">
            {Object.entries(v.metrics).map(([n, m]) => (
              <div key={n} class="tile">
                <span>{n}</span>
                <b>{figure(m, language)}</b>
              </div>
            ))}
          </div>
        </Section>
      )}

      {v.checks.length > 0 && (
        <Section title={say("page.checks")}>
          <Table label={say("page.checks")} head={[say("page.name"), say("page.kind"), say("page.result"), say("page.says")]}>
            {v.checks.map(c => (
              <tr key={c.name}>
                <th scope="row">{c.name}</th>
                <td>{say(`page.check.${c.kind}`)}</td>
                <td>{c.held ? <span class="good">✓ {say("page.check.held")}</span> : <span class="bad">✕ {say("page.check.failed")}</span>}</td>
                <td class="sentence">{c.says.text}</td>
              </tr>
            ))}
          </Table>
        </Section>
      )}

      <Section title={say("page.lineage")}>
        <Lineage version={v} />
        {v.imported && (v.imported.run !== null || v.imported.data.length > 0) && (
          <ul class="neighbours">
            {v.imported.run !== null && (
              <li>
                {say("page.run")} <a href={to.trackedRun(v.imported.run)}><code>{v.imported.run}</code></a>
              </li>
            )}
            {v.imported.data.map(d => (
              <li key={`${d.name} ${d.digest}`}>
                {d.name} <code>{d.digest}</code> {d.context !== null && <span class="quiet">{d.context}</span>}
              </li>
            ))}
          </ul>
        )}
        {(v.inputs.length > 0 || !v.imported?.run) && <Inputs version={v} />}
        {v.outside.length > 0 && (
          <Table label={say("page.outside")} head={[say("page.outside"), say("page.size"), say("page.digest")]} numbers={[1]}>
            {v.outside.map(o => (
              <tr key={o.path}>
                <th scope="row">
                  <code>{o.path}</code>
                </th>
                <td class="number">
                  <Bytes of={o.bytes} />
                </td>
                <td>
                  <Hash of={o.content} />
                </td>
              </tr>
            ))}
          </Table>
        )}
        {v.apart.map(a => (
          <p key={a.source} class="note">
            {say("page.apart", { source: a.source, because: a.because })}
          </p>
        ))}
      </Section>

      <Section title={say("page.users")} count={v.users.length}>
        {v.users.length === 0 ? (
          <p class="quiet">{say("page.users.none")}</p>
        ) : (
          <ul class="neighbours">
            {v.users.map(u => (
              <li key={u.name}>
                <VersionLink name={u.name} />{" "}
                <span class="quiet">
                  <Time at={u.madeAt} />
                </span>{" "}
                {u.stages.map(s => (
                  <Stage key={s} name={s} />
                ))}
              </li>
            ))}
          </ul>
        )}
      </Section>

      {Object.keys(v.facts).length > 0 && (
        <Section title={say("page.facts")}>
          <Values of={Object.entries(v.facts).map(([n, f]) => [n, /^-?\d+$/.test(f) && f.length < 16 ? figure(Number(f), language) : f])} />
        </Section>
      )}

      <Section title={say("page.files")} count={v.files.length}>
        {v.files.length === 0 ? (
          <p class="quiet">{say("page.files.none")}</p>
        ) : (
          <Table label={say("page.files")} head={[say("page.file"), say("page.size"), say("page.digest")]} numbers={[1]}>
            {v.files.slice(0, files).map(f => (
              <tr key={f.path}>
                <th scope="row">
                  <a href={to.file(v.name, f.path)} download>
                    <code>{f.path}</code>
                  </a>
                </th>
                <td class="number">
                  <Bytes of={f.bytes} />
                </td>
                <td>
                  <Hash of={f.content} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Section>

      {v.files.length > files && (
        <button type="button" onClick={() => setFiles(n => n + filesAtOnce)}>
          {say("page.overview.more", { count: v.files.length - files })}
        </button>
      )}

      {v.files.some(f => f.path.endsWith(".parquet")) && (
        <Section title={say("page.rows")}>
          <TableRows rows={`api/versions/${v.name.split("@").map(encodeURIComponent).join("/")}/rows?`} label={say("page.rows")} />
        </Section>
      )}

      {v.schema !== null && (
        <Section title={say("page.schema")}>
          <Schema of={v.schema} />
        </Section>
      )}
    </>
  );
}

function Lineage({ version }: { version: Version }) {
  const say = useSay();
  const kind = useKind();
  const narrow = useNarrow();
  const nodes = new Map(version.lineage.nodes.map(n => [n.name, n]));
  if (nodes.size < 2) return null;
  return (
    <>
      <Drawing
        ids={[...nodes.keys()].reverse()}
        links={version.lineage.edges}
        label={say("page.lineage")}
        lit={version.name}
        focus={version.name}
        of={version}
        size={() => ({ width: narrow ? 162 : 196, height: 76 })}
        node={name => (
          <div class={`node ${name === version.name ? "here" : ""}`}>
            <span class="node-kind">
              {kind(nodes.get(name)!.kind)} <b>@{name.split("@")[1]}</b>
            </span>
            <a class="node-name" href={to.version(name)} title={name} aria-label={name} aria-current={name === version.name ? "true" : undefined}>
              {name.split("@")[0]}
            </a>
            <span class="node-marks">
              {nodes
                .get(name)!
                .stages.filter(s => s === "production" || s === "staging")
                .map(s => (
                  <span key={s} class={`badge ${s}`}>
                    {say(`page.stage.${s}.short` as TextId)}
                  </span>
                ))}
            </span>
          </div>
        )}
      />
      {!version.lineage.isWhole && <p class="note">{say("page.lineage.more")}</p>}
    </>
  );
}

function Inputs({ version }: { version: Version }) {
  const say = useSay();
  if (version.inputs.length === 0) return version.outside.length === 0 ? <p class="quiet">{say("page.inputs.none")}</p> : null;
  return (
    <Table label={say("page.made-from")} head={[say("page.made-from"), say("page.dependency"), say("page.read")]}>
      {version.inputs.map(i => (
        <tr key={i.version}>
          <th scope="row">
            <VersionLink name={i.version} />
          </th>
          <td>
            {say(`page.edge.${i.edge}`)}
            {!i.declared && <span class="bad"> {say("page.undeclared")}</span>}
          </td>
          <td>
            {Object.entries(i.read).length === 0 ? (
              <span class="quiet">{say("page.read.nothing")}</span>
            ) : (
              Object.entries(i.read).map(([part, digest]) => (
                <span key={part} class="metric">
                  {part || say("page.whole")} <Hash of={digest} />
                </span>
              ))
            )}
          </td>
        </tr>
      ))}
    </Table>
  );
}
