import { Curves } from "../runs/Curves";
import type { Asset, Diff, Version } from "../src/api";
import { figure, shortDigest } from "../src/format";
import { Page, Read, Section, Table, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useLanguage, useSay, type TextId } from "../src/texts";

// What a reader asks first: did it get better, what was set otherwise, was it other data, was it other code.
const order = ["metrics", "checks", "recipe", "inputs", "facts", "schema", "files", "environment"];

export function DiffPage({ left, right }: { left: string; right: string }) {
  const say = useSay();
  const diff = useResource<Diff>(`api/diff?left=${encodeURIComponent(left)}&right=${encodeURIComponent(right)}`);
  return (
    <Page title={say("page.compare")}>
      <div class="filters pair">
        <Choose side={left} label={say("page.compare.left")} onChoose={v => to.diff(v, right)} /> <span aria-hidden="true">→</span>{" "}
        <Choose side={right} label={say("page.compare.right")} onChoose={v => to.diff(left, v)} />
        <a href={to.diff(right, left)}>{say("page.compare.swap")}</a>
      </div>
      <p>
        <VersionLink name={left} /> → <VersionLink name={right} />
      </p>
      <Read of={diff} what={say("page.compare")}>
        {value =>
          value.differences.length === 0 ? (
            <p class="good">✓ {say("page.diff.none")}</p>
          ) : (
            <>
              {value.sameContent && <p class="good">✓ {say("page.diff.same-content")}</p>}
              {[...new Set(value.differences.map(d => d.section))]
                .sort((a, b) => ((order.indexOf(a) + 99) % 99) - ((order.indexOf(b) + 99) % 99))
                .map(section => (
                  <Section key={section} title={say(`page.diff.${section}` as TextId)}>
                    {section === "metrics" ? (
                      <Metrics of={value.differences.filter(d => d.section === section)} left={left} right={right} />
                    ) : (
                      <Table label={section} head={[say("page.name"), left, right]}>
                        {value.differences
                          .filter(d => d.section === section)
                          .map(d => (
                            <tr key={d.name}>
                              <th scope="row">{d.name || say("page.whole")}</th>
                              <td class="sentence">
                                <Side of={d.left} other={d.right} mark="del" />
                              </td>
                              <td class="sentence">
                                <Side of={d.right} other={d.left} mark="ins" />
                              </td>
                            </tr>
                          ))}
                      </Table>
                    )}
                  </Section>
                ))}
            </>
          )
        }
      </Read>
      <Both left={left} right={right} />
    </Page>
  );
}

/** The asset's versions to choose from; the newest fifty, and the one that is shown. */
function Choose({ side, label, onChoose }: { side: string; label: string; onChoose: (version: string) => string }) {
  const asset = useResource<Asset>(`api/assets/${encodeURIComponent(side.split("@")[0]!)}`);
  const names = asset.state === "ready" ? asset.value.versions.map(v => v.name) : [];
  return (
    <label>
      {label}
      <select value={side} onChange={e => (location.hash = onChoose(e.currentTarget.value))}>
        {[...new Set([...names, side])].map(n => (
          <option key={n} value={n}>
            {n}
          </option>
        ))}
      </select>
    </label>
  );
}

function Metrics({ of, left, right }: { of: Diff["differences"]; left: string; right: string }) {
  const say = useSay();
  const language = useLanguage();
  return (
    <Table label={say("page.metrics")} head={[say("page.name"), left, right, say("page.change"), "%"]} numbers={[1, 2, 3, 4]}>
      {of.map(d => {
        const [a, b] = [d.left === null ? NaN : Number(d.left), d.right === null ? NaN : Number(d.right)];
        const shown = (text: string | null, value: number) =>
          text === null ? <span class="quiet">{say("page.diff.absent")}</span> : Number.isFinite(value) ? figure(value, language) : text;
        return (
          <tr key={d.name}>
            <th scope="row">{d.name}</th>
            <td class="number">{shown(d.left, a)}</td>
            <td class="number">{shown(d.right, b)}</td>
            <td class="number">{Number.isFinite(b - a) ? `${b > a ? "+" : ""}${figure(b - a, language)}` : "–"}</td>
            <td class="number">
              {Number.isFinite(b - a) && a !== 0 ? `${b > a ? "+" : ""}${figure(Number(((100 * (b - a)) / Math.abs(a)).toPrecision(3)), language)}` : "–"}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}

/** The curves of both makings over each other. */
function Both({ left, right }: { left: string; right: string }) {
  const path = (name: string) => `api/versions/${name.split("@").map(encodeURIComponent).join("/")}`;
  const [a, b] = [useResource<Version>(path(left)), useResource<Version>(path(right))];
  if (a.state !== "ready" || b.state !== "ready" || !a.value.run || !b.value.run) return null;
  return <Curves runs={[{ id: a.value.run.id, label: left }, { id: b.value.run.id, label: right }]} />;
}

function Side({ of, other, mark }: { of: string | null; other: string | null; mark: "del" | "ins" }) {
  const say = useSay();
  if (of === null) return <span class="quiet">{say("page.diff.absent")}</span>;
  const digest = /^[0-9a-f]{64}$/.test(of);
  return <span class={other === null ? mark : "changed"} title={digest ? of : undefined}>{digest ? shortDigest(of) : of}</span>;
}
