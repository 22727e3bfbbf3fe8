import type { AssetStatus } from "../src/api";
import { Command } from "../src/parts";
import { useSay } from "../src/texts";

/** Why the version in use is out of date, and what mends it. */
export function Stale({ asset }: { asset: AssetStatus }) {
  const say = useSay();
  return (
    <div class="why">
      <ul>
        {asset.stale.map(s => (
          <li key={s.text}>{s.text}</li>
        ))}
      </ul>
      {asset.declared && (
        <p>
          {say("page.stale.mend")} <Command>{`kumiki make ${asset.name}${asset.stale.some(s => s.id === "stale.upstream") ? " --upstream" : ""}`}</Command>
        </p>
      )}
    </div>
  );
}
