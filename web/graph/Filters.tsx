import type { AssetStatus } from "../src/api";
import { kebab, useKind } from "../src/parts";
import { useSay, type TextId } from "../src/texts";
import { states, type Filter } from "./filter";

/** What to show of many assets: by name, kind and state. */
export function Filters({ of, shown, filter, onChange }: { of: AssetStatus[]; shown: number; filter: Filter; onChange: (next: Filter) => void }) {
  const say = useSay();
  const kind = useKind();
  return (
    <div class="filters" role="search">
      <label>{say("page.name")} <input type="search" value={filter.name} onInput={e => onChange({ ...filter, name: e.currentTarget.value })} /></label>
      <label>{say("page.kind")}
        <select value={filter.kind} onChange={e => onChange({ ...filter, kind: e.currentTarget.value })}>
          <option value="">{say("page.all")}</option>
          {[...new Set(of.map(n => n.kind))].map(k => <option key={k} value={k}>{kind(k)}</option>)}
        </select>
      </label>
      <label>{say("page.state")}
        <select value={filter.state} onChange={e => onChange({ ...filter, state: e.currentTarget.value })}>
          <option value="">{say("page.all")}</option>
          {states.map(s => <option key={s} value={s}>{say(`page.filter.${kebab(s)}` as TextId)}</option>)}
        </select>
      </label>
      <output class="quiet">{shown === of.length ? say("page.filter.all", { count: shown }) : say("page.filter.some", { count: shown, of: of.length })}</output>
    </div>
  );
}
