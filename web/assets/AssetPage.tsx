import { useState } from "preact/hooks";
import { Stale } from "../graph/Stale";
import type { Asset, AssetStatus, Neighbour, VersionLine } from "../src/api";
import { figure, range } from "../src/format";
import { AssetLink, Bytes, Checks, Empty, Page, Read, RunLink, Section, Stage, Table, Time, useFreshness, useKind, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { Make } from "./Make";

export function AssetPage({ name }: { name: string }) {
  const say = useSay();
  const kind = useKind();
  const [pages, setPages] = useState([""]);
  const asset = useResource<Asset>(`api/assets/${encodeURIComponent(name)}`);
  return (
    <Page title={name} kind={asset.state === "ready" ? kind(asset.value.status.kind) : undefined}>
      <Read of={asset} what={name}>
        {value => (
          <>
            <Summary status={value.status} source={value.source} />
            {value.status.kind === "goal" && (
              <p class="after">
                <a href={to.goal(name)}>{say("page.goal.open")}</a>
              </p>
            )}
            {value.status.kind === "endpoint" && value.status.production !== null && (
              <p class="after">
                <a href={to.endpoint(name)}>{say("page.endpoint.open")}</a>
              </p>
            )}
            {value.status.declared && <Make asset={value} />}
            <div class="columns">
              <Neighbours title={say("page.made-from")} of={value.inputs} none={say("page.made-from.none")} />
              <Neighbours title={say("page.used-by")} of={value.users} none={say("page.used-by.none")} />
            </div>
            {value.parameters.length > 0 && (
              <Section title={say("page.parameters")}>
                <Table label={say("page.parameters")} head={[say("page.name"), say("page.value"), say("page.range"), ""]}>
                  {value.parameters.map(p => (
                    <Parameter key={p.name} of={p} />
                  ))}
                </Table>
              </Section>
            )}
            <Section title={say("page.versions")}>
              {value.versions.length === 0 ? (
                <Empty command={`kumiki make ${name}`}>{say("page.versions.empty", { asset: name })}</Empty>
              ) : (
                pages.map((before, i) => (
                  <Versions
                    key={before}
                    name={name}
                    before={before}
                    first={i === 0 ? value : null}
                    onMore={next => setPages(p => [...p.slice(0, i + 1), next])}
                    last={i === pages.length - 1}
                  />
                ))
              )}
            </Section>
            <p class="after">
              <a href={to.runs(name)}>{say("page.runs.of", { asset: name })}</a>
            </p>
          </>
        )}
      </Read>
    </Page>
  );
}

function Summary({ status, source }: { status: AssetStatus; source: Asset["source"] }) {
  const say = useSay();
  const fresh = useFreshness();
  return (
    <>
      {status.obsolete !== null && (
        <p class="warning">
          {say("page.obsolete")} {status.obsolete}
        </p>
      )}
      {!status.declared && <p class="warning">{say("page.graph.undeclared.more")}</p>}
      {status.freshness === "stale" && (
        <div class="warning">
          <p>
            <b>! {say("page.fresh.stale")}</b> – {say("page.stale.of", { version: `${status.name}@${status.inUse}` })}
          </p>
          <Stale asset={status} />
        </div>
      )}
      <Values
        of={[
          [say("page.in-use"), status.inUse === null ? "–" : <VersionLink name={`${status.name}@${status.inUse}`} />],
          [
            say("page.stages"),
            status.production === null && status.staging === null ? (
              "–"
            ) : (
              <>
                {status.production !== null && (
                  <>
                    <Stage name="production" /> <VersionLink name={`${status.name}@${status.production}`} short />{" "}
                  </>
                )}
                {status.staging !== null && (
                  <>
                    <Stage name="staging" /> <VersionLink name={`${status.name}@${status.staging}`} short />
                  </>
                )}
              </>
            ),
          ],
          ...(status.rawKey === null ? [] : [[say("page.family"), `${status.family}: ${status.rawKey}`] as [string, string]]),
          ...(status.freshness === "stale" ? [] : [[say("page.state"), fresh(status.freshness)] as [string, string]]),
          ...(source === null
            ? []
            : [
                [
                  say("page.source"),
                  <>
                    <code>{source.class}</code>
                    {source.file !== null && (
                      <span class="quiet">
                        {" "}
                        {source.file.replace(/^\/kumiki\//, "")}:{source.line}
                      </span>
                    )}
                  </>,
                ] as [string, preact.JSX.Element],
              ]),
          ...status.running.map(r => [`▶ ${say("page.run.running")}`, <RunLink id={r} />] as [string, preact.JSX.Element]),
        ]}
      />
    </>
  );
}

function Neighbours({ title, of, none }: { title: string; of: Neighbour[]; none: string }) {
  const say = useSay();
  const kind = useKind();
  return (
    <Section title={title}>
      {of.length === 0 ? (
        <p class="quiet">{none}</p>
      ) : (
        <ul class="neighbours">
          {of.map(n => (
            <li key={n.name}>
              <AssetLink name={n.name} />
              {n.inUse !== null && <>@{n.inUse}</>}{" "}
              <span class="quiet">
                {kind(n.kind)} · {say(`page.edge.${n.edge}`)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Parameter({ of }: { of: Asset["parameters"][number] }) {
  const say = useSay();
  return (
    <tr>
      <th scope="row"><code>{of.name}</code></th>
      <td><code>{of.value}</code></td>
      <td>{range(of.min, of.max, useLanguage())}</td>
      <td class="quiet">{of.isSet ? say("page.parameter.set") : say("page.parameter.default")}</td>
    </tr>
  );
}

function Versions({ name, before, first, last, onMore }: { name: string; before: string; first: Asset | null; last: boolean; onMore: (next: string) => void }) {
  const say = useSay();
  const page = useResource<Asset>(`api/assets/${encodeURIComponent(name)}${before ? `?before=${before}` : ""}`);
  const value = first ?? (page.state === "ready" ? page.value : null);
  if (value === null) return <Read of={page} what={say("page.versions")}>{() => null}</Read>;
  return (
    <>
      <Table
        label={say("page.versions")}
        head={[
          say("page.version"),
          say("page.stages"),
          say("page.made"),
          say("page.run"),
          say("page.metrics"),
          say("page.checks"),
          say("page.size"),
          say("page.compare"),
        ]}
        numbers={[6]}
      >
        {value.versions.map((v, i) => (
          <Row key={v.name} of={v} older={value.versions[i + 1]?.name} />
        ))}
      </Table>
      {last && value.next !== null && (
        <button type="button" onClick={() => onMore(value.next!)}>
          {say("page.older")}
        </button>
      )}
    </>
  );
}

function Row({ of, older }: { of: VersionLine; older?: string }) {
  const say = useSay();
  const language = useLanguage();
  const metrics = Object.entries(of.metrics);
  return (
    <tr>
      <th scope="row">
        <VersionLink name={of.name} />
      </th>
      <td>
        {of.stages.map(s => (
          <Stage key={s} name={s} />
        ))}
      </td>
      <td>
        <Time at={of.madeAt} />
      </td>
      <td>
        <RunLink id={of.madeBy} />
      </td>
      <td>
        {metrics.slice(0, 3).map(([n, m]) => (
          <span key={n} class="metric">
            {n} <b>{figure(m, language)}</b>
          </span>
        ))}
        {metrics.length > 3 && <span class="quiet"> +{metrics.length - 3}</span>}
      </td>
      <td>
        <Checks held={of.checksHeld} failed={of.checksFailed} />
      </td>
      <td class="number">{of.files === 0 ? "–" : <Bytes of={of.bytes} />}</td>
      <td>{older && <a href={to.diff(older, of.name)}>{say("page.compare.with", { version: `@${older.split("@")[1]}` })}</a>}</td>
    </tr>
  );
}
