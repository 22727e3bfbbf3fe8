import { useState } from "preact/hooks";
import { Page, Read, Section, Table } from "../src/parts";
import { useResource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import { byTag, filled, typeOf, type Address, type OpenApi } from "./document";

/** The public REST API as its own document describes it; what is read can be tried in place. */
export function ApiPage() {
  const say = useSay();
  const document = useResource<OpenApi>("openapi/v1.json");
  return (
    <Page title={say("page.api")}>
      <p class="lead">
        {say("page.api.lead")}{" "}
        <a href="openapi/v1.json" download="kumiki-openapi.json">
          openapi/v1.json
        </a>
      </p>
      <Read of={document} what="openapi/v1.json">
        {value => (
          <>
            {byTag(value).map(([tag, addresses]) => (
              <Section key={tag} title={tag}>
                <ul class="api">
                  {addresses.map(a => (
                    <li key={a.method + a.path}>
                      <One address={a} document={value} />
                    </li>
                  ))}
                </ul>
              </Section>
            ))}
          </>
        )}
      </Read>
    </Page>
  );
}

function One({ address: { method, path, of }, document }: { address: Address; document: OpenApi }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  const body = of.requestBody?.content?.["application/json"]?.schema;
  return (
    <details onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>
        <span class={`method ${method.toLowerCase()}`}>{method}</span> <code>{path}</code> <span class="quiet">{of.summary}</span>
      </summary>
      {open && (
        <div class="address">
          {body && (
            <>
              <h3>{say("page.api.asked")}</h3>
              <pre class="json" tabIndex={0}>
                {typeOf(body, document)}
              </pre>
            </>
          )}
          {method === "GET" ? (
            <Try path={path} of={of} />
          ) : (
            <pre class="json" tabIndex={0}>{`curl -X ${method} -H 'Content-Type: application/json' \\\n  -d '{}' ${location.origin}${path}`}</pre>
          )}
          <h3>{say("page.api.answers")}</h3>
          <Table label={say("page.api.answers")} head={[say("page.state"), say("page.api.type")]}>
            {Object.entries(of.responses ?? {}).map(([status, answer]) => (
              <tr key={status}>
                <th scope="row">{status}</th>
                <td>
                  <pre>
                    {Object.values(answer.content ?? {})
                      .map(c => typeOf(c.schema, document))
                      .join("\n") || answer.description}
                  </pre>
                </td>
              </tr>
            ))}
          </Table>
        </div>
      )}
    </details>
  );
}

const longestShown = 20_000;

/** The address with its parameters to fill in, and what the server answers to it. */
function Try({ path, of }: { path: string; of: Address["of"] }) {
  const say = useSay();
  const language = useLanguage();
  const [values, setValues] = useState<Record<string, string>>({});
  const [answer, setAnswer] = useState<{ status: string; text: string } | null>(null);
  const parameters = of.parameters ?? [];
  const to = filled(path, parameters, values);
  const isStream = path === "/api/changes"; // it never ends
  const ask = async () => {
    try {
      const response = await fetch(`.${to}`, { headers: { "Accept-Language": language } });
      const text = await response.text();
      let shown = text;
      try {
        shown = JSON.stringify(JSON.parse(text), null, 2);
      } catch {
        // a file, shown as it is
      }
      setAnswer({ status: `${response.status} ${response.statusText}`, text: shown.length > longestShown ? `${shown.slice(0, longestShown)}\n…` : shown });
    } catch {
      setAnswer({ status: "", text: say("page.no-answer") });
    }
  };
  return (
    <form
      class="try"
      onSubmit={e => {
        e.preventDefault();
        void ask();
      }}
    >
      {parameters.length > 0 && (
        <div class="filters">
          {parameters.map(p => (
            <label key={p.name}>
              <code>{p.name}</code>{" "}
              <input value={values[p.name] ?? ""} required={p.in === "path"} onInput={e => setValues({ ...values, [p.name]: e.currentTarget.value })} />
            </label>
          ))}
        </div>
      )}
      <p class="desk">
        <code class="command">
          curl '{location.origin}
          {to}'
        </code>{" "}
        {!isStream && <button type="submit">{say("page.api.try")}</button>}
      </p>
      {answer && (
        <div role="status">
          <p>{answer.status}</p>
          <pre class="json" tabIndex={0}>
            {answer.text}
          </pre>
        </div>
      )}
    </form>
  );
}
