import { Bytes, Lasting, Time, Values, VersionLink } from "../src/parts";
import { Tile, useNumber } from "./parts";
import type { LookupEnd, Precomputed } from "./types";
import { useWords } from "./words";

const ends = ["fresh", "stale", "missing", "refused", "model", "unavailable"] as const satisfies readonly LookupEnd[];

/** The answers that were computed before: which rows, how old, and what came of those who looked for them. */
export function Computed({ of }: { of: Precomputed }) {
  const words = useWords();
  const number = useNumber();
  const all = ends.reduce((sum, e) => sum + of.ends[e], 0);
  const share = (count: number) => `${number((count / all) * 100, 3)}%`;
  return (
    <>
      {of.fault !== null && <p class="warning">{of.fault.text}</p>}
      <Values
        of={[
          [
            words("page.serving.computed.rows"),
            of.version === null ? (
              of.rows
            ) : (
              <>
                <VersionLink name={of.version} />, {words("page.serving.rows", { rows: number(of.count) })} <span class="quiet">(<Bytes of={of.bytes} />)</span>
              </>
            ),
          ],
          [words("page.serving.computed.keys"), <code>{of.keys.map(k => k.name).join(", ")}</code>],
          ...(of.ageSeconds === null
            ? []
            : [
                [
                  words("page.serving.computed.age"),
                  <>
                    <span class={of.isStale ? "bad" : undefined}>
                      {of.isStale && "! "}
                      <Lasting seconds={of.ageSeconds} />
                    </span>{" "}
                    <span class="quiet">
                      <Time at={of.madeAt} />
                    </span>
                  </>,
                ] as [string, preact.JSX.Element],
              ]),
          [
            words("page.serving.computed.bound"),
            of.staleSeconds === null ? (
              words("page.serving.computed.always")
            ) : (
              <>
                <Lasting seconds={of.staleSeconds} />
                {of.refusesStale ? words("page.serving.computed.then-refused") : words("page.serving.computed.then-said")}
              </>
            ),
          ],
        ]}
      />
      {all === 0 ? (
        <p class="note">{words("page.serving.computed.quiet")}</p>
      ) : (
        <div class="tiles after">
          <Tile name={words("page.serving.computed.hits")} value={share(of.ends.fresh + of.ends.stale)}>
            {words("page.serving.computed.looked", { count: number(all) })}
          </Tile>
          {ends
            .filter(e => of.ends[e] > 0)
            .map(e => (
              <Tile key={e} name={words(`page.serving.computed.end.${e}`)} value={number(of.ends[e])} bad={e === "refused" || e === "unavailable"}>
                {share(of.ends[e])}
              </Tile>
            ))}
        </div>
      )}
    </>
  );
}
