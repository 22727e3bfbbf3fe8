import { useState } from "preact/hooks";
import type { LoggedKeys } from "../tracking/calls";
import { attributeColumns } from "./asking";
import { headOf } from "./RunsTable";
import { useWords } from "./words";

/** More keys than these are found by typing a piece of them. */
const mostListed = 60;

/** Which columns the table has: of attributes, metrics, parameters and tags, found by a piece of their name. */
export function Columns({ keys, columns, isUsual, onColumns }: {
  keys: LoggedKeys; columns: string[]; isUsual: boolean; onColumns: (columns: string[] | null) => void;
}) {
  const words = useWords();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const groups: [name: string, columns: string[]][] = [
    [words("page.experiments.attributes"), attributeColumns],
    [words("page.experiments.metrics"), keys.metrics.map(k => `metrics.${k}`)],
    [words("page.experiments.params"), keys.params.map(k => `params.${k}`)],
    [words("page.experiments.tags"), keys.tags.map(k => `tags.${k}`)],
  ];
  const wanted = text.trim().toLowerCase();
  return (
    <details class="drop" open={open} onToggle={e => setOpen(e.currentTarget.open)} onKeyDown={e => e.key === "Escape" && setOpen(false)}>
      <summary class="button">{words("page.experiments.columns", { count: columns.length })}</summary>
      {open && (
        <div class="drop-body">
          <div class="inline">
            <label class="inline">
              {words("page.experiments.find-column")}
              <input type="search" value={text} onInput={e => setText(e.currentTarget.value)} />
            </label>
            <button type="button" class="small" disabled={isUsual} onClick={() => onColumns(null)}>
              {words("page.experiments.usual")}
            </button>
            <button type="button" class="small" disabled={columns.length === 0} onClick={() => onColumns([])}>
              {words("page.experiments.no-columns")}
            </button>
          </div>
          {groups.map(([name, of]) => (
            <Group key={name} name={name} of={of} wanted={wanted} columns={columns} onColumns={onColumns} />
          ))}
        </div>
      )}
    </details>
  );
}

function Group({ name, of, wanted, columns, onColumns }: {
  name: string; of: string[]; wanted: string; columns: string[]; onColumns: (columns: string[]) => void;
}) {
  const words = useWords();
  const found = of.filter(c => headOf(c, words).toLowerCase().includes(wanted));
  // What is chosen stands first: it can be taken out without being looked for.
  const listed = [...found.filter(c => columns.includes(c)), ...found.filter(c => !columns.includes(c))].slice(0, mostListed);
  if (found.length === 0) return null;
  const every = found.every(c => columns.includes(c));
  return (
    <fieldset>
      <legend>
        {name} <span class="count">{found.length}</span>{" "}
        {found.length <= 200 && (
          <button type="button" class="small" onClick={() => onColumns(every ? columns.filter(c => !found.includes(c)) : [...new Set([...columns, ...found])])}>
            {words(every ? "page.experiments.none-of-these" : "page.experiments.all-of-these")}
          </button>
        )}
      </legend>
      <div class="choices">
        {listed.map(c => (
          <label key={c} class="check">
            <input
              type="checkbox"
              checked={columns.includes(c)}
              onChange={e => onColumns(e.currentTarget.checked ? [...columns, c] : columns.filter(o => o !== c))}
            />
            {headOf(c, words)}
          </label>
        ))}
      </div>
      {found.length > listed.length && <p class="quiet">{words("page.experiments.more-columns", { count: found.length - listed.length })}</p>}
    </fieldset>
  );
}
