import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { AssetStatus, Graph } from "../src/api";
import { AssetLink, Empty, Findings, Page, Read, Section, useKind } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { Drawing, useNarrow } from "./Drawing";
import { filterOf, linksAmong, nothingFiltered, passes, queryOf, type Filter } from "./filter";
import { Filters } from "./Filters";
import { Stale } from "./Stale";

export function GraphPage() {
  const say = useSay();
  const graph = useResource<Graph>("api/graph");
  return (
    <Page title={say("page.graph.title")}>
      <Read of={graph} what={say("page.nav.graph")}>
        {value => value.nodes.length === 0
          ? <Empty command={value.hasProject ? undefined : "kumiki make NAME"}>{say(value.hasProject ? "page.graph.empty-project" : "page.graph.empty")}</Empty>
          : <Whole graph={value} />}
      </Read>
    </Page>
  );
}

function Whole({ graph }: { graph: Graph }) {
  const say = useSay();
  const [asked, setAsked] = useState(() => filterOf(location.hash));
  const [filter, setFilter] = useState(asked);
  const narrow = useNarrow();
  const byName = useMemo(() => new Map(graph.nodes.map(n => [n.name, n])), [graph]);
  const { ids, links } = useMemo(() => {
    const kept = graph.nodes.filter(n => passes(n, filter)).map(n => n.name);
    return { ids: kept, links: kept.length === graph.nodes.length ? graph.edges : linksAmong(new Set(kept), graph.edges) };
  }, [graph, filter]);
  useEffect(() => {
    const timer = setTimeout(() => setFilter(asked), 120); // a thousand nodes are laid out once for a word, not for each of its letters
    return () => clearTimeout(timer);
  }, [asked]);
  const [faults, notes] = [graph.findings.filter(f => f.severity === "refusal"), graph.findings.filter(f => f.severity === "note")];
  const change = (next: Filter) => {
    setAsked(next);
    history.replaceState(null, "", `${to.graph}${queryOf(next)}`); // the address can be kept; going back leaves the page, not the last letter
  };
  return (
    <>
      {faults.length > 0 && <div role="alert" class="failed"><p>{say("page.graph.findings")}</p><Findings of={faults} /></div>}
      {notes.length > 0 && <details class="notes"><summary>{say("page.graph.notes", { count: notes.length })}</summary><Findings of={notes} /></details>}
      <p class="lead">{say(graph.hasProject ? "page.graph.lead" : "page.graph.lead-recorded")}</p>
      <Filters of={graph.nodes} shown={ids.length} filter={asked} onChange={change} />
      {ids.length === 0 ? (
        <Empty>{say("page.filter.none")} <button type="button" onClick={() => change(nothingFiltered)}>{say("page.filter.clear")}</button></Empty>
      ) : (
        <Drawing
          ids={ids} links={links} label={say("page.graph.title")} of={byName}
          size={() => ({ width: narrow ? 162 : 208, height: 76 })}
          node={name => <Node asset={byName.get(name)!} />}
          brief={name => <a class={`node brief ${byName.get(name)!.freshness}`} href={to.asset(name)} aria-label={name} title={name} />}
        />
      )}
      <OutOfDate stale={graph.nodes.filter(n => n.freshness === "stale")} inputsOnly={!graph.hasProject} />
      {graph.undeclared.length > 0 && (
        <Section title={say("page.graph.undeclared")} count={graph.undeclared.length}>
          <p>{say("page.graph.undeclared.more")}</p>
          <ul class="names">{graph.undeclared.map(n => <li key={n}><AssetLink name={n} /></li>)}</ul>
        </Section>
      )}
    </>
  );
}

/** What changed, each with its mend; then what is out of date only because of that. */
function OutOfDate({ stale, inputsOnly }: { stale: AssetStatus[]; inputsOnly: boolean }) {
  const say = useSay();
  const changed = stale.filter(n => n.stale.some(s => s.id !== "stale.upstream"));
  const following = stale.filter(n => !changed.includes(n));
  return (
    <Section title={say("page.stale.title")} count={stale.length}>
      {stale.length === 0 && <p class="good">✓ {say("page.stale.none")}</p>}
      <ul class="stale-list">{changed.map(n => <li key={n.name}><b><AssetLink name={n.name} />@{n.inUse}</b><Stale asset={n} /></li>)}</ul>
      {following.length > 0 && (
        <div class="following">
          <p>{say("page.stale.following")}</p>
          <ul>{following.map(n => <li key={n.name}><AssetLink name={n.name} />@{n.inUse}</li>)}</ul>
        </div>
      )}
      {inputsOnly && <p class="note">{say("page.stale.inputs-only")}</p>}
    </Section>
  );
}

