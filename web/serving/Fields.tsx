import { typeOf, type OpenApi } from "../api/document";
import { Read, Section, Table } from "../src/parts";
import { useResource } from "../src/resource";
import { boundsOf, curlOf, dayOf, typedOf } from "./asking";
import { useBound } from "./parts";
import { Curl } from "./TryIt";
import type { Endpoint, Field } from "./types";
import { useWords } from "./words";

/** What is sent and what comes back, for who writes a program. */
export function Fields({ name, of }: { name: string; of: Endpoint }) {
  const words = useWords();
  const path = `api/endpoints/${encodeURIComponent(name)}/openapi.json`;
  const document = useResource<OpenApi>(path, { live: false });
  return (
    <>
      <Section title={words("page.serving.fields", { record: of.input })} count={of.fields.length}>
        <Table
          label={words("page.serving.fields", { record: of.input })}
          head={(["name", "type", "values", "needed", "read"] as const).map(c => words(`page.serving.field.${c}`))}
        >
          {of.fields.map(f => (
            <Line key={f.name} of={f} />
          ))}
        </Table>
        <p class="note">{words("page.serving.camel")}</p>
      </Section>
      <Section title={words("page.serving.openapi")}>
        <p>
          <code class="command">POST /api/endpoints/{name}/predict</code>{" "}
          <a href={path} download={`${name}-openapi.json`}>
            openapi.json
          </a>
        </p>
        <Read of={document} what="openapi.json">
          {value => <Document of={value} />}
        </Read>
      </Section>
      <Section title={words("page.serving.try.same")}>
        <Curl text={curlOf(location.origin, name, of.fields, typedOf(of.example), "")} />
      </Section>
    </>
  );
}

const mostChoices = 12;

function Line({ of: f }: { of: Field }) {
  const words = useWords();
  const bound = useBound();
  const choices = f.choices ?? [];
  return (
    <tr>
      <th scope="row">
        <code>{f.name}</code> {f.personal && <span class="badge">{words("page.serving.personal")}</span>}
      </th>
      <td>{words(`page.serving.is.${f.kind.toLowerCase() as "text"}`)}</td>
      <td class="sentence">
        {choices.length > 0
          ? choices.slice(0, mostChoices).join(", ") + (choices.length > mostChoices ? ` … (${choices.length})` : "")
          : boundsOf(f, f.kind === "Date" ? dayOf : bound) || "–"}
      </td>
      <td>{words(f.optional ? "page.serving.may-be-empty" : "page.serving.needed")}</td>
      <td>{f.isRead ? <span class="good">✓ {words("page.serving.is-read")}</span> : <span class="quiet">{words("page.serving.not-read")}</span>}</td>
    </tr>
  );
}

function Document({ of }: { of: OpenApi }) {
  const words = useWords();
  const call = Object.values(of.paths)[0]?.post;
  if (call === undefined) return null;
  return (
    <>
      <h3 class="after">{words("page.serving.openapi.sent")}</h3>
      <pre class="json" tabIndex={0}>
        {typeOf(call.requestBody?.content?.["application/json"]?.schema, of)}
      </pre>
      <h3 class="after">{words("page.serving.openapi.headers")}</h3>
      <Table label={words("page.serving.openapi.headers")} head={[words("page.serving.field.name"), words("page.serving.field.type"), ""]}>
        {(call.parameters ?? []).map(p => (
          <tr key={p.name}>
            <th scope="row">
              <code>{p.name}</code>
            </th>
            <td>{typeOf(p.schema, of)}</td>
            <td class="sentence">{p.description}</td>
          </tr>
        ))}
      </Table>
      <h3 class="after">{words("page.serving.openapi.answers")}</h3>
      <Table label={words("page.serving.openapi.answers")} head={[words("page.serving.openapi.status"), words("page.serving.field.type")]}>
        {Object.entries(call.responses ?? {}).map(([status, answer]) => (
          <tr key={status}>
            <th scope="row">{status}</th>
            <td>
              {answer.description}
              {status === "200" && (
                <pre>
                  {Object.values(answer.content ?? {})
                    .map(c => typeOf(c.schema, of))
                    .join("\n")}
                </pre>
              )}
            </td>
          </tr>
        ))}
      </Table>
    </>
  );
}
