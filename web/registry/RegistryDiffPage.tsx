import { figure, shortDigest } from "../src/format";
import { Page, Read, Section, Table } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useLanguage } from "../src/texts";
import "../src/views.css";
import { readSide, useAnswer } from "./asking";
import { at, quoted, type ModelVersion } from "./calls";
import { differences, parts, type Difference } from "./diff";
import "./registry.css";
import { useWords } from "./words";

/** Two versions of one registered model held against each other. */
export function RegistryDiffPage({ name, left, right }: { name: string; left: string; right: string }) {
  const words = useWords();
  const sides = useAnswer(`${name} ${left} ${right}`, null, (language, stop) => Promise.all([left, right].map(v => readSide(name, v, language, stop))));
  return (
    <Page title={words("page.rd.title", { name })}>
      <div class="filters pair">
        <Choose name={name} value={left} label={words("page.rd.left")} onChoose={v => to.registryDiff(name, v, right)} />{" "}
        <span aria-hidden="true">→</span>{" "}
        <Choose name={name} value={right} label={words("page.rd.right")} onChoose={v => to.registryDiff(name, left, v)} />
        <a href={to.registryDiff(name, right, left)}>{words("page.rd.swap")}</a>
      </div>
      <p>
        <a href={to.registered(name, left)}>{words("page.reg.v", { version: left })}</a> →{" "}
        <a href={to.registered(name, right)}>{words("page.reg.v", { version: right })}</a>
      </p>
      <Read of={sides} what={words("page.rd.title", { name })}>
        {([a, b]) => {
          const all = differences(a!, b!);
          const same = parts.filter(p => !all.some(d => d.part === p));
          return (
            <>
              {all.length === 0 && <p class="good">✓ {words("page.rd.none")}</p>}
              {parts
                .filter(p => !same.includes(p))
                .map(part => (
                  <Section key={part} title={words(`page.rd.${part}`)} count={all.filter(d => d.part === part).length}>
                    <Differences
                      label={words(`page.rd.${part}`)}
                      of={all.filter(d => d.part === part)}
                      isNumbers={part === "metrics"}
                      left={words("page.reg.v", { version: left })}
                      right={words("page.reg.v", { version: right })}
                    />
                  </Section>
                ))}
              {all.length > 0 && same.length > 0 && <p class="note">{words("page.rd.same", { parts: same.map(p => words(`page.rd.${p}`)).join(", ") })}</p>}
            </>
          );
        }}
      </Read>
    </Page>
  );
}

function Choose({ name, value, label, onChoose }: { name: string; value: string; label: string; onChoose: (version: string) => string }) {
  const named = quoted(name);
  const found = useResource<{ model_versions?: ModelVersion[] }>(at.versions(named === null ? "name = ''" : `name = ${named}`));
  const known = found.state === "ready" ? (found.value.model_versions ?? []).map(v => v.version) : [];
  return (
    <label>
      {label}
      <select value={value} onChange={e => (location.hash = onChoose(e.currentTarget.value))}>
        {[...new Set([...known, value])]
          .sort((a, b) => Number(b) - Number(a))
          .map(v => (
            <option key={v} value={v}>
              {v}
            </option>
          ))}
      </select>
    </label>
  );
}

function Differences({ label, of, isNumbers, left, right }: { label: string; of: Difference[]; isNumbers: boolean; left: string; right: string }) {
  const words = useWords();
  const language = useLanguage();
  const shown = (text: string | null, other: string | null, mark: "del" | "ins") => {
    if (text === null) return <span class="quiet">{words("page.rd.absent")}</span>;
    const value =
      isNumbers && Number.isFinite(Number(text))
        ? figure(Number(text), language)
        : /^[0-9a-f]{40,64}$/.test(text)
          ? shortDigest(text)
          : text === ""
            ? "∅"
            : text.slice(0, 500);
    return (
      <span class={other === null ? mark : "changed"} title={value === text ? undefined : text}>
        {value}
      </span>
    );
  };
  return (
    <Table label={label} head={[words("page.reg.name"), left, right, ...(isNumbers ? [words("page.rd.change")] : [])]} numbers={isNumbers ? [1, 2, 3] : []}>
      {of.map(d => {
        const change = d.left === null || d.right === null ? NaN : Number(d.right) - Number(d.left);
        return (
          <tr key={d.name}>
            <th scope="row">{d.name}</th>
            <td class={isNumbers ? "number" : "sentence"}>{shown(d.left, d.right, "del")}</td>
            <td class={isNumbers ? "number" : "sentence"}>{shown(d.right, d.left, "ins")}</td>
            {isNumbers && (
              <td class="number">{Number.isFinite(change) ? `${change > 0 ? "+" : ""}${figure(Number(change.toPrecision(6)), language)}` : "–"}</td>
            )}
          </tr>
        );
      })}
    </Table>
  );
}
