import { Table } from "../src/parts";
import { useSay } from "../src/texts";

/** Lists of named things in a schema become tables, the rest is shown as it is. */
export function Schema({ of }: { of: unknown }) {
  const say = useSay();
  const lists = tablesOf(of);
  if (lists.length === 0) return <pre class="json" tabIndex={0}>{JSON.stringify(of, null, 2)}</pre>;
  return (
    <>
      {lists.map(({ name, rows, columns }) => (
        <Table key={name} label={name || say("page.schema")} head={columns}>
          {rows.map(row => (
            <tr key={String(row[columns[0]!])}>
              {columns.map((c, i) => i === 0 ? <th key={c} scope="row"><code>{text(row[c])}</code></th> : <td key={c}><code>{text(row[c])}</code></td>)}
            </tr>
          ))}
        </Table>
      ))}
      <details><summary>JSON</summary><pre class="json" tabIndex={0}>{JSON.stringify(of, null, 2)}</pre></details>
    </>
  );
}

type Row = Record<string, unknown>;

export function tablesOf(schema: unknown): { name: string; rows: Row[]; columns: string[] }[] {
  const isList = (value: unknown): value is Row[] =>
    Array.isArray(value) && value.length > 0 && value.every(r => typeof r === "object" && r !== null && "name" in r);
  const lists: [string, Row[]][] = isList(schema)
    ? [["", schema]]
    : typeof schema === "object" && schema !== null
      ? Object.entries(schema).filter((e): e is [string, Row[]] => isList(e[1]))
      : [];
  return lists.map(([name, rows]) => ({ name, rows, columns: ["name", ...new Set(rows.flatMap(r => Object.keys(r)).filter(k => k !== "name"))] }));
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
}
