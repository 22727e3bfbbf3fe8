import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Markdown, type ImageAt } from "../files/Markdown";
import type { Project } from "../src/api";
import { Section } from "../src/parts";
import { useResource, type Asked } from "../src/resource";
import { useCalls, type Change, type Entry } from "./calls";
import { useWords } from "./words";

/** Whether this server takes changes; while that is not known, no. */
export function useMayChange(): boolean {
  const project = useResource<Project>("api/project");
  return project.state === "ready" && project.value.mayChange;
}

export function Failed({ of }: { of: Asked<unknown> }) {
  return of.state === "failed" ? (
    <p role="alert" class="failed">
      {of.reason}
    </p>
  ) : null;
}

/** A change that is asked about once more before it is made, with what it means. */
export function Sure({ label, means, change, onDone }: { label: string; means: string; change: Change; onDone?: () => void }) {
  const words = useWords();
  const [sure, setSure] = useState(false);
  const [state, call, forget] = useCalls();
  return (
    <div class="make">
      {!sure ? (
        <button type="button" onClick={() => setSure(true)}>
          {label}
        </button>
      ) : (
        <>
          <span role="status">{means}</span>
          <button
            type="button"
            class="danger"
            disabled={state.state === "asking"}
            onClick={async () => {
              if (!(await call(change))) return;
              setSure(false);
              onDone?.();
            }}
          >
            {label}
          </button>
          <button
            type="button"
            onClick={() => {
              setSure(false);
              forget();
            }}
          >
            {words("page.edit.keep")}
          </button>
        </>
      )}
      <Failed of={state} />
    </div>
  );
}

/** A name that is changed where it stands. */
export function Rename({ name, change, onDone }: { name: string; change: (name: string) => Change; onDone?: (name: string) => void }) {
  const words = useWords();
  const [written, write] = useState<string | null>(null);
  const [state, call, forget] = useCalls();
  if (written === null)
    return (
      <button type="button" class="small" onClick={() => write(name)}>
        {words("page.edit.rename")}
      </button>
    );
  return (
    <form
      class="inline"
      onSubmit={async e => {
        e.preventDefault();
        if (!(await call(change(written.trim())))) return;
        write(null);
        onDone?.(written.trim());
      }}
    >
      <label class="inline">
        {words("page.edit.new-name")} <input value={written} required maxLength={256} onInput={e => write(e.currentTarget.value)} />
      </label>
      <button type="submit" class="main small" disabled={state.state === "asking" || written.trim() === "" || written.trim() === name}>
        {words("page.edit.save")}
      </button>
      <button
        type="button"
        class="small"
        onClick={() => {
          write(null);
          forget();
        }}
      >
        {words("page.edit.cancel")}
      </button>
      <Failed of={state} />
    </form>
  );
}

/** A text in Markdown, shown; and, where changes are taken, written with a look at what becomes of it. */
export function Described({
  title,
  text,
  none,
  most,
  change,
  imageAt,
  may,
}: {
  title: string;
  text: string;
  none: string;
  most: number;
  change: (text: string) => Change;
  imageAt: ImageAt;
  may: boolean;
}) {
  const words = useWords();
  const [written, write] = useState<string | null>(null);
  const [seen, see] = useState(false);
  const [state, call, forget] = useCalls();
  const length = written === null ? 0 : [...written].length;
  return (
    <Section title={title}>
      {written === null ? (
        <>
          {text.trim() === "" ? <p class="quiet">{none}</p> : <Markdown text={text} imageAt={imageAt} />}
          {may && (
            <p class="after-text">
              <button
                type="button"
                class="small"
                onClick={() => {
                  write(text);
                  see(false);
                }}
              >
                {words("page.edit.edit")}
              </button>
            </p>
          )}
        </>
      ) : (
        <form
          class="writing"
          onSubmit={async e => {
            e.preventDefault();
            if (await call(change(written))) write(null);
          }}
        >
          {seen ? (
            <div class="preview">
              <Markdown text={written} imageAt={imageAt} />
            </div>
          ) : (
            <textarea aria-label={title} value={written} rows={12} onInput={e => write(e.currentTarget.value)} />
          )}
          <p class="inline">
            <button type="submit" class="main" disabled={state.state === "asking" || length > most}>
              {words("page.edit.save")}
            </button>
            <button type="button" aria-pressed={seen} onClick={() => see(s => !s)}>
              {words(seen ? "page.edit.write" : "page.edit.preview")}
            </button>
            <button
              type="button"
              onClick={() => {
                write(null);
                forget();
              }}
            >
              {words("page.edit.cancel")}
            </button>
            <span class={length > most ? "bad" : "quiet"} role={length > most ? "alert" : undefined}>
              {length > most ? words("page.edit.too-long", { count: length, most }) : words("page.edit.markdown")}
            </span>
          </p>
          <Failed of={state} />
        </form>
      )}
    </Section>
  );
}

