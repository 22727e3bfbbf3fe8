import { useEffect, useRef, useState } from "preact/hooks";
import { useResource } from "../resource";
import { useWords } from "../words";
import type { ViewOf } from "./BoardPage";
import type { KeyList } from "./types";

/** More values than these are searched by the server instead of listed. */
const mostListed = 60;
const mostFound = 50;

/** Chooses one value of a key: from a list where it is short, else by searching among all of them. */
export function KeyFilter({ name, board, asking, refine }: Pick<ViewOf, "board" | "asking" | "refine"> & { name: string }) {
  const words = useWords();
  const path = `api/boards/${encodeURIComponent(board.name)}/keys/${encodeURIComponent(name)}${asking.use === "newest" ? "?use=newest" : ""}`;
  const list = useResource<KeyList>(`${path}${path.includes("?") ? "&" : "?"}limit=${mostListed}`);
  const chosen = asking.keys[name] ?? "";
  const choose = (value: string) =>
    refine({ ...asking, keys: Object.fromEntries(Object.entries({ ...asking.keys, [name]: value }).filter(([, v]) => v !== "")), offset: 0 });
  if (list.state === "ready" && list.value.more) return <Search key={chosen} name={name} path={path} chosen={chosen} onChoose={choose} />;
  const values = list.state === "ready" ? list.value.values.map(v => v.value) : [];
  return (
    <label>{name}
      <select value={chosen} onChange={e => choose(e.currentTarget.value)}>
        <option value="">{words("page.board.all")}</option>
        {chosen !== "" && !values.includes(chosen) && <option value={chosen}>{chosen}</option>}
        {values.map(v => <option key={v} value={v}>{v}</option>)}
      </select>
    </label>
  );
}

/** What was typed, once typing has paused: each key does not ask the server. */
function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), 150);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/** A box with a list under it (ARIA combobox): arrows move, Enter chooses, Escape leaves; an empty box means all values. */
function Search({ name, path, chosen, onChoose }: { name: string; path: string; chosen: string; onChoose: (value: string) => void }) {
  const words = useWords();
  const [text, setText] = useState(chosen);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const box = useRef<HTMLSpanElement>(null);
  const wanted = useSettled(text === chosen ? "" : text.trim());
  const found = useResource<KeyList>(
    `${path}${path.includes("?") ? "&" : "?"}limit=${mostFound}${wanted === "" ? "" : `&holds=${encodeURIComponent(wanted)}`}`,
  );
  const values = found.state === "ready" ? found.value.values.map(v => v.value) : [];
  const id = `key-${name}`;
  const pick = (value: string) => { setOpen(false); setText(value); onChoose(value); };
  const press = (event: KeyboardEvent) => {
    const move = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (move !== 0) {
      event.preventDefault();
      setOpen(true);
      setAt(a => Math.max(-1, Math.min(values.length - 1, a + move)));
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (open && at >= 0 && values[at] !== undefined) pick(values[at]);
      else if (text.trim() === "") pick("");
      else if (values.includes(text.trim())) pick(text.trim());
      else if (values.length === 1) pick(values[0]!);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      setOpen(false);
      setText(chosen);
    }
  };
  useEffect(() => setAt(-1), [wanted]);
  useEffect(() => box.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" }), [at]);
  const left = (event: FocusEvent) => {
    if (box.current?.contains(event.relatedTarget as Node | null)) return;
    setOpen(false);
    if (text.trim() === "" && chosen !== "") pick("");
    else setText(chosen);
  };
  return (
    <span class="combo" ref={box} onFocusOut={left}>
      <label for={id}>{name}</label>
      <input
        id={id}
        type="text"
        role="combobox"
        autoComplete="off"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={open && at >= 0 ? `${id}-${at}` : undefined}
        placeholder={words("page.board.search")}
        value={text}
        onInput={e => {
          setText(e.currentTarget.value);
          setOpen(true);
        }}
        onClick={() => setOpen(true)}
        onKeyDown={press}
      />
      <ul id={`${id}-list`} role="listbox" aria-label={name} hidden={!open}>
        {values.map((v, i) => (
          <li
            key={v}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseDown={e => {
              e.preventDefault();
              pick(v);
            }}
          >
            {v}
          </li>
        ))}
        {found.state === "ready" && values.length === 0 && (
          <li role="option" aria-disabled="true" aria-selected={false} class="quiet">
            {words("page.board.not-found")}
          </li>
        )}
        {found.state === "ready" && found.value.more && (
          <li role="option" aria-disabled="true" aria-selected={false} class="quiet">
            {words("page.board.more-values")}
          </li>
        )}
      </ul>
      <span class="unseen" role="status">
        {open && found.state === "ready" ? words(found.value.more ? "page.board.found-more" : "page.board.found", { count: values.length }) : ""}
      </span>
    </span>
  );
}
