import { useState } from "preact/hooks";
import type { Change, ReleaseLine } from "../src/api";
import { AssetLink, VersionLink } from "../src/parts";
import { useSay } from "../src/texts";

const shownAtOnce = 20;

/** What a release changes against the one that was live before it; of a release that is only thought of, before is null. */
export function Changes({ of, before }: { of: Change[]; before: number | null }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  if (of.length === 0) return <p class="quiet">{say("page.changes.none")}</p>;
  return (
    <>
      {before !== null && <p class="quiet">{before === 0 ? say("page.changes.first") : say("page.changes.against", { number: before })}</p>}
      <List of={of.slice(0, shownAtOnce)} />
      {of.length > shownAtOnce && (
        <details onToggle={e => setOpen(e.currentTarget.open)}>
          <summary>{say("page.overview.more", { count: of.length - shownAtOnce })}</summary>
          {open && <List of={of.slice(shownAtOnce)} />}
        </details>
      )}
    </>
  );
}

function List({ of }: { of: Change[] }) {
  const say = useSay();
  return (
    <ul class="changes">
      {of.map(c => (
        <li key={c.asset}>
          {c.from === null ? (
            <span class="ins" aria-label={say("page.change.in")}>
              +
            </span>
          ) : c.to === null ? (
            <span class="del" aria-label={say("page.change.out")}>
              −
            </span>
          ) : (
            <span class="changed" aria-label={say("page.change.other")}>
              ~
            </span>
          )}{" "}
          <AssetLink name={c.asset} /> {c.from !== null && <VersionLink name={`${c.asset}@${c.from}`} short />}
          {c.from !== null && c.to !== null && " → "}
          {c.to !== null && <VersionLink name={`${c.asset}@${c.to}`} short />}
        </li>
      ))}
    </ul>
  );
}

/** Checks that were passed over by name. */
export function Waivers({ of }: { of: ReleaseLine["waivers"] }) {
  const say = useSay();
  if (of.length === 0) return null;
  return (
    <ul class="waivers">
      {of.map(w => (
        <li key={`${w.version} ${w.check}`} class="warning">
          {say("page.waiver", { check: w.check, version: w.version, because: w.because })}
        </li>
      ))}
    </ul>
  );
}
