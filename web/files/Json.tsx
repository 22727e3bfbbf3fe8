import { useState } from "preact/hooks";
import { useWords } from "../registry/words";

const atOnce = 100;

/** A JSON value as a tree; what is folded is not drawn, so that a long one costs nothing. */
export function Json({ of, name, open = false }: { of: unknown; name?: string; open?: boolean }) {
  const words = useWords();
  const [isOpen, setOpen] = useState(open);
  const [most, setMost] = useState(atOnce);
  const label =
    name === undefined ? null : (
      <>
        <span class="json-name">{name}</span>:{" "}
      </>
    );
  if (of === null || typeof of !== "object")
    return (
      <div class="json-leaf">
        {label}
        <Leaf of={of} />
      </div>
    );
  const isList = Array.isArray(of);
  const entries = isOpen ? Object.entries(of).slice(0, most) : [];
  const count = isList ? of.length : Object.keys(of).length;
  return (
    <details class="json-node" open={isOpen} onToggle={e => setOpen(e.currentTarget.open)}>
      <summary>
        {label}
        <span class="quiet">
          {isList ? "[" : "{"} {words(isList ? "page.json.items" : "page.json.fields", { count })} {isList ? "]" : "}"}
        </span>
      </summary>
      {entries.map(([key, value]) => (
        <Json key={key} of={value} name={key} />
      ))}
      {isOpen && count > most && (
        <button type="button" class="small" onClick={() => setMost(m => m + atOnce * 5)}>
          {words("page.art.more", { count: count - most })}
        </button>
      )}
    </details>
  );
}

function Leaf({ of }: { of: unknown }) {
  return typeof of === "string" ? <span class="json-text">{JSON.stringify(of)}</span> : <span class="json-value">{String(of)}</span>;
}
