import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Finding, Freshness, ReleaseState, RunState } from "./api";
import { bytes, duration, localTime, shortDigest } from "./format";
import type { Resource } from "./resource";
import { to } from "./routes";
import { useLanguage, useSay, type TextId } from "./texts";

/** A page: its title also becomes the window's. */
export function Page({ title, kind, children }: { title: string; kind?: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Kumiki`;
  }, [title]);
  return (
    <>
      <h1 tabIndex={-1}>{kind && <span class="kind">{kind} </span>}{title}</h1>
      {children}
    </>
  );
}

/** What a resource is just now: being read, failed with its reason and a way to try again, or there. */
export function Read<T>({ of, what, children }: { of: Resource<T>; what: string; children: (value: T) => ComponentChildren }) {
  const say = useSay();
  switch (of.state) {
    case "loading": return <p role="status" class="loading">{say("page.reading", { what })}</p>;
    case "failed": return (
      <div role="alert" class="failed">
        <p>{of.reason}</p>
        <button type="button" onClick={of.retry}>{say("page.retry")}</button>
      </div>
    );
    case "ready": return <>{children(of.value)}</>;
  }
}

/** Nothing there yet, and the command that changes that. */
export function Empty({ children, command }: { children: ComponentChildren; command?: string }) {
  return <div class="empty"><p>{children}</p>{command && <Command>{command}</Command>}</div>;
}

export function Command({ children }: { children: string }) {
  return <code class="command">{children}</code>;
}

/** What a check found, each with the commands that mend it. */
export function Findings({ of }: { of: Finding[] }) {
  return (
    <ul class="findings">
      {of.map(f => (
        <li key={f.says.text} class={f.severity}>
          {f.says.text}{" "}
          {f.mends.map(m => (
            <Command key={m}>{m}</Command>
          ))}
        </li>
      ))}
    </ul>
  );
}

export function Section({ title, count, children }: { title: string; count?: number; children: ComponentChildren }) {
  return (
    <section>
      <h2>{title}{count !== undefined && <span class="count"> {count}</span>}</h2>
      {children}
    </section>
  );
}

/** A table that scrolls inside itself where the window is narrow. */
export function Table({ label, head, children, numbers = [] }: { label: string; head: string[]; children: ComponentChildren; numbers?: number[] }) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map((h, i) =>
              h === "" ? (
                <td key={i} />
              ) : (
                <th key={h} scope="col" class={numbers.includes(i) ? "number" : undefined}>
                  {h}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

/** Names and values; nothing where there are none. */
export function Values({ of }: { of: [ComponentChildren, ComponentChildren][] }) {
  return <dl class="values">{of.map(([name, value], i) => <div key={i}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

export function Time({ at }: { at: string | null }) {
  const language = useLanguage();
  return at === null ? <>–</> : <time dateTime={at} title={at}>{localTime(at, language)}</time>;
}

export function Lasting({ seconds }: { seconds: number }) {
  return <span title={`${seconds} s`}>{duration(seconds, useLanguage())}</span>;
}

export function Bytes({ of }: { of: number }) {
  return <span title={`${of} B`}>{bytes(of, useLanguage())}</span>;
}

export function Hash({ of }: { of: string }) {
  return <code class="hash" title={of}>{shortDigest(of)}</code>;
}

export function AssetLink({ name }: { name: string }) {
  return <a href={to.asset(name)}>{name}</a>;
}

export function VersionLink({ name, short = false }: { name: string; short?: boolean }) {
  return <a href={to.version(name)} class="version">{short ? `@${name.split("@")[1]}` : name}</a>;
}

export function RunLink({ id }: { id: string }) {
  return <a href={to.run(id)}>{id}</a>;
}

/** A name of the API's as the catalogue writes it: searchIndex → search-index. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, c => `-${c.toLowerCase()}`);
}

export function useFreshness(): (freshness: Freshness) => string {
  const say = useSay();
  return freshness => say(`page.fresh.${kebab(freshness)}` as TextId);
}

export function useKind(): (kind: string) => string {
  const say = useSay();
  return kind => say(`page.kind.${kebab(kind)}` as TextId);
}

export function Stage({ name }: { name: string }) {
  const say = useSay();
  const known = name === "staging" || name === "production";
  return <span class={`badge ${known ? name : "alias"}`}>{known ? say(`page.stage.${name}`) : name}</span>;
}

const runMarks: Record<RunState, string> = { running: "▶", made: "✓", reused: "=", tried: "∘", failed: "✕", cancelled: "–", crashed: "⚡" };

export function RunStateMark({ state }: { state: RunState }) {
  const say = useSay();
  return <span class={`badge run-${state}`}><span aria-hidden="true">{runMarks[state]}</span> {say(`page.run.${state}`)}</span>;
}

export function ReleaseStateMark({ state }: { state: ReleaseState }) {
  const say = useSay();
  return <span class={`badge release-${state}`}>{say(`page.release.${state}`)}</span>;
}

export function Checks({ held, failed }: { held: number; failed: number }) {
  const say = useSay();
  if (held + failed === 0) return <>–</>;
  return failed > 0
    ? <span class="bad">✕ {say("page.checks.failed", { failed, all: held + failed })}</span>
    : <span class="good">✓ {say("page.checks.held", { held })}</span>;
}
