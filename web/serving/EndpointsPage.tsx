import { Command, Empty, Page, Read, Table, VersionLink } from "../src/parts";
import { useResource } from "../src/resource";
import { to } from "../src/routes";
import "../src/views.css";
import { everyMs, Models, Resting, Rooms, useNumber } from "./parts";
import "./serving.css";
import type { EndpointList } from "./types";
import { useWords } from "./words";

/** The endpoints of the release that is live, and how they do. */
export function EndpointsPage() {
  const words = useWords();
  const list = useResource<EndpointList>("api/endpoints", { every: everyMs });
  return (
    <Page title={words("page.serving.endpoints")}>
      <Rooms here="endpoints" />
      <Read of={list} what={words("page.serving.endpoints")}>
        {value => <All list={value} />}
      </Read>
    </Page>
  );
}

function All({ list }: { list: EndpointList }) {
  const words = useWords();
  return (
    <>
      {list.unanswerable.length > 0 && (
        <div class="warning">
          <p>{words("page.serving.old", { endpoints: list.unanswerable.join(", ") })}</p>
          {list.unanswerable.map(v => (
            <p key={v}>
              <Command>{`kumiki make ${v.split("@")[0]} --stage`}</Command>
            </p>
          ))}
        </div>
      )}
      {list.release === 0 ? (
        <Empty command="kumiki release --dry-run">{words("page.serving.no-release")}</Empty>
      ) : list.endpoints.length === 0 ? (
        list.unanswerable.length === 0 && <None release={list.release} />
      ) : (
        <>
          <p class="lead">
            {words("page.serving.endpoints.lead")} <a href={to.release(list.release)}>{words("page.serving.release", { number: list.release })}</a>
          </p>
          <Endpoints list={list} />
        </>
      )}
    </>
  );
}

function Endpoints({ list }: { list: EndpointList }) {
  const words = useWords();
  const number = useNumber();
  return (
    <Table
      label={words("page.serving.endpoints")}
      head={(["endpoint", "model", "threshold", "state", "requests", "errors"] as const).map(c => words(`page.serving.col.${c}`))}
      numbers={[4, 5]}
    >
      {list.endpoints.map(e => {
        const name = e.version.split("@")[0]!;
        return (
          <tr key={e.version}>
            <th scope="row">
              <a href={to.endpoint(name)}>{name}</a> <VersionLink name={e.version} short />
            </th>
            <td>
              <Models of={e} />
            </td>
            <td>{e.threshold === null ? "–" : <VersionLink name={e.threshold} />}</td>
            <td>{e.resting ? <Resting /> : <span class="good">✓ {words("page.serving.answers")}</span>}</td>
            <td class="number">{number(e.answered)}</td>
            <td class="number">{e.failed === 0 ? "0" : <span class="bad">{number(e.failed)}</span>}</td>
          </tr>
        );
      })}
    </Table>
  );
}

function None({ release }: { release: number }) {
  const words = useWords();
  return (
    <div class="empty">
      <p>{words("page.serving.none", { release })}</p>
      <pre
        class="sample"
        tabIndex={0}
        aria-label={words("page.serving.none.sample")}
      >{`public sealed class CreditDecision(DefaultModel model, DeclineAbove threshold) : Endpoint<Application, Verdict>
{
    public override Decision Decision =>
        Decision.At(threshold, above: Verdict.Decline, greyZone: Verdict.Review, below: Verdict.Grant);
}`}</pre>
      <p>
        <Command>kumiki make credit-decision --stage</Command>
      </p>
      <p>
        <Command>kumiki release --reason "…"</Command>
      </p>
    </div>
  );
}
