import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Section } from "../src/parts";
import { useSay } from "../src/texts";
import type { ComparedRow } from "./compared";

/** What stands at the head of each of the things compared. */
export type Heads = { key: string; head: ComponentChildren }[];

/** Things side by side, one column each. */
export function Side({ heads, rows, label }: { heads: Heads; rows: [string, ComponentChildren[]][]; label: string }) {
  const say = useSay();
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{say("page.name")}</th>
            {heads.map(h => (
              <th key={h.key} scope="col">
                {h.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, cells]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {cells.map((cell, i) => (
                <td key={heads[i]!.key}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Names whose values differ, marked; the ones that are alike are folded away. */
export function Differences({ title, heads, rows }: { title: string; heads: Heads; rows: ComparedRow[] }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  if (rows.length === 0) return null;
  const [other, same] = [rows.filter(r => r.differs), rows.filter(r => !r.differs)];
  const cells = (of: ComparedRow[]): [string, ComponentChildren[]][] =>
    of.map(row => [
      row.name,
      row.values.map(value => (value === null ? <span class="quiet">{say("page.diff.absent")}</span> : <span class={row.differs ? "changed" : ""}>{value}</span>)),
    ]);
  return (
    <Section title={title}>
      {other.length > 0 ? <Side heads={heads} rows={cells(other)} label={title} /> : <p class="good">✓ {say("page.compare.same")}</p>}
      {same.length > 0 && other.length > 0 && (
        <details onToggle={e => setOpen(e.currentTarget.open)}>
          <summary>{say("page.compare.alike", { count: same.length })}</summary>
          {open && <Side heads={heads} rows={cells(same)} label={`${title}: ${say("page.compare.alike", { count: same.length })}`} />}
        </details>
      )}
    </Section>
  );
}
