import type { ComponentChildren } from "preact";
import { Bar } from "../src/draw/Plot";
import { figure } from "../src/format";
import { Table, VersionLink } from "../src/parts";
import { to } from "../src/routes";
import { useLanguage } from "../src/texts";
import type { EndpointLine } from "./types";
import { useWords } from "./words";

/** How often pages look at what changes without the store: requests, queues, memory. */
export const everyMs = 2000;

export function useNumber(): (value: number, digits?: number) => string {
  const language = useLanguage();
  return (value, digits = 4) => figure(Number.isInteger(value) ? value : Number(value.toPrecision(digits)), language);
}

/** A bound as it was declared: whole numbers in full. */
export function useBound(): (value: number) => string {
  const language = useLanguage();
  return value => (Number.isInteger(value) && Math.abs(value) < 1e13 ? new Intl.NumberFormat(language).format(value) : figure(value, language));
}

/** Milliseconds: 0.42 ms, 12.3 ms, 1.2 s. */
export function useMs(): (ms: number) => string {
  const number = useNumber();
  const words = useWords();
  return ms => (ms >= 1000 ? words("page.serving.s", { value: number(ms / 1000, 3) }) : words("page.serving.ms", { value: number(ms, 3) }));
}

/** The pages of this room. */
export function Rooms({ here }: { here: "endpoints" | "serving" | "predictions" | "queues" | "operations" }) {
  const words = useWords();
  const pages = [
    ["endpoints", to.endpoints],
    ["serving", to.serving],
    ["predictions", to.predictionSql],
    ["queues", to.queues],
    ["operations", to.operations],
  ] as const;
  return (
    <nav class="tabs" aria-label={words("page.serving.rooms")}>
      {pages.map(([name, address]) => (
        <a key={name} href={address} aria-current={name === here ? "page" : undefined}>
          {words(`page.serving.room.${name}`)}
        </a>
      ))}
    </nav>
  );
}

export function Tile({ name, value, bad = false, children }: { name: string; value: ComponentChildren; bad?: boolean; children?: ComponentChildren }) {
  return (
    <div class="tile">
      <span>{name}</span>
      <b class={bad ? "bad" : undefined}>{value}</b>
      {children && <em>{children}</em>}
    </div>
  );
}

const mostModels = 2;

/** The model of an endpoint, or the first of those that decide together. */
export function Models({ of }: { of: EndpointLine }) {
  const words = useWords();
  const models = [...new Set((of.parts ?? [of]).map(p => p.model))];
  return (
    <>
      {models.slice(0, mostModels).map((m, i) => (
        <span key={m}>
          {i > 0 && ", "}
          <VersionLink name={m} />
        </span>
      ))}
      {models.length > mostModels && ` ${words("page.serving.models.more", { count: models.length - mostModels })}`}
    </>
  );
}

export function Resting() {
  const words = useWords();
  return (
    <span class="badge look" title={words("page.serving.resting.more")}>
      ! {words("page.serving.resting")}
    </span>
  );
}

/** How much each of some names has of a whole. */
export function Shares({ label, head, of, whole }: { label: string; head: string; of: [name: ComponentChildren, count: number][]; whole: number }) {
  const words = useWords();
  const number = useNumber();
  return (
    <Table label={label} head={[head, words("page.serving.count"), words("page.serving.share")]} numbers={[1]}>
      {of.map(([name, count], i) => (
        <tr key={i}>
          <th scope="row">{name}</th>
          <td class="number">{number(count)}</td>
          <td>
            <Bar value={count} most={whole} />
            {whole === 0 ? "–" : `${number((count / whole) * 100, 3)}%`}
          </td>
        </tr>
      ))}
    </Table>
  );
}
