import type { Diff } from "../src/api";
import { Page, Read, Section, Table, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { useSay, type TextId } from "../src/texts";

export function DiffPage({ left, right }: { left: string; right: string }) {
  const say = useSay();
  const diff = useResource<Diff>(`api/diff?left=${encodeURIComponent(left)}&right=${encodeURIComponent(right)}`);
  return (
    <Page title={say("page.compare")}>
      <p class="pair"><VersionLink name={left} /> → <VersionLink name={right} /></p>
      <Read of={diff} what={say("page.compare")}>
        {value => value.differences.length === 0
          ? <p class="good">✓ {say("page.diff.none")}</p>
          : <>
            {value.sameContent && <p class="good">✓ {say("page.diff.same-content")}</p>}
            {[...new Set(value.differences.map(d => d.section))].map(section => (
              <Section key={section} title={say(`page.diff.${section}` as TextId)}>
                <Table label={section} head={[say("page.name"), left, right]}>
                  {value.differences.filter(d => d.section === section).map(d => (
                    <tr key={d.name}><th scope="row">{d.name || say("page.whole")}</th><td><Side of={d.left} other={d.right} mark="del" /></td><td><Side of={d.right} other={d.left} mark="ins" /></td></tr>
                  ))}
                </Table>
              </Section>
            ))}
          </>}
      </Read>
    </Page>
  );
}

function Side({ of, other, mark }: { of: string | null; other: string | null; mark: "del" | "ins" }) {
  const say = useSay();
  if (of === null) return <span class="quiet">{say("page.diff.absent")}</span>;
  return <span class={other === null ? mark : "changed"}>{of}</span>;
}
