import { useState } from "preact/hooks";
import type { Table as Rows } from "../src/api";
import { figure } from "../src/format";
import { Read } from "../src/parts";
import { useResource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";

const pageSize = 25;

/**
 * The rows of a table, a page at a time.
 * @param rows where they are asked for, up to where offset and limit are said: api/versions/sales/2/rows?
 * @param more what is said of a table that has more than can be paged through.
 */
export function TableRows({ rows: address, label, more }: { rows: string; label: string; more?: string }) {
  const say = useSay();
  const language = useLanguage();
  const [file, setFile] = useState("");
  const [offset, setOffset] = useState(0);
  const rows = useResource<Rows>(`${address}&limit=${pageSize}&offset=${offset}${file ? `&file=${encodeURIComponent(file)}` : ""}`);
  return (
    <Read of={rows} what={label}>
      {value => {
        const last = Math.max(0, Math.floor((value.count - 1) / pageSize) * pageSize);
        return (
          <>
            {value.tables && value.tables.length > 1 && (
              <div class="filters">
                <label>
                  {say("page.table")}
                  <select
                    value={value.file}
                    onChange={e => {
                      setFile(e.currentTarget.value);
                      setOffset(0);
                    }}
                  >
                    {value.tables.map(t => (
                      <option key={t} value={t}>
                        {t}
                      </option>
                    ))}
                  </select>
                </label>
              </div>
            )}
            <div class="table-box" tabIndex={0} role="region" aria-label={label}>
              <table class="rows">
                <thead>
                  <tr>
                    <th scope="col" class="number">
                      #
                    </th>
                    {value.columns.map(c => (
                      <th key={c.name} scope="col" class={c.isNumber ? "number" : undefined}>
                        {c.name}
                        <small>{c.type.toLowerCase()}</small>
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {value.rows.map((row, i) => (
                    <tr key={i}>
                      <th scope="row" class="number quiet">
                        {figure(value.offset + i + 1, language)}
                      </th>
                      {row.map((cell, j) => (
                        <td key={j} class={value.columns[j]!.isNumber ? "number" : "text"}>
                          {cell === null ? <span class="null">null</span> : cell}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
            <p class="pager">
              <button type="button" disabled={offset === 0} onClick={() => setOffset(0)} aria-label={say("page.rows.first")}>
                ⇤
              </button>
              <button type="button" disabled={offset === 0} onClick={() => setOffset(o => Math.max(0, o - pageSize))}>
                {say("page.rows.before")}
              </button>
              <span>
                {value.count === 0
                  ? say("page.rows.none")
                  : say("page.rows.of", {
                      from: figure(value.offset + 1, language),
                      to: figure(value.offset + value.rows.length, language),
                      count: figure(value.count, language),
                    })}
              </span>
              <button type="button" disabled={offset >= last} onClick={() => setOffset(o => Math.min(last, o + pageSize))}>
                {say("page.rows.after")}
              </button>
              <button type="button" disabled={offset >= last} onClick={() => setOffset(last)} aria-label={say("page.rows.last")}>
                ⇥
              </button>
            </p>
            {value.isWhole === false && more && <p class="note">{more}</p>}
          </>
        );
      }}
    </Read>
  );
}
