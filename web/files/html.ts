import { unescaped } from "./Markdown";

/** An element of an HTML text as far as it is drawn: its name, what it holds, and of its attributes those that a drawing may need. */
export interface Element { name: string; of: Record<string, string>; holds: (Element | string)[] }

const empty = new Set(["br", "hr", "img", "input", "link", "meta", "col", "wbr", "base", "area", "embed", "source", "track", "param"]);
/** What these hold is no text of the page. */
const unread = new Set(
  "script style template noscript iframe object svg math title textarea select audio video canvas head xmp plaintext".split(" "),
);
const kept = new Set(["href", "src", "alt", "colspan", "rowspan"]);
const cells = ["td", "th"];
const parts = ["thead", "tbody", "tr", ...cells];
/** What ends by itself where another of its kind begins, as long as it is no further away than the element that holds both. */
const ends: Record<string, [same: string[], within: string[]]> = {
  li: [["li"], ["ul", "ol"]], p: [["p"], ["div", "li", "td", "blockquote"]], dt: [["dt", "dd"], ["dl"]], dd: [["dt", "dd"], ["dl"]],
  td: [cells, ["tr", "table"]], th: [cells, ["tr", "table"]], tr: [["tr", ...cells], ["table"]],
  thead: [parts, ["table"]], tbody: [parts, ["table"]], tfoot: [parts, ["table"]],
};
const mostElements = 20_000;
const deepest = 100;
const longest = 1 << 20;

/**
 * Reads an HTML text into elements, without a browser's help: nothing runs, nothing is loaded, and what is no text of the page is left out. A text that is not
 * well formed is read as well as can be, and of a very long one the beginning.
 */
export function elements(whole: string): (Element | string)[] {
  const html = whole.slice(0, longest);
  const top: Element = { name: "", of: {}, holds: [] };
  const open = [top];
  let count = 0;
  const tags = /<!--[\s\S]*?(?:-->|$)|<[!?][^>]*>|<(\/?)([a-z][a-z0-9-]*)((?:"[^"]*"|'[^']*'|[^'"<>]){0,2000})>/gi; // a bound on what is looked through in vain
  let at = 0;
  for (let tag = tags.exec(html); tag !== null && count < mostElements; tag = tags.exec(html)) {
    text(html.slice(at, tag.index));
    at = tags.lastIndex;
    if (tag[2] === undefined) continue; // a comment, or a declaration
    const name = tag[2].toLowerCase();
    if (tag[1] === "/") close(name);
    else if (unread.has(name)) {
      const end = new RegExp(`</${name}\\s*>`, "gi");
      end.lastIndex = at;
      at = tags.lastIndex = end.exec(html) ? end.lastIndex : html.length;
    } else begin(name, tag[3]!);
  }
  if (count < mostElements) text(html.slice(at));
  return top.holds;

  function text(written: string): void {
    if (written !== "") open.at(-1)!.holds.push(unescaped(written));
  }

  function begin(name: string, attributes: string): void {
    const [same, within] = ends[name] ?? [[], []];
    for (let i = open.length - 1; i > 0 && !within.includes(open[i]!.name); i--) {
      if (same.includes(open[i]!.name)) open.length = i;
    }
    const element: Element = { name, of: {}, holds: [] };
    for (const [, key, , double, single, bare] of attributes.matchAll(/([a-z-]+)\s*(=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>`]+)))?/gi)) {
      if (kept.has(key!.toLowerCase())) element.of[key!.toLowerCase()] = unescaped(double ?? single ?? bare ?? "");
    }
    open.at(-1)!.holds.push(element);
    count++;
    if (!empty.has(name) && open.length < deepest) open.push(element);
  }

  function close(name: string): void {
    const i = open.findLastIndex((e, depth) => depth > 0 && e.name === name);
    if (i > 0) open.length = i;
  }
}

/** All the text an element holds. */
export const textOf = (of: Element | string): string => (typeof of === "string" ? of : of.holds.map(textOf).join(""));