const notOfPeople = /^(mlflow|kumiki)\./;

/** Tags: those of people, which are set and taken away, and folded below them those that clients and Kumiki set for themselves. */
export function Tags({ of, set, remove, may }: { of: Entry[]; set: (tag: Entry) => Change; remove: (key: string) => Change; may: boolean }) {
  const words = useWords();
  const [state, call] = useCalls();
  const own = of.filter(t => !notOfPeople.test(t.key));
  const clients = of.filter(t => notOfPeople.test(t.key) && t.key !== "mlflow.note.content");
  return (
    <Section title={words("page.tags")} count={own.length}>
      {own.length === 0 && <p class="quiet">{words("page.tags.none")}</p>}
      {own.length > 0 && (
        <dl class="values tags">
          {own.map(t => (
            <div key={t.key}>
              <dt>
                <code>{t.key}</code>
              </dt>
              <dd>
                <Tag tag={t} may={may} onSet={v => call(set({ key: t.key, value: v }))} onRemove={() => call(remove(t.key))} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {may && <NewTag onSet={tag => call(set(tag))} />}
      <Failed of={state} />
      {clients.length > 0 && (
        <details>
          <summary>{words("page.tags.clients", { count: clients.length })}</summary>
          <dl class="values tags">
            {clients.map(t => (
              <div key={t.key}>
                <dt>
                  <code>{t.key}</code>
                </dt>
                <dd class="long">{t.value}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </Section>
  );
}

function Tag({ tag, may, onSet, onRemove }: { tag: Entry; may: boolean; onSet: (value: string) => Promise<boolean>; onRemove: () => void }) {
  const words = useWords();
  const [written, write] = useState<string | null>(null);
  if (written !== null)
    return (
      <form
        class="inline"
        onSubmit={async e => {
          e.preventDefault();
          if (await onSet(written)) write(null);
        }}
      >
        <input aria-label={tag.key} value={written} onInput={e => write(e.currentTarget.value)} />
        <button type="submit" class="main small">
          {words("page.edit.save")}
        </button>
        <button type="button" class="small" onClick={() => write(null)}>
          {words("page.edit.cancel")}
        </button>
      </form>
    );
  return (
    <span class="inline">
      <span class="long">{tag.value}</span>
      {may && (
        <span class="quick">
          <button type="button" class="small" aria-label={words("page.tags.edit", { key: tag.key })} onClick={() => write(tag.value)}>
            ✎
          </button>{" "}
          <button type="button" class="small" aria-label={words("page.tags.remove", { key: tag.key })} onClick={onRemove}>
            ✕
          </button>
        </span>
      )}
    </span>
  );
}

function NewTag({ onSet }: { onSet: (tag: Entry) => Promise<boolean> }) {
  const words = useWords();
  const [tag, write] = useState<Entry>({ key: "", value: "" });
  return (
    <form
      class="inline adding"
      onSubmit={async e => {
        e.preventDefault();
        if (await onSet({ ...tag, key: tag.key.trim() })) write({ key: "", value: "" });
      }}
    >
      <input
        aria-label={words("page.tags.key")}
        placeholder={words("page.tags.key")}
        required
        maxLength={250}
        value={tag.key}
        onInput={e => write({ ...tag, key: e.currentTarget.value })}
      />
      <input
        aria-label={words("page.tags.value")}
        placeholder={words("page.tags.value")}
        value={tag.value}
        onInput={e => write({ ...tag, value: e.currentTarget.value })}
      />
      <button type="submit" disabled={tag.key.trim() === ""}>
        {words("page.tags.add")}
      </button>
    </form>
  );
}

/** By key, as people count: layer 2 before layer 10. */
export function byKey<T extends { key: string }>(of: T[]): T[] {
  return [...of].sort((a, b) => a.key.localeCompare(b.key, undefined, { numeric: true }));
}

/** A list that can be searched once it is long. */
export function useFilter(count: number, label: string): [written: string, input: ComponentChildren] {
  const [written, write] = useState("");
  useEffect(() => {
    if (count <= 10) write("");
  }, [count <= 10]);
  return [
    written.trim().toLowerCase(),
    count > 10 && (
      <div class="filters">
        <label>
          {label} <input type="search" value={written} onInput={e => write(e.currentTarget.value)} />
        </label>
      </div>
    ),
  ];
}