/** One asset in the drawing: a link to its page, and over it the marks that say more when they are asked. */
function Node({ asset }: { asset: AssetStatus }) {
  const say = useSay();
  const kind = useKind();
  const [why, setWhy] = useState<"no" | "hover" | "pinned">("no");
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (why !== "pinned") return;
    const elsewhere = (e: Event) => !box.current?.contains(e.target as globalThis.Node) && setWhy("no");
    addEventListener("pointerdown", elsewhere);
    return () => removeEventListener("pointerdown", elsewhere);
  }, [why]);

  useLayoutEffect(() => {
    const [node, bubble] = [box.current, box.current?.querySelector<HTMLElement>(".bubble")];
    if (!node || !bubble) return;
    bubble.showPopover();
    // Above everything and fixed to the window, so that the drawing's edge does not cut it; below its node where there is room.
    const [at, size] = [node.getBoundingClientRect(), bubble.getBoundingClientRect()];
    bubble.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - size.width - 8))}px`;
    bubble.style.top = `${at.bottom + 4 + size.height < innerHeight ? at.bottom + 4 : Math.max(8, at.top - 4 - size.height)}px`;
    const moved = () => setWhy("no");
    addEventListener("scroll", moved, { capture: true });
    return () => removeEventListener("scroll", moved, { capture: true });
  }, [why]);

  const stale = asset.freshness === "stale";
  const running = asset.running[0];
  const failed = say("page.checks.failed-of", { failed: asset.failedChecks });
  const marks = [asset.production !== null, asset.staging !== null && asset.staging !== asset.production, running, asset.failedChecks > 0, stale];
  const crowded = marks.filter(Boolean).length > 2;
  return (
    <div ref={box} class={`node ${asset.freshness}`} onKeyDown={e => e.key === "Escape" && setWhy("no")}>
      <span class="node-kind">
        {kind(asset.kind)}
        {asset.inUse !== null && <b> @{asset.inUse}</b>}
      </span>
      <a class="node-name" href={to.asset(asset.name)} title={asset.name}>
        {asset.rawKey !== null ? `${asset.family}.${asset.rawKey}` : asset.name}
      </a>
      <span class="node-marks">
        {asset.production !== null && (
          <span class="badge production">
            {say("page.stage.production.short")} @{asset.production}
          </span>
        )}
        {asset.staging !== null && asset.staging !== asset.production && (
          <span class="badge staging">
            {say("page.stage.staging.short")} @{asset.staging}
          </span>
        )}
        {asset.freshness === "neverMade" && <span class="badge">{say("page.fresh.never-made")}</span>}
        {running && (
          <a
            class="badge run-running"
            href={to.run(running)}
            aria-label={`${running} ${say("page.run.running")}`}
            title={`${running} ${say("page.run.running")}`}
          >
            ▶{!crowded && ` ${say("page.run.running")}`}
          </a>
        )}
        {asset.failedChecks > 0 && (
          <span class="badge run-failed" role="img" aria-label={failed} title={failed}>
            ✕{!crowded && ` ${say("page.checks")}`}
          </span>
        )}
        {stale && (
          <button
            type="button"
            class="badge stale"
            aria-expanded={why !== "no"}
            aria-label={`${asset.name}: ${say("page.fresh.stale")}`}
            onClick={() => setWhy(w => (w === "pinned" ? "no" : "pinned"))}
            onPointerEnter={() => setWhy(w => (w === "no" ? "hover" : w))}
            onPointerLeave={() => setWhy(w => (w === "hover" ? "no" : w))}
            onFocus={() => setWhy(w => (w === "no" ? "hover" : w))}
            onBlur={() => setWhy("no")}
          >
            !{!crowded && ` ${say("page.fresh.stale")}`}
          </button>
        )}
      </span>
      {why !== "no" && (
        <div class="bubble" popover="manual" role="status">
          <Stale asset={asset} />
        </div>
      )}
    </div>
  );
}
