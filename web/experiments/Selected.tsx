import { useState } from "preact/hooks";
import { post, Refusal } from "../src/api";
import { to } from "../src/routes";
import { useLanguage, useSay } from "../src/texts";
import { at } from "../tracking/calls";
import type { Asking } from "./asking";
import { useWords } from "./words";

export const mostCompared = 100;
const atOnce = 6;

/** What can be done with the runs that were chosen. */
export function Selected({ chosen, view, mayChange, onClear }: { chosen: string[]; view: Asking["view"]; mayChange: boolean; onClear: () => void }) {
  const say = useSay();
  const words = useWords();
  const language = useLanguage();
  const [open, setOpen] = useState<"delete" | "tag" | null>(null);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  if (chosen.length === 0) return null;

  /** One after the other, a few at a time; what was refused is said, what was done stays done. */
  const each = async (path: string, body: (run: string) => object, clear: boolean) => {
    setBusy(true);
    setFailed(null);
    const left = [...chosen];
    let refused: string | null = null;
    const work = async () => {
      for (let run = left.pop(); run !== undefined && refused === null; run = left.pop()) {
        try {
          await post<object>(path, body(run), language);
        } catch (error) {
          refused ??= error instanceof Refusal ? error.message : say("page.no-answer");
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    setBusy(false);
    setFailed(refused);
    if (refused !== null) return;
    setOpen(null);
    if (clear) onClear();
  };
  return (
    <div class="chosen inline">
      <span role="status">{say("page.compare.chosen", { count: chosen.length })}</span>
      {chosen.length > 1 && chosen.length <= mostCompared ? (
        <a class="button main" href={to.compareTracked(chosen)}>
          {words("page.experiments.compare")}
        </a>
      ) : (
        <span class="quiet">{words("page.experiments.compare-how-many", { most: mostCompared })}</span>
      )}
      {mayChange && open === null && (
        <>
          {view !== "DELETED_ONLY" && (
            <button type="button" onClick={() => setOpen("tag")}>
              {words("page.experiments.tag")} …
            </button>
          )}
          {view !== "DELETED_ONLY" && (
            <button type="button" onClick={() => setOpen("delete")}>
              {words("page.experiments.delete")} …
            </button>
          )}
          {view !== "ACTIVE_ONLY" && (
            <button type="button" disabled={busy} onClick={() => each(at.restoreRun, run => ({ run_id: run }), true)}>
              {words("page.experiments.restore")}
            </button>
          )}
        </>
      )}
      {open === "delete" && (
        <>
          <span role="status">{words("page.experiments.delete-runs-sure", { count: chosen.length })}</span>
          <button type="button" class="danger" disabled={busy} onClick={() => each(at.deleteRun, run => ({ run_id: run }), true)}>
            {words("page.experiments.delete-do")}
          </button>
          <button type="button" onClick={() => setOpen(null)}>
            {say("page.cancel")}
          </button>
        </>
      )}
      {open === "tag" && <Tagging busy={busy} onTag={(key, value) => each(at.setTag, run => ({ run_id: run, key, value }), false)} onLeave={() => setOpen(null)} />}
      <button type="button" class="small" onClick={onClear}>
        {say("page.compare.clear")}
      </button>
      {failed !== null && <p role="alert" class="failed">{failed}</p>}
    </div>
  );
}

function Tagging({ busy, onTag, onLeave }: { busy: boolean; onTag: (key: string, value: string) => void; onLeave: () => void }) {
  const say = useSay();
  const words = useWords();
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  return (
    <form
      class="inline"
      onSubmit={e => {
        e.preventDefault();
        onTag(key.trim(), value);
      }}
    >
      <label class="inline">
        {words("page.experiments.tag-key")}
        <input type="text" value={key} onInput={e => setKey(e.currentTarget.value)} />
      </label>
      <label class="inline">
        {words("page.experiments.tag-value")}
        <input type="text" value={value} onInput={e => setValue(e.currentTarget.value)} />
      </label>
      <button type="submit" class="main" disabled={busy || key.trim() === ""}>
        {words("page.experiments.tag-do")}
      </button>
      <button type="button" onClick={onLeave}>
        {say("page.cancel")}
      </button>
    </form>
  );
}
