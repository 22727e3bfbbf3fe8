import type { Release } from "../src/api";
import { Page, Read, ReleaseStateMark, Section, Table, Time, useKind, Values, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import { useSay } from "../src/texts";
import { Changes, Waivers } from "./Changes";

export function ReleasePage({ number }: { number: string }) {
  const say = useSay();
  const kind = useKind();
  const release = useResource<Release>(`api/releases/${encodeURIComponent(number)}`);
  return (
    <Page title={say("page.release.number", { number })}>
      <Read of={release} what={say("page.release.number", { number })}>
        {({ release: r, set, apart }) => (
          <>
            <Values
              of={[
                [say("page.state"), <ReleaseStateMark state={r.state} />],
                [say("page.reason"), r.reason || say("page.reason.none")],
                [say("page.by"), r.author],
                [say("page.release.checked-at"), <Time at={r.at} />],
                [say("page.release.live-at"), <Time at={r.liveAt} />],
                [say("page.release.withdrawn-at"), <Time at={r.withdrawnAt} />],
                ...(r.restores === null
                  ? []
                  : [
                      [say("page.release.rollback"), <a href={to.release(r.restores)}>{say("page.release.restores", { number: r.restores })}</a>] as [
                        string,
                        preact.JSX.Element,
                      ],
                    ]),
              ]}
            />
            <Section title={say("page.change")}>
              <Changes of={r.changes} before={r.before} />
            </Section>
            {(r.waivers.length > 0 || apart.length > 0) && (
              <Section title={say("page.waivers")}>
                <Waivers of={r.waivers} />
                {apart.map(a => (
                  <p key={`${a.version} ${a.source}`} class="note">
                    <VersionLink name={a.version} />: {say("page.apart", { source: a.source, because: a.because })}
                  </p>
                ))}
              </Section>
            )}
            <Section title={say("page.release.set")} count={set.length}>
              <Table label={say("page.release.set")} head={[say("page.version"), say("page.kind"), say("page.made")]}>
                {set.map(v => (
                  <tr key={v.name}>
                    <th scope="row">
                      <VersionLink name={v.name} />
                    </th>
                    <td>{v.kind && kind(v.kind)}</td>
                    <td>
                      <Time at={v.madeAt} />
                    </td>
                  </tr>
                ))}
              </Table>
            </Section>
          </>
        )}
      </Read>
    </Page>
  );
}
