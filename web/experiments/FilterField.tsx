import { useEffect, useRef, useState } from "preact/hooks";
import type { LoggedKeys } from "../tracking/calls";
import { nameOf, written } from "./asking";
import { attributes, joined, placeAt, quote, troubleIn, type Place } from "./filterText";
import { statuses } from "./parts";
import { useWords } from "./words";

const mostOffered = 30;

/** A filter to type, completed from what was logged; where it cannot be read, the place is marked. */
export function FilterField({ filter, keys, refused, onFilter }: {
  filter: string; keys: LoggedKeys; refused: string | null; onFilter: (filter: string) => void;
}) {
  const words = useWords();
  const [text, setText] = useState(filter);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [caret, setCaret] = useState(filter.length);
  const [local, setLocal] = useState<{ from: number; to: number } | null>(null);
  const box = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    setText(filter);
    setLocal(null);
  }, [filter]);
  useEffect(() => list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [active]);

  const place = placeAt(text, caret);
  const offered = open ? offers(place, keys) : [];
  // What is refused by the server is marked too, where it is known which part of it was meant.
  const trouble = text.trim() === "" ? null : (local ?? (refused === null ? null : troubleIn(filter)));
  const apply = (wanted: string) => {
    const found = troubleIn(wanted);
    setOpen(false);
    setLocal(found);
    if (found === null) onFilter(wanted.trim());
    else box.current?.setSelectionRange(found.from, found.to);
  };
  const take = (offer: string) => {
    const next = `${text.slice(0, place.from)}${offer} ${text.slice(caret).trimStart()}`;
    const at = place.from + offer.length + 1;
    setText(next);
    setCaret(at);
    setActive(-1);
    setLocal(null);
    requestAnimationFrame(() => {
      box.current?.focus();
      box.current?.setSelectionRange(at, at);
    });
  };
  const press = (event: KeyboardEvent) => {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move !== 0) {
      event.preventDefault();
      setOpen(true);
      setActive(a => Math.max(-1, Math.min(offered.length - 1, a + move)));
    } else if ((event.key === "Enter" || event.key === "Tab") && open && offered[active] !== undefined) {
      event.preventDefault();
      take(offered[active]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
    }
  };
  const moved = () => setCaret(box.current?.selectionStart ?? text.length);
  return (
    <div class="filter-field">
      <form
        role="search"
        class="inline wide"
        onSubmit={e => {
          e.preventDefault();
          apply(text);
        }}
      >
        <span class="combo wide" onFocusOut={e => (e.currentTarget as HTMLElement).contains(e.relatedTarget as Node | null) || setOpen(false)}>
          <label for="runs-filter">{words("page.experiments.filter")}</label>
          <input
            id="runs-filter"
            ref={box}
            type="text"
            role="combobox"
            autoComplete="off"
            spellcheck={false}
            aria-expanded={offered.length > 0}
            aria-controls="runs-filter-list"
            aria-autocomplete="list"
            aria-activedescendant={offered[active] === undefined ? undefined : `runs-filter-${active}`}
            aria-invalid={trouble !== null || refused !== null}
            aria-describedby="runs-filter-says"
            placeholder="metrics.loss < 0.5 AND params.model = 'tree'"
            value={text}
            onInput={e => {
              setText(e.currentTarget.value);
              setCaret(e.currentTarget.selectionStart ?? 0);
              setOpen(true);
              setActive(-1);
              setLocal(null);
            }}
            onKeyUp={moved}
            onClick={() => {
              moved();
              setOpen(true);
            }}
            onKeyDown={press}
          />
          <ul id="runs-filter-list" ref={list} role="listbox" aria-label={words("page.experiments.completions")} hidden={offered.length === 0}>
            {offered.map((o, i) => (
              <li
                key={o}
                id={`runs-filter-${i}`}
                role="option"
                aria-selected={i === active}
                onMouseDown={e => {
                  e.preventDefault();
                  take(o);
                }}
              >
                {o}
              </li>
            ))}
          </ul>
        </span>
        <button type="submit" class="main">
          {words("page.experiments.find")}
        </button>
        {filter !== "" && (
          <button type="button" onClick={() => apply("")}>
            {words("page.experiments.clear")}
          </button>
        )}
      </form>
      <div id="runs-filter-says" role={trouble !== null || refused !== null ? "alert" : undefined}>
        {(trouble !== null || refused !== null) && (
          <p class="bad">
            {refused ?? words("page.experiments.unreadable")}
            {trouble !== null && (
              <code class="place">
                {text.slice(0, trouble.from)}
                <mark>{text.slice(trouble.from, trouble.to) || "␣"}</mark>
                {text.slice(trouble.to)}
              </code>
            )}
          </p>
        )}
      </div>
      <Builder keys={keys} onClause={clause => apply(joined(filter, clause))} />
    </div>
  );
}

