import { useState } from "preact/hooks";
import { useChange, useResource } from "../src/resource";
import { at, type TrackedExperiment } from "../tracking/calls";
import { queryOf, type Asking } from "./asking";
import { Naming } from "./ExperimentsPage";
import { useKept } from "./parts";
import { useWords } from "./words";

/** Views are kept as tags of the first experiment, so that every client has them. */
const prefix = "kumiki.view.";

/** Filter, order and columns under a name: kept for everybody, chosen again, renamed, deleted. */
export function Views({ experiments, asking, mayChange, onView }: {
  experiments: string[]; asking: Asking; mayChange: boolean; onView: (query: string) => void;
}) {
  const words = useWords();
  const id = experiments[0]!;
  const found = useKept(useResource<{ experiment: TrackedExperiment }>(at.experiment(id)));
  const [open, setOpen] = useState<"save" | "rename" | null>(null);
  const [setting, set, forget] = useChange<object>(at.setExperimentTag);
  const [removing, remove] = useChange<object>(at.deleteExperimentTag);
  const tags = found.state === "ready" ? (found.value.experiment.tags ?? []).filter(t => t.key.startsWith(prefix)) : [];
  const views = tags.map(t => ({ name: t.key.slice(prefix.length), query: t.value }));
  const now = queryOf(asking);
  const here = views.find(v => v.query === now);
  const failed = setting.state === "failed" ? setting.reason : removing.state === "failed" ? removing.reason : null;
  const close = () => {
    forget();
    setOpen(null);
  };
  const save = async (name: string) => {
    if ((await set({ experiment_id: id, key: prefix + name, value: now })) === null) return;
    if (open === "rename" && here !== undefined && here.name !== name) await remove({ experiment_id: id, key: prefix + here.name });
    close();
  };
  if (open !== null)
    return (
      <Naming
        label={words("page.experiments.view-name")}
        name={open === "rename" ? (here?.name ?? "") : ""}
        does={words(open === "rename" ? "page.experiments.rename" : "page.experiments.save")}
        failed={failed}
        onName={save}
        onLeave={close}
      />
    );
  return (
    <span class="inline">
      {views.length > 0 && (
        <label class="inline">
          {words("page.experiments.views")}
          <select value={here?.name ?? ""} onChange={e => onView(views.find(v => v.name === e.currentTarget.value)?.query ?? "")}>
            <option value="">{words("page.experiments.no-view")}</option>
            {views.map(v => (
              <option key={v.name} value={v.name}>
                {v.name}
              </option>
            ))}
          </select>
        </label>
      )}
      {mayChange && here === undefined && now !== "" && (
        <button type="button" onClick={() => setOpen("save")}>
          {words("page.experiments.save-view")} …
        </button>
      )}
      {mayChange && here !== undefined && (
        <>
          <button type="button" class="small" aria-label={words("page.experiments.rename-of", { name: here.name })} onClick={() => setOpen("rename")}>
            {words("page.experiments.rename")} …
          </button>
          <button type="button" class="small" aria-label={words("page.experiments.delete-of", { name: here.name })}
            onClick={() => remove({ experiment_id: id, key: prefix + here.name })}>
            {words("page.experiments.delete")}
          </button>
        </>
      )}
      {failed !== null && <span role="alert" class="bad">{failed}</span>}
    </span>
  );
}
