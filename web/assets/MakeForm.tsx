import { useState } from "preact/hooks";
import type { Asset, AssetStatus, MakingAsked, Neighbour, Parameter } from "../src/api";
import { range } from "../src/format";
import { Command, Read } from "../src/parts";
import { useResource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import { askedOf, changed, commandOf, faultOf, nothingChosen, versionsOf, type Chosen } from "./making";

/** All that a making can be asked for: parameters with their old values, versions of inputs, members of a family, and what else is made or staged. */
export function MakeForm({ asset, waits, onMake }: { asset: Asset; waits: boolean; onMake: (asked: MakingAsked) => void }) {
  const say = useSay();
  const [chosen, choose] = useState<Chosen>(nothingChosen);
  const [tried, setTried] = useState(false);
  const some = (part: Partial<Chosen>) => choose(c => ({ ...c, ...part }));
  const faults = asset.parameters.filter(p => faultOf(p, chosen.values[p.name] ?? p.value) !== null);
  const seedIsWrong = !/^[+-]?\d{1,15}$/.test(chosen.seed.trim());
  const wrong = faults.length + (seedIsWrong ? 1 : 0);
  const asked = askedOf(asset, chosen);
  const command = wrong === 0 ? commandOf(asset.status.name, asked) : null;
  const flag = (name: "upstream" | "downstream" | "anew" | "stage") => (
    <label class="check">
      <input type="checkbox" checked={chosen[name]} onChange={e => some({ [name]: e.currentTarget.checked })} /> {say(`page.make.flag.${name}`)}
    </label>
  );
  const submit = (form: HTMLFormElement) => {
    setTried(true);
    if (wrong === 0) onMake(asked);
    else requestAnimationFrame(() => form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus());
  };
  return (
    <form
      class="card form"
      aria-label={say("page.make.form")}
      noValidate
      onSubmit={e => {
        e.preventDefault();
        submit(e.currentTarget);
      }}
    >
      {asset.parameters.length > 0 && (
        <fieldset>
          <legend>{say("page.parameters")}</legend>
          <div class="fields">
            {asset.parameters.map(p => (
              <Field key={p.name} of={p} typed={chosen.values[p.name] ?? p.value} onType={text => some({ values: { ...chosen.values, [p.name]: text } })} />
            ))}
          </div>
        </fieldset>
      )}
      {asset.status.family !== null && <Members status={asset.status} chosen={chosen} onChoose={some} />}
      {asset.inputs.length > 0 && (
        <fieldset>
          <legend>{say("page.made-from")}</legend>
          <div class="fields">
            {asset.inputs.slice(0, mostInputs).map(i => (
              <Input key={i.name} of={i} chosen={chosen.inputs[i.name] ?? ""} onChoose={number => some({ inputs: { ...chosen.inputs, [i.name]: number } })} />
            ))}
          </div>
          {asset.inputs.length > mostInputs && <p class="note">{say("page.make.more-inputs", { count: asset.inputs.length - mostInputs })}</p>}
          {flag("upstream")}
        </fieldset>
      )}
      <fieldset>
        <legend>{say("page.make.also")}</legend>
        {asset.users.length > 0 && flag("downstream")}
        {flag("stage")}
        {flag("anew")}
        <div class="fields">
          <div class="field">
            <label for="make-seed">{say("page.seed")}</label>
            <input
              id="make-seed"
              inputMode="numeric"
              value={chosen.seed}
              aria-invalid={seedIsWrong}
              aria-describedby="make-seed-more"
              onInput={e => some({ seed: e.currentTarget.value })}
            />
            <small id="make-seed-more" class={seedIsWrong ? "bad" : "quiet"}>
              {say(seedIsWrong ? "page.make.fault.integer" : "page.make.seed.more")}
            </small>
          </div>
        </div>
      </fieldset>
      {command !== null && (
        <p class="quiet">
          {say("page.make.same")} <Command>{command}</Command>
        </p>
      )}
      <p class="desk">
        <button type="submit" class="main" disabled={waits}>
          {say("page.make.so")}
        </button>
        <button
          type="button"
          disabled={waits}
          onClick={() => {
            choose(nothingChosen);
            setTried(false);
          }}
        >
          {say("page.make.reset")}
        </button>
        <span role="status" class={wrong > 0 ? "bad" : "quiet"}>
          {wrong > 0
            ? tried && say("page.make.faults", { count: wrong })
            : say("page.make.changes", { count: Object.keys(changed(asset.parameters, chosen.values)).length })}
        </span>
      </p>
    </form>
  );
}

const mostInputs = 30;

/** One parameter: what it is, what it was, and what it takes. */
function Field({ of, typed, onType }: { of: Parameter; typed: string; onType: (text: string) => void }) {
  const say = useSay();
  const language = useLanguage();
  const fault = faultOf(of, typed);
  const id = `make-${of.name}`;
  const takes = of.type === "choice" ? "" : range(of.min, of.max, language);
  const more = { id, "aria-describedby": `${id}-more`, "aria-invalid": fault !== null } as const;
  return (
    <div class="field">
      <label for={id}>
        <code>{of.name}</code>
        {typed.trim() !== of.value && fault === null && <span class="badge staging">{say("page.make.changed")}</span>}
      </label>
      {of.type === "choice" || of.type === "bool" ? (
        <select {...more} value={typed} onChange={e => onType(e.currentTarget.value)}>
          {(of.type === "bool" ? ["true", "false"] : of.options).map(o => (
            <option key={o} value={o}>
              {o}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...more}
          value={typed}
          inputMode={of.type === "integer" ? "numeric" : of.type === "number" ? "decimal" : "text"}
          onInput={e => onType(e.currentTarget.value)}
        />
      )}
      <small id={`${id}-more`} class={fault === null ? "quiet" : "bad"}>
        {fault === null
          ? [
              say("page.make.now", { value: of.value === "" ? "–" : of.value }),
              of.inUse !== null && of.inUse !== of.value ? say("page.make.in-use", { value: of.inUse }) : "",
              takes,
            ]
              .filter(t => t !== "")
              .join(" · ")
          : `${say(fault, { range: range(of.min, of.max, language) })} (${say("page.make.now", { value: of.value === "" ? "–" : of.value })})`}
      </small>
    </div>
  );
}

function Input({ of, chosen, onChoose }: { of: Neighbour; chosen: string; onChoose: (number: string) => void }) {
  const say = useSay();
  const stages = { staging: say("page.stage.staging"), production: say("page.production"), newest: say("page.newest") };
  const id = `make-input-${of.name}`;
  return (
    <div class="field">
      <label for={id}>{of.name}</label>
      <select id={id} value={chosen} onChange={e => onChoose(e.currentTarget.value)}>
        <option value="">{say("page.make.as-staged")}</option>
        {versionsOf(of).map(v => <option key={v.number} value={v.number}>@{v.number} ({v.is.map(s => stages[s]).join(", ")})</option>)}
      </select>
    </div>
  );
}

const mostShown = 40;

/** Which members of its family: this one, some, or all. */
function Members({ status, chosen, onChoose }: { status: AssetStatus; chosen: Chosen; onChoose: (part: Partial<Chosen>) => void }) {
  const say = useSay();
  const way = (members: Chosen["members"], text: string) => (
    <label class="check"><input type="radio" name="make-members" checked={chosen.members === members} onChange={() => onChoose({ members })} /> {text}</label>
  );
  return (
    <fieldset>
      <legend>{say("page.family")}</legend>
      {way("one", say("page.make.members.one", { asset: status.name }))}
      {way("all", say("page.make.members.all", { family: status.family! }))}
      {way("some", say("page.make.members.some"))}
      {chosen.members === "some" && <Choosing status={status} some={chosen.some} onChoose={some => onChoose({ some })} />}
    </fieldset>
  );
}

function Choosing({ status, some, onChoose }: { status: AssetStatus; some: string[]; onChoose: (some: string[]) => void }) {
  const say = useSay();
  const [filter, setFilter] = useState("");
  const assets = useResource<{ assets: AssetStatus[] }>("api/assets");
  return (
    <Read of={assets} what={status.family!}>
      {({ assets }) => {
        const others = assets.filter(a => a.family === status.family && a.name !== status.name && a.declared);
        const wanted = filter.trim().toLowerCase();
        const found = others.filter(a => some.includes(a.name) || `${a.name} ${a.rawKey}`.toLowerCase().includes(wanted));
        const shown = [...found.filter(a => some.includes(a.name)), ...found.filter(a => !some.includes(a.name))].slice(0, Math.max(mostShown, some.length));
        return (
          <>
            <div class="field">
              <label for="make-members">{say("page.make.members.filter")}</label>
              <input id="make-members" type="search" value={filter} onInput={e => setFilter(e.currentTarget.value)} />
            </div>
            <ul class="choices">
              {shown.map(a => (
                <li key={a.name}>
                  <label class="check">
                    <input
                      type="checkbox"
                      checked={some.includes(a.name)}
                      onChange={e => onChoose(e.currentTarget.checked ? [...some, a.name] : some.filter(n => n !== a.name))}
                    />{" "}
                    {a.rawKey ?? a.name}
                  </label>
                </li>
              ))}
            </ul>
            <p class="note" role="status">
              {say("page.make.members.count", { chosen: some.length + 1, shown: shown.length, all: others.length })}
            </p>
          </>
        );
      }}
    </Read>
  );
}