/** What may be written at a place, what begins as typed first. */
function offers(place: Place, keys: LoggedKeys): string[] {
  const all = (): string[] => {
    switch (place.wants) {
      case "key": return [
        ...keys.metrics.map(k => nameOf(`metrics.${k}`)), ...keys.params.map(k => nameOf(`params.${k}`)), ...keys.tags.map(k => nameOf(`tags.${k}`)),
        ...Object.keys(attributes).map(a => `attributes.${a}`),
      ];
      case "operator": return place.operators;
      case "and": return ["AND"];
      case "value": return /(^|\.)status$/i.test(place.key) ? statuses.map(quote) : [];
    }
  };
  const typed = place.typed.trim().toLowerCase();
  const known = all().filter(o => o.toLowerCase().includes(typed) && o.toLowerCase() !== typed);
  return [...known.filter(o => o.toLowerCase().startsWith(typed)), ...known.filter(o => !o.toLowerCase().startsWith(typed))].slice(0, mostOffered);
}

/** Clauses for who knows no grammar: a status, a piece of a name, a bound of a metric. */
function Builder({ keys, onClause }: { keys: LoggedKeys; onClause: (clause: string) => void }) {
  const words = useWords();
  const [name, setName] = useState("");
  const [metric, setMetric] = useState("");
  const [operator, setOperator] = useState("<=");
  const [bound, setBound] = useState("");
  const isNumber = bound.trim() !== "" && Number.isFinite(Number(bound));
  return (
    <details class="builder">
      <summary>{words("page.experiments.build")}</summary>
      <div class="filters">
        <label>
          {words("page.experiments.column-status")}
          <select value="" onChange={e => e.currentTarget.value !== "" && onClause(`attributes.status = ${quote(e.currentTarget.value)}`)}>
            <option value="">–</option>
            {statuses.map(s => (
              <option key={s} value={s}>
                {words(`page.experiments.status-${s.toLowerCase() as "running"}`)}
              </option>
            ))}
          </select>
        </label>
        <form
          class="inline"
          onSubmit={e => {
            e.preventDefault();
            onClause(`attributes.run_name ILIKE ${quote(`%${name.trim()}%`)}`);
            setName("");
          }}
        >
          <label>
            {words("page.experiments.name-holds")}
            <input type="text" value={name} onInput={e => setName(e.currentTarget.value)} />
          </label>
          <button type="submit" disabled={name.trim() === ""}>
            {words("page.experiments.add")}
          </button>
        </form>
        <form
          class="inline"
          onSubmit={e => {
            e.preventDefault();
            onClause(`metrics.${written(metric)} ${operator} ${Number(bound)}`);
            setBound("");
          }}
        >
          <label>
            {words("page.experiments.metric")}
            <select value={metric} onChange={e => setMetric(e.currentTarget.value)}>
              <option value="">–</option>
              {keys.metrics.map(k => (
                <option key={k} value={k}>
                  {k}
                </option>
              ))}
            </select>
          </label>
          <select aria-label={words("page.experiments.operator")} value={operator} onChange={e => setOperator(e.currentTarget.value)}>
            {["<", "<=", ">", ">=", "=", "!="].map(o => (
              <option key={o} value={o}>
                {o}
              </option>
            ))}
          </select>
          <input
            type="text"
            inputMode="decimal"
            aria-label={words("page.experiments.bound")}
            size={8}
            value={bound}
            aria-invalid={bound.trim() !== "" && !isNumber}
            onInput={e => setBound(e.currentTarget.value)}
          />
          <button type="submit" disabled={metric === "" || !isNumber}>
            {words("page.experiments.add")}
          </button>
        </form>
      </div>
    </details>
  );
}
