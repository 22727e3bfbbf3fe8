import { Fragment, type ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export interface Col<T> {
  id: string;
  head: string;
  value: (row: T) => number | string | null | undefined;
  cell?: (row: T) => ComponentChildren;
  number?: boolean;
}

export interface Sorting { by: string; down: boolean }

/** A table whose heads sort it; rows without a value come last either way. The first column is the row's head. */
export function SortTable<T>({ label, columns, rows, first, rowKey, here, below }: {
  label: string; columns: Col<T>[]; rows: T[]; first: Sorting; rowKey: (row: T) => string; here?: string | null; below?: (row: T) => ComponentChildren;
}) {
  const [sorting, sort] = useState(first);
  const column = columns.find(c => c.id === sorting.by) ?? columns[0]!;
  const sorted = [...rows].sort((a, b) => {
    const [x, y] = [column.value(a) ?? null, column.value(b) ?? null];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true });
    return sorting.down ? -order : order;
  });
  return (
    <SortedTable label={label} columns={columns} sorting={sorting} onSort={sort}>
      {sorted.map(row => (
        <Fragment key={rowKey(row)}>
          <tr class={here === rowKey(row) ? "here" : undefined}><Cells columns={columns} row={row} /></tr>
          {below && here === rowKey(row) && <tr><td colSpan={columns.length} class="below">{below(row)}</td></tr>}
        </Fragment>
      ))}
    </SortedTable>
  );
}

export function Cells<T>({ columns, row }: { columns: Col<T>[]; row: T }) {
  return <>{columns.map((c, i) => {
    const shown = c.cell?.(row) ?? c.value(row) ?? "–";
    return i === 0 ? <th key={c.id} scope="row">{shown}</th> : <td key={c.id} class={c.number ? "number" : undefined}>{shown}</td>;
  })}</>;
}

/** The frame of such a table; who sorts on the server fills it with rows in order. */
export function SortedTable<T>({
  label,
  columns,
  sorting,
  onSort,
  children,
}: {
  label: string;
  columns: Col<T>[];
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
  children: ComponentChildren;
}) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={label}>
      <table class="sorts">
        <thead>
          <tr>
            {columns.map(c => (
              <th
                key={c.id}
                scope="col"
                class={c.number ? "number" : undefined}
                aria-sort={sorting.by === c.id ? (sorting.down ? "descending" : "ascending") : undefined}
              >
                <button type="button" onClick={() => onSort({ by: c.id, down: sorting.by === c.id ? !sorting.down : (c.number ?? false) })}>
                  {c.head}
                  <span aria-hidden="true">{sorting.by === c.id ? (sorting.down ? " ▼" : " ▲") : ""}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
