import { h, type ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { elements, textOf, type Element } from "./html";
import { linkTo } from "./Markdown";

const kept = new Set([
  "p",
  "div",
  "span",
  "pre",
  "code",
  "b",
  "strong",
  "i",
  "em",
  "u",
  "s",
  "sub",
  "sup",
  "small",
  "ul",
  "ol",
  "li",
  "dl",
  "dt",
  "dd",
  "blockquote",
  "thead",
  "tbody",
  "tfoot",
  "tr",
  "th",
  "td",
  "caption",
]);
/** White space between these is no text, and none may stand there. */
const rows = new Set(["table", "thead", "tbody", "tfoot", "tr", "ul", "ol", "dl"]);

/** What an HTML text says, drawn anew from its words: tables, lists and emphasis, without a style, an address to load from or anything that could run. */
export function Inert({ html, label }: { html: string; label: string }) {
  const drawn = useMemo(() => elements(html).map((e, i) => draw(e, i, label)), [html, label]);
  return <div class="inert">{drawn}</div>;
}

function draw(of: Element | string, key: number, label: string): ComponentChildren {
  if (typeof of === "string") return of;
  const { name, of: given } = of;
  const inside = () => of.holds.filter(e => !rows.has(name) || typeof e !== "string" || e.trim() !== "").map((e, i) => draw(e, i, label));
  if (name === "table") return h("div", { key, class: "table-box", tabIndex: 0, role: "group", "aria-label": label }, h("table", null, inside()));
  if (/^h[1-6]$/.test(name)) return h("p", { key }, h("strong", null, inside()));
  if (name === "br" || name === "hr") return h(name, { key });
  if (name === "a") {
    const href = linkTo(given.href ?? "");
    return href === null || href.startsWith("#") ? h("span", { key }, inside()) : h("a", { key, href, rel: "noopener noreferrer", target: "_blank" }, inside());
  }
  if (name === "img") {
    const source = given.src ?? "";
    return /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+$/.test(source) ? h("img", { key, src: source, alt: given.alt || label }) : null;
  }
  // A head cell that says nothing is no head of anything.
  if (name === "th" && textOf(of).trim() === "") return h("td", { key, ...spans(given) });
  if (name === "th" || name === "td") return h(name, { key, ...spans(given) }, inside());
  return kept.has(name) ? h(name, { key }, inside()) : inside();
}

function spans(given: Record<string, string>): { colSpan?: number; rowSpan?: number } {
  const of = (name: string) => Math.min(1000, Math.trunc(Number(given[name] ?? 1)));
  return { ...(of("colspan") > 1 && { colSpan: of("colspan") }), ...(of("rowspan") > 1 && { rowSpan: of("rowspan") }) };
}
