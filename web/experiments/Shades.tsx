import { figure } from "../src/format";
import { useLanguage } from "../src/texts";
import type { Axis } from "./comparing";

/** What the shades stand for. */
export function Shades({ axis }: { axis: Axis }) {
  const language = useLanguage();
  const [low, high] = axis.isNumber ? [figure(Number(axis.low.toPrecision(4)), language), figure(Number(axis.high.toPrecision(4)), language)] : [axis.names[0] ?? "", axis.names.at(-1) ?? ""];
  return (
    <span class="shades">
      {axis.column}: {low}{" "}
      <svg width="100" height="10" aria-hidden="true">
        {Array.from({ length: 10 }, (_, i) => (
          <rect key={i} class={`fill s${i}`} x={i * 10} width="10" height="10" />
        ))}
      </svg>{" "}
      {high}
    </span>
  );
}
